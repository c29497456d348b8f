"""Figures for the order in which scores put the rows: (rows,) with truth 0 or 1, or (rows, classes) with class numbers.

Of two classes, the second is the yes. Of more, each is asked for against all others, and the figure is the mean over
the classes for which it is decided.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cutaway.metrics.metric import Metric, one
from cutaway.metrics.shapes import Array, as_yes_or_no


def roc_auc(scores: Array, truth: Array, weight: Array | None = None) -> float:
    """Probability that a yes scores above a no, ties counting half; scores (rows,) or (rows, classes).

        Σᵢ w⁺ᵢ (W⁻ below i + ½ W⁻ tied with i) / (W⁺ W⁻)

    with w⁺, W⁺ the weights of a yes and of all, w⁻, W⁻ those of a no. NaN when one of the two is missing.

    Reference: Mann, Whitney, 1947.

    >>> roc_auc(np.array([0.1, 0.4, 0.4, 0.8]), np.array([0, 0, 1, 1]))
    0.875
    """
    return one("roc_auc", _roc_auc, scores, truth, weight)


def average_precision(scores: Array, truth: Array, weight: Array | None = None) -> float:
    """Mean over the yes rows of the precision among all rows scored at least as high: Σₙ (Rₙ − Rₙ₋₁) Pₙ.

    Pₙ and Rₙ are precision and recall at the n-th highest score that differs from those above it. NaN without a yes.

    Reference: Manning, Raghavan, Schütze, Introduction to Information Retrieval, 2008, section 8.4.

    >>> average_precision(np.array([0.1, 0.4, 0.35, 0.8]), np.array([0, 0, 1, 1])).__round__(4)
    0.8333
    """
    return one("average_precision", _average_precision, scores, truth, weight)


def _roc_auc(scores: Array, truth: Array, weights: Array) -> NDArray[np.float64]:
    return _mean_of_decided([_area(*asked, weights) for asked in as_yes_or_no("roc_auc", scores, truth)])


def _average_precision(scores: Array, truth: Array, weights: Array) -> NDArray[np.float64]:
    asked = as_yes_or_no("average_precision", scores, truth)
    return _mean_of_decided([_precision(*one_asked, weights) for one_asked in asked])


def _area(scores: Array, yes: Array, weights: Array) -> NDArray[np.float64]:
    positive, negative = _by_score(scores, yes, weights)
    below = np.cumsum(negative, axis=1)
    total = below[:, -1].copy()
    below -= negative / 2
    area: NDArray[np.float64] = np.einsum("dn,dn->d", positive, below) / (positive.sum(axis=1) * total)
    return area


def _precision(scores: Array, yes: Array, weights: Array) -> NDArray[np.float64]:
    positive, negative = _by_score(-scores, yes, weights)
    right = np.cumsum(positive, axis=1)
    taken = np.cumsum(negative, axis=1)
    taken += right
    # Where nothing is taken yet the weight is 0 as well.
    precision = np.divide(right, taken, out=right.copy(), where=taken > 0)
    mean: NDArray[np.float64] = np.einsum("dn,dn->d", positive, precision) / right[:, -1]
    return mean


def _by_score(scores: Array, yes: Array, weights: Array) -> tuple[Array, Array]:
    """Return the weight of yes and of no at each different score, ascending: two of (draws, scores)."""
    order = np.argsort(scores, kind="stable")
    ranked, yes = scores[order], yes[order]
    positive = weights[:, order]
    negative = positive * ~yes
    positive *= yes
    starts = np.flatnonzero(np.r_[True, ranked[1:] > ranked[:-1]])
    if len(starts) == len(ranked):
        return positive, negative
    return np.add.reduceat(positive, starts, axis=1), np.add.reduceat(negative, starts, axis=1)


def _mean_of_decided(figures: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return the mean of the figures (draws,) that are numbers, NaN where none is."""
    stacked = np.stack(figures)
    decided = ~np.isnan(stacked)
    mean: NDArray[np.float64] = np.where(decided, stacked, 0).sum(axis=0) / decided.sum(axis=0)
    return mean


METRICS = (
    Metric("roc_auc", "area under ROC", "classification", "probabilities", True, _roc_auc),
    Metric("average_precision", "average precision", "classification", "probabilities", True, _average_precision),
)
