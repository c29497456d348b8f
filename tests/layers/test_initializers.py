"""Initial weights: the distribution each paper states, within bounds that follow from the number of draws."""

import numpy as np
import pytest

from cutaway.backends.random import generator
from cutaway.errors import InputError
from cutaway.layers import (
    Constant,
    Conv2D,
    ConvTranspose1D,
    Dense,
    Glorot,
    He,
    Initializer,
    LeCun,
    Normal,
    Orthogonal,
    RandomSign,
    Uniform,
)
from cutaway.layers.initializers import fans

SHAPE = (300, 200)
WINDOW = (3, 5, 20, 40)
FIVE = 5  # standard deviations: passed once in 1.7 million draws


def draw(initializer, shape=SHAPE):
    return initializer(generator(0, "test"), shape)


@pytest.mark.parametrize(
    ("shape", "fan_in", "fan_out"),
    [((), 1, 1), ((7,), 7, 7), ((3, 4), 3, 4), ((5, 3, 4), 15, 20), (WINDOW, 300, 600)],
)
def test_fans(shape, fan_in, fan_out):
    assert fans(shape) == (fan_in, fan_out)


@pytest.mark.parametrize(
    ("initializer", "shape", "variance", "mean"),
    [
        (He(), SHAPE, 2 / 300, 0),
        (He(), WINDOW, 2 / 300, 0),
        (LeCun(), SHAPE, 1 / 300, 0),
        (LeCun(), WINDOW, 1 / 300, 0),
        (Normal(), SHAPE, 1, 0),
        (Normal(0.1, mean=3), SHAPE, 0.01, 3),
    ],
)
def test_normal_ones(initializer, shape, variance, mean):
    w = draw(initializer, shape)
    assert w.shape == shape
    # Of n normal draws the mean has variance v/n, the sample variance about 2v²/n, the fourth moment 96v⁴/n.
    assert abs(w.mean() - mean) < FIVE * np.sqrt(variance / w.size)
    assert abs(w.var() - variance) < FIVE * variance * np.sqrt(2 / w.size)
    assert abs(np.mean((w - mean) ** 4) - 3 * variance**2) < FIVE * variance**2 * np.sqrt(96 / w.size)


@pytest.mark.parametrize(
    ("initializer", "shape", "low", "high"),
    [
        (Glorot(), SHAPE, -np.sqrt(6 / 500), np.sqrt(6 / 500)),
        (Glorot(), WINDOW, -np.sqrt(6 / 900), np.sqrt(6 / 900)),
        (Uniform(), SHAPE, -0.05, 0.05),
        (Uniform(1, 3), SHAPE, 1, 3),
    ],
)
def test_uniform_ones(initializer, shape, low, high):
    w = draw(initializer, shape)
    width = high - low
    assert low <= w.min() and w.max() <= high
    # The chance that none of n draws comes within 20/n of a limit is e⁻²⁰.
    assert w.min() - low < 20 * width / w.size and high - w.max() < 20 * width / w.size
    assert abs(w.mean() - (low + high) / 2) < FIVE * width / np.sqrt(12 * w.size)


@pytest.mark.parametrize("shape", [(7, 4), (4, 7), (5, 5), (2, 3, 4)], ids=str)
def test_orthogonal(shape):
    w = draw(Orthogonal(gain=3), shape).reshape(-1, shape[-1])
    product = w.T @ w if w.shape[0] >= w.shape[1] else w @ w.T
    np.testing.assert_allclose(product, 9 * np.eye(min(w.shape)), atol=1e-13)


def test_orthogonal_has_no_preferred_sign():
    """Without the correction of signs the diagonal of LAPACK's Q is mostly of one sign."""
    random = generator(1, "test")
    traces = [np.trace(Orthogonal()(random, (3, 3))) for _ in range(2000)]
    # The trace of a uniformly drawn orthogonal matrix has mean 0 and variance 1.
    assert abs(np.mean(traces)) < FIVE / np.sqrt(len(traces))


def test_orthogonal_refuses_a_vector():
    with pytest.raises(InputError, match=r"needs a matrix, got shape \(3,\)"):
        draw(Orthogonal(), (3,))


def test_random_signs():
    w = draw(RandomSign())
    np.testing.assert_array_equal(np.unique(w), [-1, 1])
    assert abs(w.mean()) < FIVE / np.sqrt(w.size)


def test_constant():
    np.testing.assert_array_equal(draw(Constant(0.3), (2, 3)), [[0.3] * 3] * 2)


def test_the_base_says_what_to_define():
    with pytest.raises(TypeError, match=r"define __call__\(random, shape\)"):
        draw(Initializer())


def test_what_draws_nothing_is_refused_where_the_layer_is_made():
    for wrong in ("zeros", 0.0):
        with pytest.raises(InputError, match=rf"initializer is {wrong!r}, expected one such as ca\.He\(\)"):
            Dense(8, initializer=wrong)
    with pytest.raises(InputError, match="Constant: the value is 'a', expected a number"):
        Constant("a")


@pytest.mark.parametrize("bias", [Constant(-10.0), -10])
def test_a_bias_that_is_neither_there_nor_not_is_refused(bias):
    for make in (
        lambda: Dense(8, bias=bias),
        lambda: Conv2D(8, 3, bias=bias),
        lambda: ConvTranspose1D(8, 3, bias=bias),
    ):
        with pytest.raises(InputError, match=r"bias must be True or False, got .*bias_initializer"):
            make()
    assert not Dense(8, bias=np.False_).has_bias
