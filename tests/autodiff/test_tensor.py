"""Python's operators on tensors, whichever side the tensor stands on."""

from __future__ import annotations

import operator

import numpy as np
import pytest

from cutaway import Tensor, gradients, ops

jax = pytest.importorskip("jax")
MATRIX = np.array([[1.0, 2.0], [3.0, 4.0]])
OPERATORS = [
    operator.add, operator.sub, operator.mul, operator.truediv, operator.pow, operator.matmul,
]  # fmt: skip


@pytest.mark.parametrize("operate", OPERATORS)
@pytest.mark.parametrize("convert", [np.asarray, jax.numpy.asarray], ids=["numpy", "jax"])
def test_operators(operate, convert):
    other = MATRIX + 1
    expected = operate(MATRIX, other)
    for left, right in [
        (Tensor(convert(MATRIX)), Tensor(convert(other))),
        (Tensor(convert(MATRIX)), convert(other)),
        (convert(MATRIX), Tensor(convert(other))),
    ]:
        result = operate(left, right)
        assert type(result) is Tensor
        np.testing.assert_allclose(result.value, expected, rtol=1e-6)


@pytest.mark.parametrize("operate", OPERATORS[:-1])
@pytest.mark.parametrize("number", [2, 0.5, np.float64(3.0)])
def test_operators_with_numbers(operate, number):
    np.testing.assert_allclose(operate(Tensor(MATRIX), number).value, operate(MATRIX, number))
    np.testing.assert_allclose(operate(number, Tensor(MATRIX)).value, operate(number, MATRIX))


@pytest.mark.parametrize("convert", [np.asarray, jax.numpy.asarray], ids=["numpy", "jax"])
def test_rows_can_be_walked_over(convert):
    x = Tensor(convert(MATRIX))
    rows = list(x)
    assert len(rows) == len(x) == 2
    np.testing.assert_array_equal(gradients(ops.sum(rows[1] * 2), x), [[0, 0], [2, 2]])


def test_a_tensor_says_what_it_is():
    x = Tensor(MATRIX)
    assert (x.shape, x.ndim, x.dtype) == ((2, 2), 2, np.float64)
    assert repr(-Tensor(np.array(1.0))) == "Tensor(-1.0 = negative(…))"
    assert float(ops.sum(x)) == 10.0
