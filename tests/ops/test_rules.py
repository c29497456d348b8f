"""Every row of the table, run every way: against the measured slope, against jax, on both backends."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

from cutaway import ops
from cutaway.autodiff import Node, check_gradients, pull

from .cases import CASES, Case

jax = pytest.importorskip("jax")

# How far two right answers may lie apart, relative to the largest number among them (at least 1).
TOLERANCE = {"float32": 1e-5, "float64": 1e-12}
# Plain functions on arrays: they have no backward rule and are tested in test_fused.py.
ON_ARRAYS_ONLY = {"attention_weights", "batch_statistics"}

# For JAX's own derivative, the reference: any program of it will do, and one that is not optimised is soon made.
SOON = {"xla_backend_optimization_level": 0}

# Compiling every operation of every row by itself would take a minute and prove little more.
ONE_ROW_EACH = list({case.operation: case for case in reversed(CASES)}.values())

each_case = pytest.mark.parametrize("case", CASES, ids=str)


def x64():
    """Scoped float64: `jax.enable_x64` where it exists, its older name elsewhere."""
    if hasattr(jax, "enable_x64"):
        return jax.enable_x64(True)
    from jax.experimental import enable_x64

    return enable_x64()


def run(case: Case, floats, g):
    """Return the value and the gradients of every float operand, on the backend of `floats`."""
    leaves = [Node(value) for value in floats]
    output = case(*leaves)
    return output.value, pull(output, leaves, g)


def cotangent(case: Case, dtype=np.float64) -> np.ndarray:
    """Return a random g: all ones would hide a wrong rule of whatever sums to a constant."""
    shape = np.shape(case(*case.floats()))
    return np.asarray(np.random.default_rng(1).standard_normal(shape), dtype=dtype)


def assert_close(ours, theirs, dtype=np.float64):
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    assert ours.shape == theirs.shape
    scale = max(1.0, float(np.max(np.abs(theirs), initial=0)))
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=TOLERANCE[np.dtype(dtype).name] * scale)


def assert_same(ours, theirs, dtype=np.float64):
    assert_close(ours[0], theirs[0], dtype)
    for mine, other in zip(ours[1], theirs[1], strict=True):
        assert_close(mine, other, dtype)


def assert_dtype(result, floats):
    """The value has the operands' dtype, and each gradient its operand's shape and dtype."""
    value, shares = result
    assert all(value.dtype == x.dtype for x in floats)
    assert [(share.shape, share.dtype) for share in shares] == [(x.shape, x.dtype) for x in floats]


def compiled(function, operation: str, dtype, options=None) -> dict[str, Any]:
    """Return `function(case, floats, g)` of every row of an operation, as one program: it compiles faster."""
    rows = [case for case in CASES if case.operation == operation]
    arguments = [(case.floats(dtype), cotangent(case, dtype)) for case in rows]
    program = jax.jit(
        lambda arguments: [function(case, *a) for case, a in zip(rows, arguments, strict=True)],
        compiler_options=options,
    )
    return dict(zip(map(str, rows), program(arguments), strict=True))


@cache
def compiled_in_float32(operation: str) -> dict[str, Any]:
    with jax.numpy_dtype_promotion("strict"):
        return compiled(run, operation, np.float32)


@cache
def jax_derivatives(operation: str) -> dict[str, Any]:
    def derivative(case: Case, floats, g):
        value, pullback = jax.vjp(case, *floats)
        return value, pullback(g)

    with x64():
        return compiled(derivative, operation, np.float64, SOON)


def test_no_operation_is_missing():
    assert {case.operation for case in CASES} | ON_ARRAYS_ONLY == set(ops.__all__)


def test_every_row_has_a_reference():
    for case in CASES:
        assert not case.kink or not case.jax_differs or case.stated is not None, case
    assert len({str(case) for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", [case for case in CASES if not case.kink], ids=str)
def test_rule_is_the_measured_slope(case):
    for seed in range(2):
        assert check_gradients(case, case.floats(), nudge=case.nudge, seed=seed) < 1e-7


@pytest.mark.parametrize("case", [case for case in CASES if case.stated is not None], ids=str)
def test_rule_is_the_stated_value(case):
    value = case(*case.floats())
    _, shares = run(case, case.floats(), np.ones_like(value))
    for share, stated in zip(shares, case.stated, strict=True):
        assert_close(share, stated)


@pytest.mark.parametrize("case", [case for case in CASES if not case.jax_differs], ids=str)
def test_rule_is_the_derivative_that_jax_finds(case):
    assert_same(run(case, case.floats(), cotangent(case)), jax_derivatives(case.operation)[str(case)])


@each_case
def test_backends_agree_in_float32(case):
    """NumPy and compiled XLA: nothing warns, nothing is promoted by surprise."""
    floats, g = case.floats(np.float32), cotangent(case, np.float32)
    expected = run(case, floats, g)
    compiled = compiled_in_float32(case.operation)[str(case)]
    assert_same(compiled, expected, np.float32)
    assert_dtype(expected, floats)
    assert_dtype(compiled, floats)


@pytest.mark.parametrize("case", ONE_ROW_EACH, ids=str)
def test_xla_gives_the_same_operation_by_operation(case):
    floats, g = case.floats(np.float32), cotangent(case, np.float32)
    with jax.numpy_dtype_promotion("strict"):
        eager = run(case, [jax.numpy.asarray(value) for value in floats], jax.numpy.asarray(g))
    assert_same(eager, run(case, floats, g), np.float32)
    assert_dtype(eager, floats)


@each_case
def test_dtype_stays_float64(case):
    floats, g = case.floats(), cotangent(case)
    with x64(), jax.numpy_dtype_promotion("strict"):
        assert_dtype(jax.eval_shape(lambda floats, g: run(case, floats, g), floats, g), floats)
    assert_dtype(run(case, floats, g), floats)


@each_case
def test_nothing_is_written(case):
    """Read-only operands (as everywhere above) give what writable ones give, and these stay as they were."""
    writable, g = [np.array(value) for value in case.floats()], cotangent(case)
    before = g.copy()
    ours = run(case, writable, g)
    for after, value in zip([*writable, g], [*case.floats(), before], strict=True):
        np.testing.assert_array_equal(after, value)
    expected = run(case, case.floats(), g)
    np.testing.assert_array_equal(ours[0], expected[0])
    for mine, other in zip(ours[1], expected[1], strict=True):
        np.testing.assert_array_equal(mine, other)


@pytest.mark.parametrize(
    ("operation", "x", "value", "slope"),
    [
        (ops.exp, 1e3, np.inf, np.inf),
        (ops.log, 0.0, -np.inf, np.inf),
        (ops.sqrt, 0.0, 0.0, np.inf),
        (lambda x: ops.divide(1.0, x), 0.0, np.inf, -np.inf),
    ],
)
def test_infinite_is_infinite_on_both_backends(operation, x, value, slope):
    """The four places where NumPy warns are those where the answer itself is infinite."""
    for array in (np.array([x], np.float32), jax.numpy.asarray([x], jax.numpy.float32)):
        with np.errstate(all="ignore"):
            leaf = Node(array)
            output = operation(leaf)
            (share,) = pull(output, [leaf], array * 0 + 1)
        assert output.value[0] == value
        assert share[0] == slope


def test_matmul_refuses_vectors():
    with pytest.raises(ValueError, match=r"needs matrices, got shapes \(3,\) and \(3, 2\)"):
        ops.matmul(np.ones(3), np.ones((3, 2)))
