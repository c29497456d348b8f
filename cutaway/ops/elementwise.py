"""Functions of one number at a time, and choices between two."""

from __future__ import annotations

from cutaway.autodiff import Rule, Thunk, primitive
from cutaway.backends import Array, namespace
from cutaway.ops.broadcasting import shape_of, unbroadcast


@primitive
def exp(x: Array) -> Rule:
    """Exponential, y = eˣ.

    Backward: dL/dx = g y.
    """
    y = namespace(x).exp(x)
    return y, lambda g: (lambda: g * y,)


@primitive
def log(x: Array) -> Rule:
    """Natural logarithm, y = ln x for x > 0.

    Backward: dL/dx = g / x.
    """
    return namespace(x).log(x), lambda g: (lambda: g / x,)


@primitive
def sqrt(x: Array) -> Rule:
    """Square root, y = √x for x ≥ 0.

    Backward: dL/dx = g / (2 y), infinite at 0.
    """
    y = namespace(x).sqrt(x)
    return y, lambda g: (lambda: g / (2 * y),)


@primitive
def sin(x: Array) -> Rule:
    """Sine, x in radians.

    Backward: dL/dx = g cos x.
    """
    xp = namespace(x)
    return xp.sin(x), lambda g: (lambda: g * xp.cos(x),)


@primitive
def cos(x: Array) -> Rule:
    """Cosine, x in radians.

    Backward: dL/dx = −g sin x.
    """
    xp = namespace(x)
    return xp.cos(x), lambda g: (lambda: -g * xp.sin(x),)


@primitive
def abs(x: Array) -> Rule:
    """Absolute value, y = |x|.

    Backward: dL/dx = g sign x, 0 at 0.
    """
    xp = namespace(x)
    return xp.abs(x), lambda g: (lambda: g * xp.sign(x),)


def _share(xp: Array, wins: Array, ties: Array, g: Array) -> Array:
    """Return g where this operand wins, half of it where the two tie, 0 elsewhere."""
    return xp.where(wins, g, xp.where(ties, g / 2, xp.zeros_like(g)))


@primitive
def maximum(a: Array, b: Array) -> Rule:
    """Larger of two.

        y = max(a, b)

    Backward: g goes to the larger; half to each where they tie.
    """
    xp = namespace(a, b)

    def backward(g: Array) -> tuple[Thunk, ...]:
        return (
            lambda: unbroadcast(_share(xp, a > b, a == b, g), shape_of(a)),
            lambda: unbroadcast(_share(xp, b > a, a == b, g), shape_of(b)),
        )

    return xp.maximum(a, b), backward


@primitive
def minimum(a: Array, b: Array) -> Rule:
    """Smaller of two.

        y = min(a, b)

    Backward: g goes to the smaller; half to each where they tie.
    """
    xp = namespace(a, b)

    def backward(g: Array) -> tuple[Thunk, ...]:
        return (
            lambda: unbroadcast(_share(xp, a < b, a == b, g), shape_of(a)),
            lambda: unbroadcast(_share(xp, b < a, a == b, g), shape_of(b)),
        )

    return xp.minimum(a, b), backward


@primitive
def where(condition: Array, a: Array, b: Array) -> Rule:
    """Choose element by element.

        y = a where condition else b

    Backward: g goes to the operand chosen; the condition has no slope.
    """
    xp = namespace(condition, a, b)

    def backward(g: Array) -> tuple[Thunk, ...]:
        zero = xp.zeros_like(g)
        return (
            None,
            lambda: unbroadcast(xp.where(condition, g, zero), shape_of(a)),
            lambda: unbroadcast(xp.where(condition, zero, g), shape_of(b)),
        )

    return xp.where(condition, a, b), backward


@primitive
def clip(x: Array, *, low: float, high: float) -> Rule:
    """Limit to an interval.

        y = low where x < low, high where x > high, else x

    Backward: dL/dx = g where low ≤ x ≤ high, else 0.
    """
    xp = namespace(x)
    floor, ceiling = xp.asarray(low, dtype=x.dtype), xp.asarray(high, dtype=x.dtype)
    y = xp.where(x < low, floor, xp.where(x > high, ceiling, x))
    return y, lambda g: (lambda: xp.where((x < low) | (x > high), xp.zeros_like(g), g),)
