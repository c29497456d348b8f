"""Schedules against their closed forms: at the start, inside, at the end; on NumPy and compiled."""

from math import cos, log2, pi

import numpy as np
import pytest

from cutaway.errors import InputError
from cutaway.schedules import (
    ConstantRate,
    Cosine,
    CosLog4,
    Exponential,
    FlatCos,
    OneCycle,
    Schedule,
    StepDecay,
    WarmUp,
    as_schedule,
)

# schedule, and its rate at chosen t worked out by hand
POINTS = {
    "constant": (ConstantRate(0.1), {0: 0.1, 0.37: 0.1, 1: 0.1}),
    "steps": (
        StepDecay(0.1, (0.5, 0.75), 0.2),
        {0: 0.1, 0.49: 0.1, 0.5: 0.02, 0.74: 0.02, 0.75: 0.004, 1: 0.004},
    ),
    "exponential": (Exponential(0.1, 0.01), {0: 0.1, 0.25: 0.1 * 0.01**0.25, 0.5: 0.01, 1: 0.001}),
    "cosine": (Cosine(0.1), {0: 0.1, 1 / 3: 0.075, 0.5: 0.05, 0.9: 0.05 * (1 + cos(0.9 * pi)), 1: 0}),
    "cosine to a floor": (Cosine(0.1, 0.2), {0: 0.1, 1 / 3: 0.02 + 0.08 * 0.75, 0.5: 0.06, 1: 0.02}),
    "warm-up": (
        WarmUp.before(Cosine(0.1), 0.2), {0: 0, 0.05: 0.025, 0.1: 0.05, 0.2: 0.1, 0.6: 0.05, 1: 0},
    ),
    "warm-up alone": (WarmUp(0.1), {0: 0, 0.05: 0.05, 0.1: 0.1, 0.7: 0.1, 1: 0.1}),
    "one cycle": (
        OneCycle(0.1), {0: 0.004, 0.15: 0.052, 0.3: 0.1, 0.65: (0.1 + 4e-7) / 2, 1: 4e-7},
    ),
    "four waves": (
        CosLog4(0.1),
        {0: 0, (2**0.5 - 1) / 15: 0.1, 1 / 15: 0, 0.2: 0, 0.4: 0.05 * (1 - cos(2 * pi * log2(7))), 1: 0},
    ),
    "flat, then a cosine": (
        FlatCos(0.1), {0: 0.1, 0.3: 0.1, 0.5: 0.1, 2 / 3: 0.075, 0.75: 0.05, 0.9: 0.05 * (1 + cos(0.8 * pi)), 1: 0},
    ),
}  # fmt: skip
each_schedule = pytest.mark.parametrize(("schedule", "points"), POINTS.values(), ids=POINTS)


@each_schedule
def test_closed_form(schedule, points):
    for t, rate in points.items():
        np.testing.assert_allclose(float(schedule(t)), rate, rtol=1e-12, atol=1e-15)


@each_schedule
def test_compiled_and_mapped_over_an_array(schedule, points):
    jax = pytest.importorskip("jax")
    t = np.array(list(points), np.float32)
    rates = np.broadcast_to(jax.jit(schedule)(t), t.shape)
    # Compared where the schedule does not jump: float32 of a milestone is the milestone for these.
    np.testing.assert_allclose(rates, list(points.values()), rtol=1e-4, atol=1e-7)
    one_by_one = [float(jax.jit(schedule)(jax.numpy.float32(value))) for value in t[:3]]
    np.testing.assert_allclose(one_by_one, list(points.values())[:3], rtol=1e-4, atol=1e-7)


@each_schedule
def test_never_negative_and_at_most_the_rate(schedule, points):
    rates = np.array([float(schedule(t)) for t in np.linspace(0, 1, 201)])
    assert np.all(rates >= 0) and np.all(rates <= 0.1 + 1e-15)


@pytest.mark.parametrize("rate", [-1e-3, float("nan"), float("inf"), "fast"])
@pytest.mark.parametrize(
    "kind", [Schedule, ConstantRate, Cosine, Exponential, OneCycle, WarmUp, CosLog4, FlatCos, StepDecay]
)
def test_the_rate_is_checked(kind, rate):
    with pytest.raises(InputError, match=rf"{kind.__name__}: the rate must be .* got {rate!r}"):
        kind(rate)


@pytest.mark.parametrize("share", [0, 1, -0.5, float("nan")])
def test_the_share_is_checked(share):
    for make in (lambda: WarmUp.before(Cosine(0.1), share), lambda: OneCycle(0.1, share)):
        with pytest.raises(InputError, match="0 < share < 1, got"):
            make()


def test_the_final_share_of_a_product_is_above_zero():
    with pytest.raises(InputError, match="final must be above 0"):
        Exponential(0.1, 0.0)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: StepDecay(0.1, (30, 60)), "milestones are shares of training"),
        (lambda: StepDecay(0.1, decay=-1), "decay at least 0"),
        (lambda: OneCycle(0.1, start=0), "start and end divide the rate"),
        (lambda: OneCycle(0.1, end=-1), "start and end divide the rate"),
    ],
)
def test_numbers_that_give_no_schedule(make, words):
    with pytest.raises(InputError, match=words):
        make()


def test_a_number_is_a_constant_schedule_and_the_setting_is_named():
    assert as_schedule(0.5, "Mine") == ConstantRate(0.5)
    assert as_schedule(mine := Cosine(0.1), "Mine") is mine
    with pytest.raises(InputError, match=r"Mine: pull must be a number of at least 0, or a schedule, got -1"):
        as_schedule(-1, "Mine", "pull")
