"""The parts of an error: identities, closed forms, known truth, and how often intervals hold it, on both sides."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest

from cutaway.explain.decomposition import difference, squared_parts, zero_one_parts
from cutaway.explain.intervals import Figure, Redrawn, less, variance_figure
from cutaway.explain.noise import Noise

RANDOM = np.random.default_rng(0)


def made(random, resamples, seeds, rows, apart=(0.0, 0.0), together=(0.0, 0.0), off=0.0):
    """Outputs with a known bias², off² + ¼, and known deviations of resamples and of seeds.

    apart     those of each row for itself; together, those that all rows share
    """
    own, shared = (random.standard_normal((resamples, 1, rows, 1)), random.standard_normal((resamples, 1, 1, 1)))
    found = off + 0.5 * random.standard_normal((rows, 1)) + apart[0] * own + together[0] * shared
    own, shared = (random.standard_normal((resamples, seeds, size, 1)) for size in (rows, 1))
    return found + apart[1] * own + together[1] * shared


# ---- squared error ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seeds", [1, 3])
def test_the_parts_add_up_to_the_error(seeds):
    outputs = made(RANDOM, 4, seeds, 30, apart=(0.5, 0.3))
    truth = RANDOM.standard_normal((30, 1))
    for how in ({}, {"noise": Noise(0.2)}, {"known": np.zeros((30, 1))}):
        parts = squared_parts(outputs, truth, Redrawn(4, 30), **how)
        noise = 0 if parts.noise is None else parts.noise.value
        assert parts.error.value == pytest.approx(np.mean((outputs - truth) ** 2))
        assert parts.bias.value + parts.variance.value + noise == pytest.approx(parts.error.value)
        if seeds > 1:
            assert parts.from_data.value + parts.from_seeds.value == pytest.approx(parts.variance.value)
        else:
            assert parts.from_data is None


def measured(count, resamples, seeds, rows, apart, together, off=0.0):
    """Return the truth, and for `count` measurements of it values, lower and upper ends: bias², variances, error."""
    variances = np.square(apart) + np.square(together)
    bias = off**2 + 0.25
    truth = np.array([bias, variances.sum(), *variances, bias + variances.sum()])
    found = []
    for place in range(count):
        random = np.random.default_rng([resamples, place])
        outputs = made(random, resamples, seeds, rows, apart, together, off)
        goal = np.zeros((rows, 1))
        parts = squared_parts(outputs, goal, Redrawn(resamples, rows, place), known=goal)
        figures = [parts.bias, parts.variance, parts.from_data, parts.from_seeds, parts.error]
        found.append([[figure.value, figure.low, figure.high] for figure in figures])
    return truth, *np.moveaxis(np.array(found), -1, 0)


@pytest.mark.parametrize(
    ("apart", "together"), [((0.0, 0.0), (0.5, 0.3)), ((0.3, 0.2), (0.4, 0.2))], ids=["one shift", "shift and own"]
)
def test_intervals_hold_the_truth_where_rows_go_up_and_down_together(apart, together):
    """What a resample shifts, it shifts in all rows: hundreds of rows then tell no more than one."""
    truth, values, low, high = measured(160, 10, 3, 40, apart, together, off=0.6)
    errors = values.std(axis=0) / np.sqrt(len(values))
    assert (np.abs(values.mean(axis=0) - truth) < 4 * errors).all()
    below, above = (truth < low).mean(axis=0), (truth > high).mean(axis=0)
    covered = 1 - below - above
    assert (covered > 0.86).all(), covered
    assert (covered < 0.998).all(), covered
    assert (below < 0.08).all() and (above < 0.12).all()
    assert (low >= 0).all()
    # An interval that takes rows for as many measurements would miss in most cases:
    narrow = 1.96 * values[:, 1] * np.sqrt(2 / (9 * 40))
    assert np.mean(np.abs(values[:, 1] - truth[1]) < narrow) < 0.5


def test_intervals_hold_the_truth_where_rows_are_independent_and_are_not_far_too_wide():
    truth, values, low, high = measured(120, 8, 3, 40, (0.5, 0.3), (0.0, 0.0))
    errors = values.std(axis=0) / np.sqrt(len(values))
    assert (np.abs(values.mean(axis=0) - truth) < 4 * errors).all()
    assert ((low <= truth) & (truth <= high)).mean(axis=0).min() > 0.9
    wide = np.mean(high - low, axis=0) / (2 * 1.96 * values.std(axis=0))
    assert (wide > 0.9).all() and (wide < 2.5).all(), wide


def test_the_interval_of_a_variance_is_that_of_normal_numbers():
    """Of ten normal numbers (n − 1) s² / σ² is χ² with 9 degrees of freedom; tables say 2.700 and 19.023."""
    found = variance_figure(2.0, 2.0 * np.sqrt(2 / 9))
    assert (found.low, found.high) == pytest.approx((18 / 19.0228, 18 / 2.70039), rel=1e-5)
    assert variance_figure(0.0, 0.0) == Figure(0.0, 0.0, 0.0)
    sure = variance_figure(1.0, 1e-9)
    assert sure.low == pytest.approx(1, abs=1e-2) and sure.high == pytest.approx(1, abs=1e-2)


def test_a_part_of_a_variance_has_no_interval_below_nothing():
    found = less(Figure(1.0, 0.5, 3.0), Figure(1.2, 0.9, 2.0))
    assert found.value == pytest.approx(-0.2)
    assert (found.low, found.high) == pytest.approx((0, -0.2 + np.hypot(2.0, 0.3)))
    assert less(Figure(4.0, 3.0, 6.0), Figure(0.0, 0.0, 0.0)) == Figure(4.0, 3.0, 6.0)


def test_what_is_unsure_of_the_noise_is_unsure_of_the_bias():
    outputs, truth = made(RANDOM, 6, 2, 50, apart=(0.1, 0.1), off=1.0), np.zeros((50, 1))
    sure, unsure = (
        squared_parts(outputs, truth, Redrawn(6, 50), noise=Noise(0.1, deviation)) for deviation in (0.0, 0.5)
    )
    assert sure.bias.value == unsure.bias.value
    half = np.hypot((sure.bias.high - sure.bias.low) / 2, 1.96 * 0.5)
    assert unsure.bias.high - unsure.bias.value == pytest.approx(half, rel=1e-3)
    assert unsure.bias.low >= 0
    assert (sure.noise.low, sure.noise.high) == (0.1, 0.1)


def test_differences_are_taken_on_the_same_draws():
    outputs, redrawn = made(RANDOM, 5, 2, 60, apart=(0.3, 0.3), together=(0.5, 0.0)), Redrawn(5, 60)
    first, other = (squared_parts(outputs, np.full((60, 1), at), redrawn) for at in (0.0, 0.01))
    apart = difference(first, other, redrawn)
    assert apart.value == pytest.approx(first.error.value - other.error.value)
    assert apart.high - apart.low < 0.2 * (first.error.high - first.error.low)


# ---- 0–1 loss ---------------------------------------------------------------------------------------------------


def by_definition(answers, truth):
    """Domingos's bias and net variance of few networks, row by row; of answers that tie each by its share."""
    bias = variance = 0.0
    for row, label in enumerate(truth):
        said = answers[..., row].ravel()
        counts = np.bincount(said, minlength=3)
        mains = np.flatnonzero(counts == counts.max())
        for main in mains:
            differ = np.mean(said != main)
            if main == label:
                variance += differ / len(mains)
            else:
                bias += 1 / len(mains)
                # c₂ = −P(y = t | y ≠ main)
                variance -= differ * (np.mean(said[said != main] == label) if differ else 0) / len(mains)
    return bias / len(truth), variance / len(truth)


def test_zero_one_parts_are_those_of_the_definition_and_add_up():
    random = np.random.default_rng(4)
    answers = random.integers(0, 3, (5, 3, 40))
    answers[:, :, :20] = np.where(random.random((5, 3, 20)) < 0.7, 1, answers[:, :, :20])
    truth = random.integers(0, 3, 40)
    redrawn = Redrawn(5, 40)
    parts = zero_one_parts(answers, truth, redrawn, 3)
    bias, variance = by_definition(answers, truth)
    drawn = [
        by_definition(np.repeat(answers, counts.astype(int), axis=0), truth)[0]
        for counts in redrawn.resamples[1 : redrawn.half]
    ]
    off = np.mean(drawn) - bias
    assert abs(off) > 0.002
    assert parts.bias.value == pytest.approx(bias - off)
    assert parts.variance.value == pytest.approx(variance + off)
    assert parts.error.value == pytest.approx(np.mean(answers != truth))


def test_noise_of_two_classes_weighs_as_the_theorem_says():
    """A wrong label adds 2 P(answer = best) − 1 to the error of its row."""
    answers, best = RANDOM.integers(0, 2, (6, 2, 50)), RANDOM.integers(0, 2, 50)
    flipped = RANDOM.random(50) < 0.2
    labels = np.where(flipped, 1 - best, best)
    parts = zero_one_parts(answers, labels, Redrawn(6, 50), 2, known=best)
    weigh = 2 * np.mean(answers == best, axis=(0, 1)) - 1
    assert parts.noise.value == pytest.approx(np.mean(weigh * flipped))
    assert parts.bias.value + parts.variance.value + parts.noise.value == pytest.approx(parts.error.value)


def test_of_networks_and_labels_that_flip_coins_all_parts_are_the_closed_form():
    """Networks are right with p, from row to row Beta(4, 2), and labels wrong in one row of ten.

    Most of infinitely many networks are wrong where p < ½: P(p < ½) = P(Bin(5, ½) ≥ 4) = 6 / 32 is the bias. There
    differing gains p, elsewhere it costs 1 − p: E (1 − p) − 6 / 32 = 1 / 3 − 6 / 32 is the net variance. A wrong label
    costs 2 p − 1: 0.1 · (2 · 2 / 3 − 1) is the noise.
    """
    exact = np.array([6 / 32, 1 / 3 - 6 / 32, 0.1 / 3])
    found, inside, counted = [], [], []
    for place in range(80):
        random = np.random.default_rng(place)
        rows = 150
        best = random.integers(0, 2, rows)
        answers = np.where(random.random((10, 2, rows)) < random.beta(4, 2, rows), best, 1 - best)
        labels = np.where(random.random(rows) < 0.1, 1 - best, best)
        parts = zero_one_parts(answers, labels, Redrawn(10, rows, place), 2, known=best)
        figures = [parts.bias, parts.variance, parts.noise]
        found.append([figure.value for figure in figures])
        inside.append([figure.low <= truth <= figure.high for figure, truth in zip(figures, exact, strict=True)])
        counted.append(by_definition(answers, best)[0])
    errors = np.std(found, axis=0) / np.sqrt(len(found))
    assert (np.abs(np.mean(found, axis=0) - exact) < 3 * errors + 0.004).all()
    assert np.mean(counted) > exact[0] + 0.02  # as counted it is too high
    covered = np.mean(inside, axis=0)
    assert (covered > 0.9).all() and covered[2] < 1, covered


def test_the_bias_of_few_networks_is_corrected_most_of_the_way():
    """Networks right with 0.7 have no bias, yet most of 10 are wrong with P(Bin(10, 0.7) < 5) + ½ P(… = 5)."""
    shares = [comb(10, k) * 0.7**k * 0.3 ** (10 - k) for k in range(11)]
    plain = sum(shares[:5]) + shares[5] / 2
    found, counted, held = [], [], []
    for place in range(40):
        random = np.random.default_rng(place)
        answers = (random.random((10, 1, 200)) > 0.7).astype(int)
        bias = zero_one_parts(answers, np.zeros(200, int), Redrawn(10, 200, place), 2).bias
        found.append(bias.value)
        wrong = answers[:, 0].mean(axis=0)
        counted.append(np.mean((wrong > 0.5) + 0.5 * (wrong == 0.5)))
        held.append(bias.low == 0)
    assert np.mean(counted) == pytest.approx(plain, abs=0.01)
    assert np.mean(found) < 0.4 * plain
    assert np.mean(held) > 0.9


def test_none_wrong_of_few_rows_is_not_none_of_all():
    """0 of 86: Clopper and Pearson's upper end is 1 − 0.025^(1/86) = 0.0420."""
    parts = zero_one_parts(np.zeros((4, 2, 86), int), np.zeros(86, int), Redrawn(4, 86), 2)
    assert (parts.error.value, parts.error.low) == (0, 0)
    assert parts.error.high == pytest.approx(0.0420, abs=1e-4)
