"""The gain: by how much trainings with a fix are better than those without, and whether that could be chance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from cutaway.diagnosis import thresholds as at
from cutaway.diagnosis.targets import recalls
from cutaway.losses import Loss


class Gain(NamedTuple):
    """By how much one side of pairs is better: the mean over the pairs, and the interval around it."""

    mean: float
    low: float
    high: float


def gain_of(differences: np.ndarray, chance: float) -> Gain:
    """Return the mean of n differences and its interval by Student's t, whose lower end is too high by that chance.

        d̄ ± t(1 − chance, n − 1) √(Σ (d − d̄)² / (n (n − 1)))

    With one difference alone nothing is known of their spread: the interval is without ends.

    Reference: Student, "The probable error of a mean", Biometrika 6, 1908.

    >>> [round(number, 3) for number in gain_of(np.array([0.1, 0.2, 0.3]), 0.025)]     # t = 4.303
    [0.2, -0.048, 0.448]
    """
    from scipy.special import stdtrit  # type: ignore[import-untyped]

    count, mean = len(differences), float(np.mean(differences))
    if count < 2:
        return Gain(mean, -math.inf, math.inf)
    width = float(stdtrit(count - 1, 1 - chance)) * float(np.std(differences, ddof=1)) / math.sqrt(count)
    return Gain(mean, mean - width, mean + width)


def surely_above(gain: Gain, needed: float) -> bool:
    """Return whether a gain is above 0 in all of its interval, and above what is needed in the mean.

    >>> surely_above(Gain(0.2, 0.1, 0.3), 0.15), surely_above(Gain(0.2, -0.1, 0.5), 0.15)
    (True, False)
    """
    return gain.low > 0 and gain.mean > needed


def chance_of_each(fixes: int, others: int = 0, measures: int = 1) -> float:
    """Return the chance of a wrong "it helps" that each comparison may have, for all together to keep to the threshold.

        α / (fixes · measures)          half of α where others are tried after them, and half for the others

    fixes      how many are tried
    others     how many are tried if none of those helps
    measures   in how many a fix may show that it helps

    Reference: Dunn, "Multiple comparisons among means", JASA 56, 1961 (after Bonferroni).

    >>> chance_of_each(1), chance_of_each(2, 3), chance_of_each(1, measures=2)
    (0.05, 0.0125, 0.025)
    """
    share = at.FALSE_PROOFS / 2 if others else at.FALSE_PROOFS
    return share / max(1, fixes) / max(1, measures)


def matters(score: float) -> float:
    """Return by how much a score must rise from `score` to be worth a change."""
    return max(at.SCORE_THAT_MATTERS, at.SHARE_THAT_MATTERS * (1 - score))


def balanced_accuracy(loss: Loss, outputs: np.ndarray, targets: np.ndarray) -> float | None:
    """Return the mean over the classes of the share of their rows that is recognised; None of numbers.

        (1 / C) Σ_c right_c / n_c         over the C classes that have rows

    Rare classes count as much as common ones: who always says the commonest of two reaches ½, however common it is.
    Outputs that are not finite reach 0.

    >>> import cutaway as ca
    >>> balanced_accuracy(ca.CrossEntropy(), np.eye(2)[[0, 0, 0, 0]], np.array([0, 0, 0, 1]))
    0.5
    """
    from cutaway.training.score import task_of

    with np.errstate(all="ignore"):
        if task_of(np.asarray(loss.judged(np.asarray(outputs[:1], np.float64), targets[:1])[1])) == "numbers":
            return None
    shares, support = recalls(loss, outputs, targets)
    there = [share for share, rows in zip(shares, support, strict=True) if rows]
    return float(np.mean(there)) if there else 0.0


def losses_fell(before: Sequence[float], after: Sequence[float], chance: float) -> Gain | None:
    """Return by how much losses fell, as a share of what they were, if they surely did and by what matters; else None.

    Where some of those before are not finite and all after are, that is a fall without end.

    >>> losses_fell([1.0, 1.1, 0.9], [0.5, 0.6, 0.4], 0.05).mean, losses_fell([1.0, 1.1, 0.9], [1.0, 1.1, 0.9], 0.05)
    (0.5, None)
    """
    if not np.isfinite(after).all():
        return None
    if not np.isfinite(before).all():
        return Gain(math.inf, math.inf, math.inf)
    scale = float(np.abs(before).mean())
    if scale == 0:
        return None
    gain = gain_of(np.subtract(before, after) / scale, chance)
    return gain if surely_above(gain, at.LOSS_THAT_MATTERS) else None
