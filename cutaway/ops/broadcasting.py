"""Undo broadcasting: what an operand was stretched over, its blame is summed over."""

from __future__ import annotations

from cutaway.backends import Array, namespace


def shape_of(x: Array) -> tuple[int, ...]:
    """Return the shape of an array, () for a Python number."""
    return tuple(getattr(x, "shape", ()))


def unbroadcast(g: Array, shape: tuple[int, ...]) -> Array:
    """Return `g` summed over the axes along which an operand of `shape` was broadcast to it.

    >>> import numpy as np
    >>> unbroadcast(np.ones((4, 3)), (1, 3))
    array([[4., 4., 4.]])
    """
    if g.shape == shape:
        return g
    xp = namespace(g)
    ahead = g.ndim - len(shape)
    axes = tuple(range(ahead)) + tuple(
        axis + ahead for axis, size in enumerate(shape) if size == 1 and g.shape[axis + ahead] != 1
    )
    return xp.reshape(xp.sum(g, axis=axes), shape)
