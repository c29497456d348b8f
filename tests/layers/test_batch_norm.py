"""Batch norm against NumPy's mean and variance, padded and not."""

import numpy as np
import pytest

from cutaway.layers import BatchNorm, Context

EPSILON, MOMENTUM = 1e-3, 0.3
X = np.random.default_rng(0).normal(3, 2, (6, 4))
MASK = np.array([1, 1, 0, 1, 0, 1], np.float64)


def layer(features=4):
    layer = BatchNorm(momentum=MOMENTUM, epsilon=EPSILON).build(features, dtype=np.float64)
    layer.weight, layer.bias = np.linspace(0.5, 2, features), np.linspace(-1, 1, features)
    layer.running_mean, layer.running_variance = np.full(features, 10.0), np.full(features, 20.0)
    return layer


def expected(layer, x, mean, variance):
    return layer.weight * (x - mean) / np.sqrt(variance + EPSILON) + layer.bias


@pytest.mark.parametrize("x", [X, X.reshape(6, 2, 2), X.reshape(6, 2, 1, 2)], ids=["rows", "sequences", "pictures"])
@pytest.mark.parametrize("mask", [None, MASK, MASK > 0], ids=["all rows", "padding", "boolean padding"])
def test_training_uses_the_batch_and_follows_it(x, mask):
    norm, ctx = layer(x.shape[-1]), Context(mode="train", row_mask=mask)
    counted = (x if mask is None else x[mask > 0]).reshape(-1, x.shape[-1])
    mean, variance = counted.mean(axis=0), counted.var(axis=0)
    np.testing.assert_allclose(norm(x, ctx=ctx), expected(norm, x, mean, variance), rtol=1e-12)
    np.testing.assert_allclose(ctx.new_state["running_mean"], 0.7 * 10 + 0.3 * mean, rtol=1e-12)
    unbiased = counted.var(axis=0, ddof=1)
    np.testing.assert_allclose(ctx.new_state["running_variance"], 0.7 * 20 + 0.3 * unbiased, rtol=1e-12)
    assert norm.running_mean.tolist() == [10] * x.shape[-1]


def test_padding_changes_nothing():
    whole, padded = Context(mode="train"), Context(mode="train", row_mask=np.array([1.0] * 6 + [0.0] * 2))
    output = layer()(np.concatenate((X, np.full((2, 4), 1e6))), ctx=padded)
    np.testing.assert_allclose(output[:6], layer()(X, ctx=whole), rtol=1e-12)
    for name, value in whole.new_state.items():
        np.testing.assert_allclose(padded.new_state[name], value, rtol=1e-12)


def test_evaluation_uses_the_running_statistics():
    norm, ctx = layer(), Context(row_mask=MASK)
    np.testing.assert_allclose(norm(X, ctx=ctx), expected(norm, X, 10, 20), rtol=1e-12)
    np.testing.assert_array_equal(norm(X), norm(X, ctx=ctx))
    assert not ctx.new_state


def test_a_batch_of_one_gives_the_bias_and_keeps_the_running_variance():
    norm, ctx = layer(), Context(mode="train")
    np.testing.assert_array_equal(norm(X[:1], ctx=ctx), [norm.bias])
    np.testing.assert_array_equal(ctx.new_state["running_variance"], norm.running_variance)
    np.testing.assert_allclose(ctx.new_state["running_mean"], 7 + 0.3 * X[0], rtol=1e-12)


def test_a_batch_of_padding_alone_moves_nothing():
    norm, ctx = layer(), Context(mode="train", row_mask=np.zeros(6))
    assert np.isfinite(norm(X, ctx=ctx)).all()
    for name, value in ctx.new_state.items():
        np.testing.assert_array_equal(value, getattr(norm, name))


def test_float32_stays_float32():
    norm, ctx = BatchNorm().build(4), Context(mode="train", row_mask=MASK > 0)
    assert norm(X.astype(np.float32), ctx=ctx).dtype == np.float32
    assert {value.dtype for value in ctx.new_state.values()} == {np.dtype(np.float32)}
