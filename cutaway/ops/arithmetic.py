"""Sums, differences, products, quotients and powers, element by element, with broadcasting."""

from __future__ import annotations

from cutaway.autodiff import Rule, Thunk, primitive
from cutaway.backends import Array, namespace
from cutaway.ops.broadcasting import shape_of, unbroadcast


@primitive
def add(a: Array, b: Array) -> Rule:
    """Sum.

        y = a + b

    Backward: dL/da = g, dL/db = g.

    >>> add(2.0, 3.0)
    5.0
    """

    def backward(g: Array) -> tuple[Thunk, ...]:
        return (lambda: unbroadcast(g, shape_of(a)), lambda: unbroadcast(g, shape_of(b)))

    return a + b, backward


@primitive
def subtract(a: Array, b: Array) -> Rule:
    """Difference.

        y = a − b

    Backward: dL/da = g, dL/db = −g.
    """

    def backward(g: Array) -> tuple[Thunk, ...]:
        return (lambda: unbroadcast(g, shape_of(a)), lambda: unbroadcast(-g, shape_of(b)))

    return a - b, backward


@primitive
def multiply(a: Array, b: Array) -> Rule:
    """Product, element by element.

        y = a b

    Backward: dL/da = g b, dL/db = g a.
    """

    def backward(g: Array) -> tuple[Thunk, ...]:
        return (lambda: unbroadcast(g * b, shape_of(a)), lambda: unbroadcast(g * a, shape_of(b)))

    return a * b, backward


@primitive
def divide(a: Array, b: Array) -> Rule:
    """Quotient.

        y = a / b

    Backward: dL/da = g / b, dL/db = −g a / b².
    """
    y = a / b

    def backward(g: Array) -> tuple[Thunk, ...]:
        return (lambda: unbroadcast(g / b, shape_of(a)), lambda: unbroadcast(-g * y / b, shape_of(b)))

    return y, backward


@primitive
def negative(x: Array) -> Rule:
    """Negation, y = −x.

    Backward: dL/dx = −g.
    """
    return -x, lambda g: (lambda: -g,)


@primitive
def power(a: Array, b: Array) -> Rule:
    """Power, for a > 0 or whole b.

        y = aᵇ

    Backward: dL/da = g b aᵇ⁻¹, dL/db = g y ln a (0 where a ≤ 0: there y does not vary smoothly with b).
    """
    xp = namespace(a, b)
    y = a**b

    def blame_of_base(g: Array) -> Array:
        # a⁰ is 1 at every a: its slope is 0, and must not be computed as 0 · a⁻¹, which is NaN at a = 0.
        if isinstance(b, int | float):
            return unbroadcast(g * b * a ** (b - 1 if b else 0), shape_of(a))
        return unbroadcast(g * b * a ** xp.where(b == 0, xp.zeros_like(b), b - 1), shape_of(a))

    def blame_of_exponent(g: Array) -> Array:
        base = xp.asarray(a, dtype=y.dtype)
        return unbroadcast(g * y * xp.log(xp.where(base > 0, base, xp.ones_like(base))), shape_of(b))

    def backward(g: Array) -> tuple[Thunk, ...]:
        return (lambda: blame_of_base(g), lambda: blame_of_exponent(g))

    return y, backward
