"""The matrix product: every weighted sum of a layer at once."""

from __future__ import annotations

from cutaway.autodiff import Rule, Thunk, primitive
from cutaway.backends import Array, backend_of, namespace
from cutaway.ops.broadcasting import unbroadcast


def dot(a: Array, b: Array) -> Array:
    """Return `a b` over the last two axes: the product that all operations take, for arrays.

    A compiled training with precision "bf16" rounds both to bfloat16 here, and adds in float32.
    """
    return backend_of(a, b).matmul(a, b)


def product(a: Array, b: Array) -> Array:
    """Return `a b` over the last two axes, with the leading axes of `a` flattened where `b` is one matrix.

    XLA on a CPU takes half the time for (b·t, d) @ (d, m) that it takes for (b, t, d) @ (d, m).
    """
    if a.ndim > 2 and b.ndim == 2:
        xp = namespace(a, b)
        return xp.reshape(dot(xp.reshape(a, (-1, a.shape[-1])), b), (*a.shape[:-1], b.shape[-1]))
    return dot(a, b)


def transposed(x: Array) -> Array:
    """Return `x` with its last two axes exchanged."""
    return namespace(x).matrix_transpose(x)


@primitive
def matmul(a: Array, b: Array) -> Rule:
    """Matrix product over the last two axes.

        y = a b          a (..., n, k),  b (..., k, m)  ->  y (..., n, m)

    Backward: dL/da = g bᵀ, dL/db = aᵀ g, each summed over the axes along which that operand was broadcast.

    Raises `ValueError` for fewer than two axes: a vector must say whether it is a row or a column.

    >>> import numpy as np
    >>> matmul(np.array([[1.0, 2.0]]), np.array([[3.0], [4.0]]))
    array([[11.]])
    """
    if a.ndim < 2 or b.ndim < 2:
        raise ValueError(f"matmul: needs matrices, got shapes {a.shape} and {b.shape}; add an axis of size 1")

    def blame_of_b(g: Array) -> Array:
        if g.shape[-1] == 1 and g.ndim == 2:
            # A column: gᵀ a reads a row by row, aᵀ g would read it column by column.
            return transposed(dot(transposed(g), a))
        if b.ndim == 2 and a.ndim > 2:
            xp = namespace(a, g)
            return dot(transposed(xp.reshape(a, (-1, a.shape[-1]))), xp.reshape(g, (-1, g.shape[-1])))
        return unbroadcast(dot(transposed(a), g), b.shape)

    def backward(g: Array) -> tuple[Thunk, ...]:
        return (lambda: unbroadcast(product(g, transposed(b)), a.shape), lambda: blame_of_b(g))

    return product(a, b), backward
