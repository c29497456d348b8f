"""Dropout: silent in evaluation, and the same draws wherever it runs."""

import numpy as np
import pytest

from cutaway.backends.random import Random
from cutaway.errors import InputError
from cutaway.layers import Context, Dropout, ReLU, Sequential

ONES = np.ones((200, 50), np.float32)


def train(step=0, seed=0):
    return Context(mode="train", random=Random(np.uint32(seed), np.uint32(step)))


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
