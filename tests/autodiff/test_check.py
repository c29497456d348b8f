"""The check of gradients is itself checked: it must catch a wrong rule."""

from __future__ import annotations

import numpy as np
import pytest

from cutaway import Tensor, gradients, ops
from cutaway.autodiff import check_gradients, primitive

X = np.random.default_rng(0).standard_normal((2, 3))


@primitive
def wrong_softmax(x):
    """Softmax whose backward forgets that the probabilities are tied together, and sends no blame at all."""
    return ops.softmax(x), lambda g: (lambda: np.zeros_like(x),)


@primitive
def careless_softmax(x):
    """Softmax with the wrong one of two factors: dL/dx = y (g − mean g)."""
    y = ops.softmax(x)
    return y, lambda g: (lambda: y * (g - np.mean(g, axis=-1, keepdims=True)),)


@primitive
def doubled(x):
    return x * x, lambda g: (lambda: g * x,)


@primitive
def untransposed(a, b):
    return a @ b, lambda g: (lambda: g @ b, lambda: a @ g)


@pytest.mark.parametrize("wrong", [wrong_softmax, careless_softmax])
def test_against_the_sum_a_wrong_softmax_passes(wrong):
    """The sum of a softmax is constant, its slope 0: a check of it passes both wrong rules. Ours does not."""
    x, nudge = Tensor(X), 1e-6
    of_sum = gradients(ops.sum(wrong(x)), x)
    slope = (np.sum(ops.softmax(X + nudge)) - np.sum(ops.softmax(X - nudge))) / (2 * nudge)
    np.testing.assert_allclose(of_sum, 0, atol=1e-12)
    assert slope == pytest.approx(0, abs=1e-8)
    assert all(check_gradients(wrong, [X], seed=seed) > 1e-2 for seed in range(5))


@pytest.mark.parametrize(("wrong", "operands"), [(doubled, [X]), (untransposed, [X[:, :2], X[:, 1:]])])
def test_wrong_rules_are_caught(wrong, operands):
    assert check_gradients(wrong, operands) > 1e-2


def test_a_gradient_of_another_shape_is_an_error():
    @primitive
    def stretched(a, b):
        return a + b, lambda g: (lambda: g, lambda: g)

    with pytest.raises(ValueError, match=r"operand 1 has shape \(3,\), its gradient \(2, 3\)"):
        check_gradients(stretched, [X, X[0]])


def test_right_rules_pass():
    assert check_gradients(ops.softmax, [X]) < 1e-9
    assert check_gradients(lambda a, b: ops.tanh(a @ b), [X, X.T], node=Tensor) < 1e-8


def test_whole_numbers_are_left_alone():
    assert check_gradients(ops.embedding, [X, np.array([1, 1, 0])]) < 1e-9


def test_float32_is_checked_in_float64():
    assert check_gradients(ops.exp, [X.astype(np.float32)]) < 1e-9
