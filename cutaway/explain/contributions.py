"""Integrated gradients: how much each input contributed to a prediction, so that the shares add up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from cutaway import ops
from cutaway.autodiff import pull
from cutaway.errors import InputError
from cutaway.layers import Context, Ensemble, Layer
from cutaway.tensor import Tensor

FIRST, MOST = 16, 8192  # points of the path
AT_ONCE = 256


@dataclass(frozen=True, eq=False)
class Contributions:
    """What each input contributed to the difference between two outputs.

    values       of each number of the input, in the order and shape of one row
    output       what is said of the row
    at_baseline  what is said of the row that it is compared with
    steps        at how many points of the straight path between the two the slope was taken
    tolerance    how large the gap may be, as a share of the difference
    """

    values: np.ndarray
    output: float
    at_baseline: float
    steps: int
    tolerance: float

    @property
    def difference(self) -> float:
        """The output minus the baseline's."""
        return self.output - self.at_baseline

    @property
    def gap(self) -> float:
        """The difference minus the sum of all contributions; 0 on a path of infinitely many points."""
        return self.difference - float(self.values.sum())

    @property
    def exact(self) -> bool:
        """Whether the gap is within the tolerance."""
        return abs(self.gap) <= allowed(self.output, self.at_baseline, self.tolerance)


def allowed(output: float, at_baseline: float, tolerance: float) -> float:
    """Return how large a gap is accepted; where the two outputs are nearly equal, by the size of the outputs."""
    size = max(abs(output), abs(at_baseline), 1e-9)
    return tolerance * max(abs(output - at_baseline), 1e-3 * size)


def contributions(
    score: Callable[[Any], Any] | Layer | Ensemble,
    x: Any,
    baseline: Any,
    *,
    output: int | None = None,
    tolerance: float = 1e-3,
    most: int = MOST,
) -> Contributions:
    """Return integrated gradients of `score` from `baseline` to x.

        contributionᵢ = (xᵢ − bᵢ) ∫₀¹ ∂score/∂xᵢ (b + α (x − b)) dα        Σᵢ contributionᵢ = score(x) − score(b)

    score      a network, or a function that takes rows as a Tensor (n, ...) and returns one number each, a Tensor (n)
    x, baseline   one row each, of one shape
    output     which output of a network, counted from 0; the largest for x, if not said
    tolerance  how large the gap may be, as a share of the difference
    most       at how many points of the path at most

    The integral is a mean of slopes at midpoints, of twice as many points until the sum is right; `gap` says what is
    missing. It tells what this network's answer rests on compared with that baseline, not what causes what.

    Raises `InputError` for rows of different shapes.

    Reference: Sundararajan, Taly, Yan, "Axiomatic attribution for deep networks", ICML 2017, arXiv 1703.01365.

    >>> found = contributions(lambda x: x[:, 0] * x[:, 1], [3.0, 2.0], [0.0, 0.0])
    >>> found.values.round(6), found.difference
    (array([3., 3.]), 6.0)
    """
    row, begin = np.asarray(x, np.float64), np.asarray(baseline, np.float64)
    if row.shape != begin.shape:
        raise InputError(f"contributions: x has shape {row.shape}, the baseline {begin.shape}; give one row of each")
    if not tolerance > 0:
        raise InputError(f"contributions: tolerance must be above 0, got {tolerance!r}")
    if isinstance(score, (Layer, Ensemble)):
        score = output_of(score, row, output)
    ends = np.asarray(score(Tensor(np.stack([begin, row]))).value).reshape(-1)
    at_baseline, here = float(ends[0]), float(ends[1])
    steps, away = FIRST, row - begin
    while True:
        shares = (np.arange(steps) + 0.5) / steps
        slope = np.zeros_like(row)
        for first in range(0, steps, AT_ONCE):
            part = shares[first : first + AT_ONCE].reshape(-1, *([1] * row.ndim))
            points = Tensor(begin + part * away)
            said = score(points)
            slope = slope + pull(said, [points], np.ones_like(said.value))[0].sum(axis=0)
        found = Contributions(away * (slope / steps), here, at_baseline, steps, tolerance)
        if found.exact or 2 * steps > most:
            return found
        steps *= 2


def output_of(network: Layer | Ensemble, row: np.ndarray, output: int | None) -> Callable[[Any], Any]:
    """Return one output of a network, or the mean of it over several, as a function of rows, in double precision.

    Raises `InputError` where there is no such output.
    """
    shape = np.asarray(network(row[None])).shape
    chosen = int(np.argmax(network(row[None]))) if output is None else output
    if len(shape) != 2 or not 0 <= chosen < shape[1]:
        raise InputError(
            f"contributions: output is {chosen} of outputs of shape {shape}; expected (batch, outputs), counted from "
            "0; give a function for others"
        )
    nets = list(network) if isinstance(network, Ensemble) else [network]
    bound = [net.bind(doubled(net.parameters()), doubled(net.state())) for net in nets]

    def score(x: Any) -> Any:
        outputs = [ops.index(net(x, ctx=Context()), key=(slice(None), chosen)) for net in bound]
        return ops.mean(ops.stack(*outputs, axis=0), axis=0)

    return score


def doubled(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the arrays in double precision."""
    return {path: array.astype(np.float64) for path, array in arrays.items()}
