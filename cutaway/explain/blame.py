"""Blame: the weights that would lower the loss most, and a measurement beside each."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cutaway.errors import InputError
from cutaway.explain.figures import shown

if TYPE_CHECKING:
    from cutaway.explain.record import Trace


@dataclass(frozen=True)
class Blame:
    """One weight, and what a small nudge of it would do.

        predicted = gradient · nudge        measured = L(w + nudge) − L(w)
        slope = (L(w + ε) − L(w − ε)) / 2ε

    path, index   which weight: `net[0].weight[2, 1]` is ("0.weight", (2, 1))
    value         w
    gradient      dL/dw, by backpropagation
    slope         the same, measured
    nudge         what is added to w: against the gradient
    predicted, measured   by how much L changes then
    """

    path: str
    index: tuple[int, ...]
    value: float
    gradient: float
    slope: float
    nudge: float
    predicted: float
    measured: float

    @property
    def name(self) -> str:
        """The weight as one types it after the network: `0.weight[2, 1]`."""
        return f"{self.path}[{', '.join(map(str, self.index))}]" if self.index else self.path

    def to_json(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {**asdict(self), "index": list(self.index)}

    def __str__(self) -> str:
        return (
            f"{self.name} = {shown(self.value)}: {shown(self.nudge)} would change it by {shown(self.predicted)} "
            f"(measured {shown(self.measured)}), slope {shown(self.gradient)} (measured {shown(self.slope)})"
        )


def blame(trace: Trace, count: int = 10, nudge: float = 0.01) -> list[Blame]:
    """Return the `count` weights with the steepest slope, the steepest first, each nudged against it by `nudge`.

    Raises `InputError` for a count below 1 or a nudge that is not above 0.

    >>> import cutaway as ca
    >>> net = ca.Sequential(ca.Dense(1)).build(1)
    >>> net[0].weight = [[2.0]]
    >>> first = ca.explain.trace(net, [[3.0]], [[5.0]], "squared_error").blame()[0]
    >>> first.name, first.gradient, round(first.predicted, 4), round(first.measured, 4)
    ('0.weight[0, 0]', 6.0, -0.06, -0.0591)
    """
    if not isinstance(count, (int, np.integer)) or count < 1:
        raise InputError(f"blame: count must be a whole number of at least 1, got {count!r}")
    if not nudge > 0:
        raise InputError(f"blame: nudge must be above 0, got {nudge!r}")
    places = [
        (-abs(float(gradient.flat[place])), path, int(place))
        for path in trace.parameters
        for gradient in [trace.gradients[path]]
        for place in _steepest(gradient, count)
    ]
    return [_measured(trace, path, place, nudge) for _, path, place in sorted(places)[:count]]


def _steepest(gradient: np.ndarray, count: int) -> np.ndarray:
    size = np.abs(gradient).reshape(-1)
    few = np.argpartition(-size, count - 1)[:count] if count < len(size) else np.arange(len(size))
    found: np.ndarray = few[size[few] > 0]
    return found


def _measured(trace: Trace, path: str, place: int, nudge: float) -> Blame:
    weights, gradient = trace.parameters[path], float(trace.gradients[path].flat[place])
    tiny = 1e-5 * max(1.0, abs(float(weights.flat[place])))

    def shifted(distance: float) -> float:
        changed = weights.copy()
        changed.flat[place] += distance
        return trace.again({path: changed})

    step = -nudge if gradient > 0 else nudge
    return Blame(
        path=path,
        index=tuple(int(part) for part in np.unravel_index(place, weights.shape)),
        value=float(weights.flat[place]),
        gradient=gradient,
        slope=(shifted(tiny) - shifted(-tiny)) / (2 * tiny),
        nudge=step,
        predicted=gradient * step,
        measured=shifted(step) - trace.value,
    )
