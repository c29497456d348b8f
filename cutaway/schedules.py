"""Schedules: how a rate (of learning, of decay, of dropout) changes as training goes on.

A schedule is a function of t, the share of training that is done (0 at the first step, 1 after the last), so
that a shorter training still goes through all of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log, pi
from typing import Any

import numpy as np

from cutaway.backends import Array, namespace
from cutaway.errors import InputError


@dataclass(frozen=True)
class Schedule:
    """A rate at t.

    rate   what the schedule scales: a learning rate, a weight decay, a share to silence
    """

    rate: float

    def __post_init__(self) -> None:
        if not isinstance(self.rate, (int, float, np.number)) or not np.isfinite(self.rate) or self.rate < 0:
            raise InputError(f"{type(self).__name__}: the rate must be a number of at least 0, got {self.rate!r}")

    def factor(self, t: Array) -> Any:
        """Return what the rate is multiplied by at t."""
        return 1.0

    def __call__(self, t: Any) -> Any:
        """Return the rate at t, 0 ≤ t ≤ 1."""
        return self.rate * self.factor(t if hasattr(t, "dtype") else np.asarray(t, np.float64))


@dataclass(frozen=True)
class ConstantRate(Schedule):
    """The same rate throughout."""


@dataclass(frozen=True)
class StepDecay(Schedule):
    """Times `decay` at each of the `milestones`, shares of training.

    >>> [round(float(StepDecay(1.0)(t)), 4) for t in (0.0, 0.5, 0.75)]
    [1.0, 0.1, 0.01]
    """

    milestones: Sequence[float] = (0.5, 0.75)
    decay: float = 0.1

    def __post_init__(self) -> None:
        super().__post_init__()
        if not all(0 <= milestone <= 1 for milestone in self.milestones) or not self.decay >= 0:
            raise InputError(
                f"StepDecay: milestones are shares of training, 0 to 1, and decay at least 0, got {self.milestones!r} "
                f"and {self.decay!r}"
            )

    def factor(self, t: Array) -> Any:
        """Return decay to the number of milestones passed."""
        xp = namespace(t)
        factor = xp.ones_like(t)
        for milestone in self.milestones:
            factor = factor * xp.where(t >= milestone, self.decay, 1.0)
        return factor


@dataclass(frozen=True)
class Exponential(Schedule):
    """rate · final^t: falls by the same share each step, to `final` of the rate."""

    final: float = 0.01

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.final > 0:
            raise InputError(f"Exponential: final must be above 0, which it would never reach, got {self.final!r}")

    def factor(self, t: Array) -> Any:
        """Return final^t."""
        return namespace(t).exp(t * log(self.final))


@dataclass(frozen=True)
class Cosine(Schedule):
    """Half a cosine from the rate to `final` of it: final + (1 − final) ½ (1 + cos πt).

    Reference: Loshchilov, Hutter, "SGDR", ICLR 2017, equation 5 without restarts, arXiv 1608.03983.
    """

    final: float = 0.0

    def factor(self, t: Array) -> Any:
        """Return the cosine's height."""
        return self.final + (1 - self.final) * 0.5 * (1 + namespace(t).cos(pi * t))


@dataclass(frozen=True)
class WarmUp(Schedule):
    """A straight rise over the first `share` of training, then the schedule `after` over what remains.

    `rate` is that of `after`: `WarmUp.before(Cosine(1e-3))`.
    """

    after: Schedule = ConstantRate(1.0)
    share: float = 0.1

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_share("WarmUp", self.share)

    @classmethod
    def before(cls, after: Schedule, share: float = 0.1) -> WarmUp:
        """Return `after` with a warm-up before it."""
        return cls(after.rate, after, share)

    def factor(self, t: Array) -> Any:
        """Return the height of the rise, or of the schedule after it."""
        xp = namespace(t)
        rest = xp.maximum((t - self.share) / (1 - self.share), xp.zeros_like(t))
        return xp.where(t < self.share, t / self.share, self.after.factor(rest))


@dataclass(frozen=True)
class OneCycle(Schedule):
    """Up by half a cosine from rate / `start` over the first `share`, then down to rate / (`start` · `end`).

    Reference: Smith, Topin, "Super-convergence", 2018, arXiv 1708.07120; the cosine form is fastai's.
    """

    share: float = 0.3
    start: float = 25.0
    end: float = 1e4

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_share("OneCycle", self.share)
        if not (self.start > 0 and self.end > 0):
            raise InputError(f"OneCycle: start and end divide the rate, so above 0, got {self.start!r}, {self.end!r}")

    def factor(self, t: Array) -> Any:
        """Return the cycle's height."""
        xp = namespace(t)

        def between(first: float, last: float, u: Array) -> Any:
            return last + (first - last) * 0.5 * (1 + xp.cos(pi * u))

        rise = between(1 / self.start, 1.0, t / self.share)
        fall = between(1.0, 1 / (self.start * self.end), (t - self.share) / (1 - self.share))
        return xp.where(t < self.share, rise, fall)


@dataclass(frozen=True)
class CosLog4(Schedule):
    """Four waves that lengthen: ½ (1 − cos(2π log₂(1 + 15 t))).

    Reference: Holzmüller, Grinsztajn, Steinwart, "Better by default", NeurIPS 2024, arXiv 2407.04491.
    """

    def factor(self, t: Array) -> Any:
        """Return the wave's height."""
        xp = namespace(t)
        return 0.5 * (1 - xp.cos(2 * pi * xp.log2(1 + 15 * t)))


@dataclass(frozen=True)
class FlatCos(Schedule):
    """The rate through the first half, then half a cosine to zero: ½ (1 + cos(π (max(1, 2t) − 1))).

    Reference: Holzmüller, Grinsztajn, Steinwart, "Better by default", NeurIPS 2024, arXiv 2407.04491.

    >>> [round(float(FlatCos(1.0)(t)), 4) for t in (0.0, 0.5, 0.75, 1.0)]
    [1.0, 1.0, 0.5, 0.0]
    """

    def factor(self, t: Array) -> Any:
        """Return the cosine's height."""
        xp = namespace(t)
        return 0.5 * (1 + xp.cos(pi * (xp.maximum(2 * t, xp.ones_like(t)) - 1)))


def _check_share(name: str, share: float) -> None:
    if not 0 < share < 1:
        raise InputError(f"{name}: share is the part of training that rises, 0 < share < 1, got {share!r}")


def as_schedule(rate: float | Schedule, name: str, setting: str = "learning_rate") -> Schedule:
    """Return a number as a constant schedule, checked; a schedule as it is.

    `name` and `setting` say whose it is, in the message of the `InputError` for anything else.

    >>> as_schedule(0.1, "Adam")
    ConstantRate(rate=0.1)
    """
    if isinstance(rate, Schedule):
        return rate
    if not isinstance(rate, (int, float, np.number)) or not np.isfinite(rate) or rate < 0:
        raise InputError(f"{name}: {setting} must be a number of at least 0, or a schedule, got {rate!r}")
    return ConstantRate(float(rate))


__all__ = [
    "ConstantRate", "CosLog4", "Cosine", "Exponential", "FlatCos", "OneCycle", "Schedule", "StepDecay", "WarmUp",
    "as_schedule",
]  # fmt: skip
