"""The short polynomials of `cos_of_turns` against NumPy's cosine and sine in float64."""

import numpy as np
import pytest

from cutaway import Tensor, ops
from cutaway.autodiff import pull

X = np.concatenate([np.linspace(-1.5, 1.5, 60_001), np.random.default_rng(0).normal(0, 50, 10_000)]).astype(np.float32)
EXACT = X.astype(np.float64)


def value_and_slope(x):
    tensor = Tensor(x)
    y = ops.cos_of_turns(tensor)
    return y.value, pull(y, [tensor], y.value * 0 + 1)[0]


@pytest.mark.parametrize("compiled", [False, True], ids=["numpy", "xla"])
def test_float32_is_as_close_as_its_rounding(compiled):
    value, slope = pytest.importorskip("jax").jit(value_and_slope)(X) if compiled else value_and_slope(X)
    assert value.dtype == slope.dtype == np.float32
    # Squaring a sine near 1, twice, makes four times its own two or three roundings; the slope is 2π times as large.
    np.testing.assert_allclose(value, np.cos(2 * np.pi * EXACT), rtol=0, atol=8e-7)
    np.testing.assert_allclose(slope, -2 * np.pi * np.sin(2 * np.pi * EXACT), rtol=0, atol=5e-6)


def test_float64_is_exact_where_turns_are_many():
    value, slope = value_and_slope(np.array([2.0**40 + 0.25, -(2.0**40) - 0.5]))
    np.testing.assert_allclose(value, [0, -1], atol=1e-15)
    np.testing.assert_allclose(slope, [-2 * np.pi, 0], atol=1e-14)
