"""How wrong a number is: squared, absolute and Huber error, element by element."""

from __future__ import annotations

from collections.abc import Callable

from cutaway.autodiff import Rule, Thunk, primitive
from cutaway.backends import Array, namespace
from cutaway.ops.broadcasting import unbroadcast


def _of_difference(y: Array, slope: Callable[[], Array], prediction: Array, target: Array) -> Rule:
    """Return the rule of a function of prediction − target with the given slope."""

    def backward(g: Array) -> tuple[Thunk, ...]:
        return (
            lambda: unbroadcast(g * slope(), prediction.shape),
            lambda: unbroadcast(-g * slope(), target.shape),
        )

    return y, backward


@primitive
def squared_error(prediction: Array, target: Array) -> Rule:
    """Squared error, y = (p − t)².

    Backward: dL/dp = 2 g (p − t), dL/dt = −2 g (p − t): twice as wrong, twice the blame.
    """
    difference = prediction - target
    return _of_difference(difference * difference, lambda: 2 * difference, prediction, target)


@primitive
def absolute_error(prediction: Array, target: Array) -> Rule:
    """Absolute error, y = |p − t|.

    Backward: dL/dp = g sign(p − t): an outlier pulls no harder than any other row.
    """
    xp = namespace(prediction, target)
    difference = prediction - target
    return _of_difference(xp.abs(difference), lambda: xp.sign(difference), prediction, target)


@primitive
def huber(prediction: Array, target: Array, *, delta: float = 1.0) -> Rule:
    """Huber's error: squared near zero, absolute beyond δ.

        y = ½ d² where |d| ≤ δ, else δ (|d| − ½ δ),     d = p − t

    Backward: dL/dp = g · d limited to [−δ, δ].

    Reference: Huber, "Robust estimation of a location parameter", 1964.
    """
    xp = namespace(prediction, target)
    difference = prediction - target
    distance = xp.abs(difference)
    y = xp.where(distance <= delta, 0.5 * difference * difference, delta * (distance - 0.5 * delta))
    return _of_difference(
        y,
        lambda: xp.where(distance <= delta, difference, delta * xp.sign(difference)),
        prediction,
        target,
    )
