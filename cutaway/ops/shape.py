"""The same numbers in another arrangement: reshape, transpose, join, stretch."""

from __future__ import annotations

from itertools import pairwise

from cutaway.autodiff import Rule, Thunk, primitive
from cutaway.backends import Array, namespace
from cutaway.ops.broadcasting import unbroadcast


@primitive
def reshape(x: Array, *, shape: tuple[int, ...]) -> Rule:
    """Arrange the elements of x in another shape, in the same order; one size may be −1.

    Backward: dL/dx is g in the shape of x.
    """
    xp = namespace(x)
    return xp.reshape(x, shape), lambda g: (lambda: xp.reshape(g, x.shape),)


@primitive
def transpose(x: Array, *, axes: tuple[int, ...] | None = None) -> Rule:
    """Reorder the axes of x (reverse them where `axes` is not given).

    Backward: the inverse order.
    """
    xp = namespace(x)
    order = tuple(range(x.ndim))[::-1] if axes is None else tuple(a % x.ndim for a in axes)
    inverse = tuple(order.index(a) for a in range(x.ndim))
    return xp.permute_dims(x, order), lambda g: (lambda: xp.permute_dims(g, inverse),)


@primitive
def expand_dims(x: Array, *, axis: int) -> Rule:
    """Insert an axis of size 1 at `axis`."""
    xp = namespace(x)
    return xp.expand_dims(x, axis=axis), lambda g: (lambda: xp.reshape(g, x.shape),)


@primitive
def squeeze(x: Array, *, axis: int | tuple[int, ...]) -> Rule:
    """Remove axes of size 1."""
    xp = namespace(x)
    return xp.squeeze(x, axis=axis), lambda g: (lambda: xp.reshape(g, x.shape),)


@primitive
def broadcast_to(x: Array, *, shape: tuple[int, ...]) -> Rule:
    """Stretch axes of size 1 to `shape`.

    Backward: dL/dx is g summed over what was stretched.
    """
    return namespace(x).broadcast_to(x, shape), lambda g: (lambda: unbroadcast(g, x.shape),)


@primitive
def concatenate(*parts: Array, axis: int = 0) -> Rule:
    """Join arrays along an existing axis.

    Backward: each part gets its own slice of g.
    """
    xp = namespace(*parts)
    where = axis % parts[0].ndim
    ends = [0]
    for part in parts:
        ends.append(ends[-1] + part.shape[where])

    def backward(g: Array) -> tuple[Thunk, ...]:
        return tuple(
            lambda start=start, end=end: g[(slice(None),) * where + (slice(start, end),)]
            for start, end in pairwise(ends)
        )

    return xp.concat(parts, axis=axis), backward


@primitive
def stack(*parts: Array, axis: int = 0) -> Rule:
    """Join arrays of one shape along a new axis.

    Backward: each part gets its own slice of g.
    """
    xp = namespace(*parts)
    where = axis % (parts[0].ndim + 1)

    def backward(g: Array) -> tuple[Thunk, ...]:
        return tuple(lambda place=place: g[(slice(None),) * where + (place,)] for place in range(len(parts)))

    return xp.stack(parts, axis=axis), backward
