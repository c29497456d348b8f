"""Dropout: silent in evaluation, and the same draws wherever it runs."""

import numpy as np
import pytest

from cutaway.backends.random import Random
from cutaway.errors import InputError
from cutaway.layers import Context, Dropout, ReLU, Sequential
from cutaway.schedules import ConstantRate, Cosine, FlatCos

ONES = np.ones((200, 50), np.float32)


def train(step=0, seed=0, progress=None):
    return Context(mode="train", random=Random(np.uint32(seed), np.uint32(step)), progress=progress)


def test_silent_in_evaluation_and_at_rate_zero():
    assert Dropout(0.9)(ONES) is ONES
    assert Dropout(0.0)(ONES, ctx=train()) is ONES


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.8])
def test_keeps_its_share_and_its_mean(rate):
    output = Dropout(rate)(ONES, ctx=train())
    assert output.dtype == np.float32
    np.testing.assert_allclose(np.unique(output), [0, 1 / (1 - rate)], rtol=1e-6)
    # The number kept is binomial: five standard deviations are passed once in 1.7 million draws.
    spread = np.sqrt(rate * (1 - rate) / ONES.size)
    assert abs(np.mean(output == 0) - rate) < 5 * spread
    assert abs(output.mean() - 1) < 5 * spread / (1 - rate)


def test_draws_differ_by_seed_step_and_path():
    net = Sequential(Dropout(), Sequential(Dropout())).build(50)
    masks = [
        net[0](ONES, ctx=train()),
        net[0](ONES, ctx=train(step=1)),
        net[0](ONES, ctx=train(seed=1)),
        net[1][0](ONES, ctx=train()),
    ]
    spread = np.sqrt(0.25 / ONES.size)
    for place, mask in enumerate(masks):
        for other in masks[:place]:
            assert abs(np.mean(mask == other) - 0.5) < 5 * spread
    np.testing.assert_array_equal(masks[0], net[0](ONES, ctx=train()))


def test_another_layer_does_not_change_the_draws():
    short, long = Sequential(Dropout()).build(50), Sequential(Dropout(), Dropout(), ReLU()).build(50)
    np.testing.assert_array_equal(short[0](ONES, ctx=train()), long[0](ONES, ctx=train()))


def test_numpy_and_xla_draw_the_same():
    jax = pytest.importorskip("jax")
    layer = Dropout(0.3)

    @jax.jit
    def compiled(x, seed, step):
        return layer(x, ctx=Context(mode="train", random=Random(seed, step)))

    for step in range(3):
        there = compiled(ONES, jax.numpy.uint32(7), jax.numpy.int32(step))
        np.testing.assert_array_equal(there, layer(ONES, ctx=train(step, 7)))


@pytest.mark.parametrize("rate", [-0.1, 1.0, float("nan")])
def test_refuses_what_is_not_a_share(rate):
    with pytest.raises(InputError, match="0 ≤ rate < 1, got"):
        Dropout(rate)


def test_training_needs_random_draws():
    with pytest.raises(InputError, match=r"layer '0' \(Dropout\): training needs random draws"):
        Sequential(Dropout()).build(2)(ONES[:, :2], ctx=Context(mode="train"))


# ---- a rate that follows a schedule --------------------------------------------------------------------------


@pytest.mark.parametrize(("progress", "rate"), [(0.0, 0.4), (0.5, 0.2), (0.9, 0.2 * (1 + np.cos(0.9 * np.pi)))])
def test_a_scheduled_rate_silences_its_share(progress, rate):
    output = Dropout(Cosine(0.4))(ONES, ctx=train(progress=np.float64(progress)))
    assert output.dtype == np.float32
    np.testing.assert_allclose(np.unique(output), [0, 1 / (1 - rate)], rtol=1e-6)
    assert abs(np.mean(output == 0) - rate) < 5 * np.sqrt(rate * (1 - rate) / ONES.size)


def test_a_constant_schedule_draws_as_the_number_does():
    there = Dropout(ConstantRate(0.25))(ONES, ctx=train(progress=np.float32(0.3)))
    np.testing.assert_array_equal(there, Dropout(0.25)(ONES, ctx=train()))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("compiled", [False, True], ids=["numpy", "xla"])
def test_where_the_schedule_is_at_zero_nothing_changes(compiled, dtype):
    x = np.random.default_rng(0).standard_normal((500, 100)).astype(dtype)
    layer = Dropout(FlatCos(0.3))

    def forward(x, step, progress):
        return layer(x, ctx=Context(mode="train", random=Random(step, step), progress=progress))

    if compiled:
        from .precision import x64

        jax = pytest.importorskip("jax")
        with x64():
            there = np.asarray(jax.jit(forward)(x, np.uint32(3), np.float32(1.0)))
    else:
        there = forward(x, np.uint32(3), np.float32(1.0))
    assert there.dtype == dtype
    np.testing.assert_array_equal(there, x)


def test_without_progress_the_rate_is_that_of_the_start():
    layer = Dropout(FlatCos(0.3))
    np.testing.assert_array_equal(layer(ONES, ctx=train()), layer(ONES, ctx=train(progress=np.float64(0.0))))
    assert layer(ONES) is ONES


def test_a_scheduled_rate_compiles_once_for_every_step():
    jax = pytest.importorskip("jax")
    layer, traces = Dropout(FlatCos(0.3)), []

    @jax.jit
    def compiled(x, step):
        traces.append(1)
        return layer(x, ctx=Context(mode="train", random=Random(np.uint32(7), step), progress=step / 10))

    for step in range(10):
        with jax.numpy_dtype_promotion("strict"):
            there = compiled(ONES, jax.numpy.int32(step))
        here = layer(ONES, ctx=train(step, 7, np.float64(step / 10)))
        # The engines' rates may differ by a rounding, which moves the threshold only where it lies halfway between two.
        assert np.array_equal(np.asarray(there) == 0, here == 0)
        np.testing.assert_allclose(there, here, rtol=1e-6)
    assert len(traces) == 1


@pytest.mark.parametrize("rate", [1.0, 1.5])
def test_refuses_a_schedule_that_starts_at_no_share(rate):
    with pytest.raises(InputError, match=r"0 ≤ rate < 1, got FlatCos"):
        Dropout(FlatCos(rate))
