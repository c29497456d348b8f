"""Python's operators on tensors: what stands on either side, the result is a Tensor with the right value."""

import operator

import numpy as np
import pytest

import cutaway as ca
from cutaway.tensor import Tensor, as_tensors

A = np.array([[1.5, 2.0], [0.5, 3.0]])
B = np.array([[2.0, 0.5], [1.0, 1.5]])
OPERATORS = [
    operator.add, operator.sub, operator.mul, operator.truediv, operator.pow, operator.matmul,
]  # fmt: skip
OTHERS = {
    "tensor": Tensor(B),
    "array": B,
    "row": B[0],
    "float": 2.5,
    "int": 3,
    "NumPy scalar": np.float64(2.5),
    "array of no axes": np.array(2.5),
}


def plain(other):
    return other.value if isinstance(other, Tensor) else other


@pytest.mark.parametrize(
    ("apply", "name"),
    [
        (apply, name)
        for apply in OPERATORS
        for name, other in OTHERS.items()
        if apply is not operator.matmul or name in ("tensor", "array")
    ],
)
def test_operators_both_ways(apply, name):
    other = OTHERS[name]
    tensor = Tensor(A)
    for result, expected in (
        (apply(tensor, other), apply(A, plain(other))),
        (apply(other, tensor), apply(plain(other), A)),
    ):
        assert type(result) is Tensor
        np.testing.assert_allclose(result.value, expected, rtol=1e-15)
        np.testing.assert_array_equal(result.operands[0 if result.operands[0] is tensor else 1].value, A)


@pytest.mark.parametrize("apply", OPERATORS, ids=lambda apply: apply.__name__)
def test_jax_arrays_both_ways(apply):
    jnp = pytest.importorskip("jax.numpy")
    a, b = jnp.asarray(A, jnp.float32), jnp.asarray(B, jnp.float32)
    for result, expected in ((apply(Tensor(a), b), apply(A, B)), (apply(b, Tensor(a)), apply(B, A))):
        assert type(result) is Tensor
        np.testing.assert_allclose(result.value, expected, rtol=1e-5)


@pytest.mark.parametrize("apply", OPERATORS, ids=lambda apply: apply.__name__)
def test_blame_flows_through_operators_both_ways(apply):
    for function in (apply, lambda a, b: apply(b, a)):
        assert ca.autodiff.check_gradients(function, [A, B], node=Tensor) < 1e-8
        assert ca.autodiff.check_gradients(lambda a, f=function: f(a, B), [A], node=Tensor) < 1e-8


def test_negative():
    assert type(-Tensor(A)) is Tensor
    np.testing.assert_array_equal((-Tensor(A)).value, -A)


@pytest.mark.parametrize(
    "key", [0, -1, (1, 0), slice(1), (..., 0), (slice(None), None), np.array([1, 1, 0]), A > 1], ids=str
)
def test_indexing(key):
    result = Tensor(A)[key]
    assert type(result) is Tensor and result.operation == "index"
    np.testing.assert_array_equal(result.value, A[key])


def test_iterating_gives_the_rows():
    rows = list(Tensor(A))
    assert [type(row) for row in rows] == [Tensor, Tensor]
    np.testing.assert_array_equal([row.value for row in rows], A)


def test_shape_and_type():
    tensor = Tensor(A.astype(np.float32))
    assert (tensor.shape, tensor.ndim, len(tensor), tensor.dtype) == ((2, 2), 2, 2, np.float32)
    assert type(tensor.shape) is tuple
    with pytest.raises(TypeError):
        len(Tensor(np.array(1.0)))


def test_float():
    assert float(Tensor(np.array(2.5))) == 2.5
    with pytest.raises(TypeError):
        float(Tensor(A))


def test_repr():
    x = Tensor(np.array([1.0, 2.0]))
    assert repr(x) == "Tensor([1. 2.])"
    assert repr(x * 2) == "Tensor([2. 4.] = multiply(…))"


def test_as_tensors():
    tensors = as_tensors({"weight": A, "bias": B})
    assert [*tensors] == ["weight", "bias"]
    assert tensors["weight"].value is A and tensors["weight"].operation == ""
