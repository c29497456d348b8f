"""Intervals of measured figures: training sets and test rows drawn again, and what only holds for variances."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cutaway.backends.random import generator
from cutaway.errors import InputError

NORMAL = 1.959964  # of a normal distribution 95 % lie within so many deviations
DRAWS = 400  # of resamples and test rows, for the intervals
NUMBERS = 1 << 24  # that one draw after another makes of them, at most


@dataclass(frozen=True)
class Figure:
    """A measured figure and its 95 % interval."""

    value: float
    low: float
    high: float

    def to_json(self) -> dict[str, float | None]:
        """Return it as plain data."""
        return {name: float(v) if np.isfinite(v) else None for name, v in vars(self).items()}


class Redrawn:
    """Resamples, and then test rows, drawn again with replacement; the same draws for whatever is asked of them.

    The first draw is what was measured: each once. In half of the others it is the resamples that are drawn, in the
    other half the rows: of the few resamples the interval is to be wider than of the many rows.
    """

    def __init__(self, resamples: int, rows: int, seed: int = 0, width: int = 1) -> None:
        if resamples < 2:
            raise InputError(f"bias_variance: {resamples} resample(s); at least 2 are needed to see them differ")
        draws = int(np.clip(NUMBERS // (rows * width), 50, DRAWS))
        random = generator(seed, "decomposition")
        self.resamples = np.ones((draws + 1, resamples))
        self.rows = np.ones((draws + 1, rows))
        self.half = 1 + draws // 2
        for draw in range(1, draws + 1):
            drawn, count = (self.resamples, resamples) if draw < self.half else (self.rows, rows)
            drawn[draw] = np.bincount(random.integers(0, count, count), minlength=count)

    def mean(self, each: np.ndarray) -> np.ndarray:
        """Return the mean over the rows of each draw: (draws + 1, rows) or (rows) to (draws + 1)."""
        found: np.ndarray = np.sum(each * self.rows, axis=1) / self.rows.shape[1]
        return found

    def deviations(self, drawn: np.ndarray) -> tuple[float, float]:
        """Return by how much a figure varies with the training sets, and with the test rows.

        Over draws of R resamples the deviation is lengthened by √(R / (R − 1)): resamples drawn from themselves vary
        by so much less.
        """
        count = self.resamples.shape[1]
        sets = float(np.std(drawn[1 : self.half])) * np.sqrt(count / (count - 1))
        return sets, float(np.std(drawn[self.half :]))

    def half_width(self, drawn: np.ndarray) -> float:
        """Return half a symmetrical interval: √((t s_R)² + (1.96 s_n)²), t Student's with R − 1 degrees of freedom.

        s_R and s_n are the figure's deviations with the training sets and the test rows.
        """
        sets, rows = self.deviations(drawn)
        return float(np.hypot(student(self.resamples.shape[1] - 1) * sets, NORMAL * rows))

    def figure(
        self, drawn: np.ndarray, *, least: float = -np.inf, most: float = np.inf, besides: float = 0.0
    ) -> Figure:
        """Return the figure that was measured, and its interval: value ± √(half width² + besides²).

        What cannot be, below `least` or above `most`, is cut off.
        """
        value, half = float(drawn[0]), float(np.hypot(self.half_width(drawn), besides))
        low, high = np.clip([value - half, value + half], least, most)
        return Figure(value, float(low), float(high))


def student(free: int) -> float:
    """Return within how many deviations 95 % lie where the deviation is estimated with so many degrees of freedom.

    >>> round(student(9), 3)
    2.262
    """
    from scipy.special import stdtrit  # type: ignore[import-untyped]

    return float(stdtrit(free, 0.975))


def variance_figure(value: float, deviation: float) -> Figure:
    """Return a variance, measured with a known deviation, and its interval, which is never below 0.

        ν = 2 (V / s)²,   ν V / χ²_ν(0.975)  …  ν V / χ²_ν(0.025)

    A variance of ν independent normal deviations has the deviation V √(2 / ν); where what is measured varies as that
    would, it is as uncertain. The interval reaches further up than down.

    Reference: Satterthwaite, "An approximate distribution of estimates of variance components", Biometrics 2, 1946.

    >>> found = variance_figure(1.0, np.sqrt(2 / 9))        # of ten normal numbers
    >>> round(found.low, 3), round(found.high, 3)
    (0.473, 3.333)
    """
    from scipy.special import chdtri

    if not (value > 0 and deviation > 0):
        return Figure(value, max(0.0, value), max(0.0, value))
    free = float(np.clip(2 * (value / deviation) ** 2, 1, 1e6))
    low, high = (value * free / float(chdtri(free, share)) for share in (0.025, 0.975))
    return Figure(value, low, high)


def less(first: Figure, other: Figure) -> Figure:
    """Return a variance less one that it contains; the interval is made of theirs, and cut off at 0.

        a − b,   from a − b − √((a − a_low)² + (b_high − b)²)  to  a − b + √((a_high − a)² + (b − b_low)²)

    Reference: Zou, Donner, "Construction of confidence intervals about effect measures", Statistics in Medicine 27,
    2008.
    """
    value = first.value - other.value
    below = np.hypot(first.value - first.low, other.high - other.value)
    above = np.hypot(first.high - first.value, other.value - other.low)
    return Figure(value, float(max(0.0, value - below)), float(max(0.0, value + above)))
