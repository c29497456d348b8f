"""Whether one set of predictions is better than another, or only luckier on the rows at hand."""

from __future__ import annotations

from dataclasses import dataclass
from math import frexp, inf, isnan, ldexp
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutaway.errors import InputError
from cutaway.metrics import Metric
from cutaway.metrics.bootstrap import bootstrap, interval
from cutaway.metrics.figures import DIGITS, figure
from cutaway.runs.scores import SCALED

Array = NDArray[Any]

FEWEST_ROWS = 6  # even if B were nearer in all of 5 rows, chance does that in 1 of 16: more than 5 %


@dataclass(frozen=True)
class Comparison:
    """Two figures on the same rows, and by how much the second is better.

    metric     what is compared
    names      what the two are called
    figures    the metric of each
    gain       by how much the second is better, below 0 where it is worse, in units of the metric
    interval   where the gain on ever more such rows would be, with 95 % confidence
    rows       how many rows both predicted
    """

    metric: Metric
    names: tuple[str, str]
    figures: tuple[float, float]
    gain: float
    interval: tuple[float, float]
    rows: int

    @property
    def better(self) -> str | None:
        """The name of the one that is better by more than chance, None where the rows cannot show it."""
        low, high = self.interval
        if self.rows < FEWEST_ROWS or low <= 0 <= high:
            return None
        return self.names[1] if low > 0 else self.names[0]

    @property
    def sentence(self) -> str:
        """What was found, in words."""
        low, high = self.interval
        what = f"points of {self.metric.shown}" if self.metric.percent else f"of {self.metric.shown}"
        if self.better == self.names[0]:
            return f"{self.names[0]} is better by {self._by(-self.gain)} {what}, {self._between(-high, -low)}"
        if self.better is not None:
            return f"{self.names[1]} is better by {self._by(self.gain)} {what}, {self._between(low, high)}"
        rows = f"{self.rows:,} row{'s' if self.rows != 1 else ''}"
        if self.gain == low == high == 0:
            return f"no difference: {self.names[0]} and {self.names[1]} have the same {self.metric.shown} on {rows}"
        return (
            f"no difference that {rows} could show: {self.names[1]} is "
            f"{'better' if self.gain >= 0 else 'worse'} by {self._by(abs(self.gain))} {what}, "
            + (self._between(low, high) if self.gain >= 0 else self._between(-high, -low))
        )

    def _by(self, gain: float) -> str:
        return f"{100 * gain + 0.0:.1f}" if self.metric.percent else figure(gain + 0.0, DIGITS)

    def _between(self, low: float, high: float) -> str:
        return f"95 % interval {self._by(low)} to {self._by(high)}"


def compare(
    truth: Array,
    first: Array,
    second: Array,
    metric: Metric,
    *,
    weight: Array | None = None,
    names: tuple[str, str] = ("run A", "run B"),
    seed: int = 0,
) -> Comparison:
    """Compare two sets of predictions for the same rows by a metric.

    truth           class numbers or numbers (rows,)
    first, second   what the metric takes: probabilities (rows, classes), or numbers (rows,)
    weight          how much each row counts (rows,)

    Both are measured on the same redrawn rows, and the interval is that of the difference: what makes a row hard for
    both cancels, so that it is much narrower than the two intervals side by side. Raises `InputError` for arrays that
    do not line up and for a metric that the rows do not decide.

    Reference: Efron, Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13.

    >>> import numpy as np
    >>> from cutaway.metrics import BY_NAME
    >>> truth = np.arange(40.0)
    >>> off = np.where(np.arange(40) % 2, 2.0, 3.0)
    >>> compare(truth, truth + off, truth + 1, BY_NAME["mae"]).sentence
    'run B is better by 1.5 of mean absolute error, 95 % interval 1.35 to 1.65'
    """
    (truth, first, second), unit = in_range(metric, truth, first, second)
    figures = metric(first, truth, weight), metric(second, truth, weight)
    gain = metric.gain(figures[1]) - metric.gain(figures[0])
    if isnan(gain):
        raise InputError(
            f"comparison: {len(truth)} rows do not decide {metric.shown}, as where all are of one class or value; "
            "choose another metric or more rows"
        )
    drawn = bootstrap(metric, [first, second], truth, weight=weight, seed=seed)
    difference = drawn[1] - drawn[0] if metric.higher else drawn[0] - drawn[1]
    low, high = interval(gain, difference)
    scaled = (unit * figures[0], unit * figures[1])
    return Comparison(metric, names, scaled, unit * gain, (unit * low, unit * high), len(truth))


def in_range(metric: Metric, *values: Array) -> tuple[list[Array], float]:
    """Return numbers in a unit in which their squares stay in range, and what the metric of them is to be times.

    The unit is a power of two, so that no digit changes. Metrics that numbers in other units would change, and what is
    no number, stay as they are.

    >>> from cutaway.metrics import BY_NAME
    >>> (predicted, truth), unit = in_range(BY_NAME["rmse"], np.array([1e300]), np.array([4e300]))
    >>> unit * BY_NAME["rmse"](predicted, truth)
    3e+300
    """
    if metric.name not in SCALED:
        return list(values), 1.0
    largest = max(float(np.abs(numbers).max(initial=0.0)) for numbers in values)
    if not 0 < largest < inf:
        return list(values), 1.0
    power = frexp(largest)[1] - 1  # 2^1024 would be out of range
    return [np.ldexp(numbers, -power) for numbers in values], ldexp(1.0, power) if metric.in_units else 1.0
