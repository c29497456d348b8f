"""Many numbers to few: sum, mean, variance, maximum, minimum, log-sum-exp."""

from __future__ import annotations

from math import prod
from typing import TypeAlias

from cutaway.autodiff import Rule, primitive
from cutaway.backends import Array, namespace

Axes: TypeAlias = int | tuple[int, ...] | None


def axes_of(x: Array, axis: Axes) -> tuple[int, ...]:
    """Return `axis` as a tuple of axes counted from the front; None means all of them."""
    if axis is None:
        return tuple(range(x.ndim))
    axes = (axis,) if isinstance(axis, int) else axis
    return tuple(a % x.ndim for a in axes)


def restored(g: Array, x: Array, axis: Axes) -> Array:
    """Return `g` with the reduced axes of `x` put back as size 1, so that it broadcasts against `x`."""
    reduced = axes_of(x, axis)
    return namespace(g).reshape(g, tuple(1 if a in reduced else size for a, size in enumerate(x.shape)))


@primitive
def sum(x: Array, *, axis: Axes = None, keepdims: bool = False) -> Rule:
    """Sum over `axis`.

        y = Σ x

    Backward: dL/dx = g at every summed place.
    """
    xp = namespace(x)
    return (
        xp.sum(x, axis=axis, keepdims=keepdims),
        lambda g: (lambda: xp.broadcast_to(restored(g, x, axis), x.shape),),
    )


@primitive
def mean(x: Array, *, axis: Axes = None, keepdims: bool = False) -> Rule:
    """Mean over `axis`.

        y = (1/n) Σ x

    Backward: dL/dx = g / n at every averaged place.
    """
    xp = namespace(x)
    count = prod(x.shape[a] for a in axes_of(x, axis))
    return (
        xp.mean(x, axis=axis, keepdims=keepdims),
        lambda g: (lambda: xp.broadcast_to(restored(g, x, axis) / count, x.shape),),
    )


@primitive
def variance(x: Array, *, axis: Axes = None, keepdims: bool = False) -> Rule:
    """Variance over `axis`, divided by n (not n − 1).

        y = (1/n) Σ (x − mean x)²

    Backward: dL/dx = g · 2 (x − mean x) / n.
    """
    xp = namespace(x)
    count = prod(x.shape[a] for a in axes_of(x, axis))
    centred = x - xp.mean(x, axis=axis, keepdims=True)
    return (
        xp.mean(centred * centred, axis=axis, keepdims=keepdims),
        lambda g: (lambda: restored(g, x, axis) * centred * (2 / count),),
    )


def _extreme(x: Array, y: Array, axis: Axes) -> Rule:
    """Send blame to the places of x that equal the extreme value y (reduced axes kept), in equal shares."""
    xp = namespace(x)

    def blame(g: Array) -> Array:
        winners = xp.where(x == y, xp.ones_like(x), xp.zeros_like(x))
        return restored(g, x, axis) * winners / xp.sum(winners, axis=axis, keepdims=True)

    return y, lambda g: (lambda: blame(g),)


@primitive
def max(x: Array, *, axis: Axes = None, keepdims: bool = False) -> Rule:
    """Largest element along `axis`.

    Backward: g goes to the largest element, in equal shares where several tie.
    """
    xp = namespace(x)
    y, backward = _extreme(x, xp.max(x, axis=axis, keepdims=True), axis)
    return (y if keepdims else xp.squeeze(y, axis=axes_of(x, axis))), backward


@primitive
def min(x: Array, *, axis: Axes = None, keepdims: bool = False) -> Rule:
    """Smallest element along `axis`.

    Backward: g goes to the smallest element, in equal shares where several tie.
    """
    xp = namespace(x)
    y, backward = _extreme(x, xp.min(x, axis=axis, keepdims=True), axis)
    return (y if keepdims else xp.squeeze(y, axis=axes_of(x, axis))), backward


@primitive
def logsumexp(x: Array, *, axis: Axes = None, keepdims: bool = False) -> Rule:
    """Logarithm of the sum of exponentials, without overflow.

        y = ln Σ exp(x) = m + ln Σ exp(x − m),    m = max x

    Backward: dL/dx = g · softmax(x).
    """
    xp = namespace(x)
    largest = xp.max(x, axis=axis, keepdims=True)
    shifted = xp.exp(x - largest)
    total = xp.sum(shifted, axis=axis, keepdims=True)
    y = largest + xp.log(total)
    return (
        y if keepdims else xp.squeeze(y, axis=axes_of(x, axis)),
        lambda g: (lambda: restored(g, x, axis) * shifted / total,),
    )
