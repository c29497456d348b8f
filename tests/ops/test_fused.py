"""A fused operation is the composition of elementary ones: the same value and the same gradients."""

from __future__ import annotations

from math import pi, sqrt

import numpy as np
import pytest

from cutaway import Tensor, gradients, ops

random = np.random.default_rng(0)
X, W, B = random.standard_normal((4, 3)), random.standard_normal(3), random.standard_normal(3)
TARGET = random.dirichlet(np.ones(3), 4)
Q, K, V = (random.standard_normal((2, 3, 4)) for _ in range(3))
CAUSAL = np.tril(np.ones((3, 3), bool))
MASK = np.array([[True, False, True], [False, False, False], [True, True, True]])
ROWS = np.array([1.0, 1.0, 0.0, 1.0])


def attention(query, key, value, mask=None):
    scores = query @ ops.transpose(key, axes=(0, 2, 1)) / sqrt(query.shape[-1])
    if mask is None:
        return ops.softmax(scores) @ value
    # The scores outside the mask are silenced with a finite number, so that a row without any stays defined.
    weights = ops.softmax(ops.where(mask, scores, -1e300))
    return ops.where(mask, weights, 0.0) @ value


def layer_norm(x, weight, bias):
    centred = x - ops.mean(x, axis=-1, keepdims=True)
    return centred / ops.sqrt(ops.variance(x, axis=-1, keepdims=True) + 1e-5) * weight + bias


def batch_norm(x, weight, bias):
    return (x - ops.mean(x, axis=0)) / ops.sqrt(ops.variance(x, axis=0) + 1e-5) * weight + bias


def batch_norm_of_rows(x, weight, bias):
    rows = ROWS[:, None]
    centred = x - ops.sum(x * rows, axis=0) / 3
    return centred / ops.sqrt(ops.sum(centred**2 * rows, axis=0) / 3 + 1e-5) * weight + bias


def binary_cross_entropy(logits, target):
    p = ops.sigmoid(logits)
    return -(target * ops.log(p)) - (1 - target) * ops.log(1 - p)


def huber(prediction, target):
    distance = ops.abs(prediction - target)
    inside = ops.minimum(distance, 1.0)
    return inside * (distance - inside / 2)


def gelu_tanh(x):
    return 0.5 * x * (1 + ops.tanh(sqrt(2 / pi) * (x + 0.044715 * x**3)))


PAIRS = {
    "subtract": (ops.subtract, lambda a, b: a + -b, (X, B)),
    "divide": (ops.divide, lambda a, b: a * b**-1, (X, B)),
    "mean": (ops.mean, lambda x: ops.sum(x) / 12, (X,)),
    "variance": (
        lambda x: ops.variance(x, axis=0),
        lambda x: ops.mean(x * x, axis=0) - ops.mean(x, axis=0) ** 2,
        (X,),
    ),
    "logsumexp": (lambda x: ops.logsumexp(x, axis=1), lambda x: ops.log(ops.sum(ops.exp(x), axis=1)), (X,)),
    "softmax": (ops.softmax, lambda x: ops.exp(x) / ops.sum(ops.exp(x), axis=-1, keepdims=True), (X,)),
    "log_softmax": (ops.log_softmax, lambda x: ops.log(ops.softmax(x)), (X,)),
    "cross_entropy": (ops.cross_entropy, lambda x, t: -ops.sum(t * ops.log_softmax(x), axis=-1), (X, TARGET)),
    "binary_cross_entropy": (ops.binary_cross_entropy, binary_cross_entropy, (X, TARGET)),
    "squared_error": (ops.squared_error, lambda p, t: (p - t) ** 2, (X, B)),
    "absolute_error": (ops.absolute_error, lambda p, t: ops.abs(p - t), (X, B)),
    "huber": (ops.huber, huber, (X, B)),
    "sigmoid": (ops.sigmoid, lambda x: 1 / (1 + ops.exp(-x)), (X,)),
    "tanh": (ops.tanh, lambda x: 2 * ops.sigmoid(2 * x) - 1, (X,)),
    "relu": (ops.relu, lambda x: ops.maximum(x, 0.0), (X,)),
    "leaky_relu": (ops.leaky_relu, lambda x: ops.relu(x) - 0.01 * ops.relu(-x), (X,)),
    "elu": (ops.elu, lambda x: ops.relu(x) + ops.exp(ops.minimum(x, 0.0)) - 1, (X,)),
    "selu": (ops.selu, lambda x: 1.0507009873554805 * ops.elu(x, alpha=1.6732632423543772), (X,)),
    "gelu_tanh": (ops.gelu_tanh, gelu_tanh, (X,)),
    "silu": (ops.silu, lambda x: x * ops.sigmoid(x), (X,)),
    "softplus": (ops.softplus, lambda x: ops.log(1 + ops.exp(x)), (X,)),
    "mish": (ops.mish, lambda x: x * ops.tanh(ops.softplus(x)), (X,)),
    "clip": (
        lambda x: ops.clip(x, low=-0.5, high=0.5),
        lambda x: ops.minimum(ops.maximum(x, -0.5), 0.5),
        (X,),
    ),
    "attention": (ops.attention, attention, (Q, K, V)),
    "attention, causal": (
        lambda *qkv: ops.attention(*qkv, causal=True),
        lambda *qkv: attention(*qkv, mask=CAUSAL),
        (Q, K, V),
    ),
    "attention, masked": (
        lambda *qkv: ops.attention(*qkv, mask=MASK),
        lambda *qkv: attention(*qkv, mask=MASK),
        (Q, K, V),
    ),
    "layer_norm": (ops.layer_norm, layer_norm, (X, W, B)),
    "batch_norm": (ops.batch_norm, batch_norm, (X, W, B)),
    "batch_norm, padded": (lambda *xwb: ops.batch_norm(*xwb, row_mask=ROWS), batch_norm_of_rows, (X, W, B)),
    "embedding": (
        lambda table: ops.embedding(table, np.array([2, 0, 2])),
        lambda table: np.eye(4)[[2, 0, 2]] @ table,
        (X,),
    ),
    "dropout": (
        lambda x: ops.dropout(x, X > 0, rate=0.25),
        lambda x: x * (X > 0) / 0.75,
        (X,),
    ),
    "stack": (
        lambda a, b: ops.stack(a, b, axis=1),
        lambda a, b: ops.concatenate(ops.expand_dims(a, axis=1), ops.expand_dims(b, axis=1), axis=1),
        (W, B),
    ),
}


@pytest.mark.parametrize("name", PAIRS)
def test_fused_is_the_composition(name):
    fused, composed, operands = PAIRS[name]
    results = []
    for function in (fused, composed):
        leaves = [Tensor(operand) for operand in operands]
        output = function(*leaves)
        g = np.random.default_rng(1).standard_normal(output.shape)
        results.append([output.value, *gradients(ops.sum(output * g), leaves)])
    for ours, theirs in zip(*results, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-12)


def test_gelu_is_x_times_the_normal_distribution():
    """Φ by integrating the density with Simpson's rule."""
    for x in (-3.0, -0.5, 0.0, 1.7):
        places = np.linspace(-10, x, 20_001)
        density = np.exp(-(places**2) / 2) / sqrt(2 * pi)
        weights = np.ones(20_001)
        weights[1:-1:2], weights[2:-1:2] = 4, 2
        area = np.sum(weights * density) * (x + 10) / 20_000 / 3
        assert ops.gelu(np.array(x)) == pytest.approx(x * area, abs=1e-12)


def test_batch_statistics_are_those_of_the_rows_that_count():
    mean, variance = ops.batch_statistics(X, ROWS)
    np.testing.assert_allclose(mean, X[[0, 1, 3]].mean(0))
    np.testing.assert_allclose(variance, X[[0, 1, 3]].var(0))
    normal = ops.batch_norm(X, np.ones(3), np.zeros(3), row_mask=ROWS)
    np.testing.assert_allclose(normal, (X - mean) / np.sqrt(variance + 1e-5))


def test_padding_reaches_no_other_row():
    """What stands in a padded row changes neither the other rows nor, through them, any gradient."""
    changed = X.copy()
    changed[2] = 1e3
    g = ROWS[:, None] * X
    shares = []
    for rows in (X, changed):
        leaves = [Tensor(rows), Tensor(W), Tensor(B)]
        shares.append(gradients(ops.sum(ops.batch_norm(*leaves, row_mask=ROWS) * g), leaves))
    for ours, theirs in zip(*shares, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-12)
    np.testing.assert_allclose(shares[0][0][2], 0, atol=1e-15)


def test_attention_weights_are_what_attention_averages_with():
    weights = ops.attention_weights(Q, K, mask=MASK)
    np.testing.assert_allclose(weights @ V, ops.attention(Q, K, V, mask=MASK))
    np.testing.assert_allclose(weights.sum(-1), [[1, 0, 1]] * 2, atol=1e-12)
    assert not weights[:, ~MASK].any()


def test_causal_attention_does_not_see_the_future():
    changed = K.copy()
    changed[:, 2] += 5
    before, after = (ops.attention(Q, key, V, causal=True) for key in (K, changed))
    np.testing.assert_array_equal(before[:, :2], after[:, :2])
    assert not np.allclose(before[:, 2], after[:, 2])


def test_the_last_query_stands_at_the_last_key():
    """So that text goes on one word at a time: the newest query alone gets what it gets among all."""
    whole = ops.attention(Q, K, V, causal=True)
    np.testing.assert_allclose(ops.attention(Q[:, 1:], K, V, causal=True), whole[:, 1:], rtol=1e-12)
