"""Of two classes, how probable the second must be to be chosen: ½ is best for few metrics and for no skewed classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutaway.errors import InputError
from cutaway.metrics.weights import as_weights

Array = NDArray[Any]

METRICS = ("accuracy", "balanced_accuracy", "f1")


@dataclass(frozen=True)
class Threshold:
    """A probability above which the second class is chosen.

    value     the probability, from 0 to 1
    metric    what it is best for, on the rows it was chosen by
    score     the metric there; on other rows it is a little less, for this is the best of many
    at_half   the metric with the threshold ½
    """

    value: float
    metric: str
    score: float
    at_half: float


def chosen_classes(probabilities: Array, threshold: float = 0.5) -> NDArray[np.int64]:
    """Return 1 where the second class is more probable than `threshold`, else 0; (rows,) or (rows, 2) -> (rows,).

    >>> chosen_classes(np.array([[0.5, 0.5], [0.2, 0.8]])), chosen_classes(np.array([0.3, 0.1]), 0.25)
    (array([0, 1]), array([1, 0]))
    """
    return (_of_yes(probabilities) > threshold).astype(np.int64)


def best_threshold(
    probabilities: Array, truth: Array, metric: str = "accuracy", weight: Array | None = None
) -> Threshold:
    """Find the threshold that makes a metric best; probabilities (rows,) or (rows, 2), truth (rows,) of 0 and 1.

    metric   "accuracy", "balanced_accuracy" or "f1"
    weight   how much each row counts (rows,)

    In one pass down the sorted probabilities: between two that differ, the rows above are those chosen. The threshold
    is the middle of such a gap, or ½ where the gap holds it; of gaps that are equally good the one nearest to ½. It
    takes n log n steps. Meant for out-of-fold probabilities: those of rows that were learned from are too sure.
    Raises `InputError` for another metric, and for arrays that are not as above.

    >>> found = best_threshold(np.array([0.1, 0.2, 0.3, 0.4]), np.array([0, 0, 1, 1]))
    >>> found.value, found.score, found.at_half
    (0.25, 1.0, 0.5)
    """
    if metric not in METRICS:
        raise InputError(f"threshold: metric is {metric!r}; a threshold can be chosen for {', '.join(METRICS)}")
    yes_probability, truth = _of_yes(probabilities), np.asarray(truth)
    if truth.shape != yes_probability.shape or not np.isin(truth, (0, 1)).all():
        raise InputError(
            f"threshold: {len(yes_probability)} probabilities and truth of shape {truth.shape} with the values "
            f"{np.unique(truth)[:5].tolist()}; expected one truth a row, 0 or 1"
        )
    weights = as_weights("threshold", weight, len(truth))
    order = np.argsort(yes_probability, kind="stable")[::-1]
    sorted_p, yes = yes_probability[order], truth[order] == 1
    # Position k: the first k rows are chosen. Rows that tie are chosen together.
    true_yes = np.r_[0.0, np.cumsum(weights[order] * yes)]
    false_yes = np.r_[0.0, np.cumsum(weights[order] * ~yes)]
    above, below = np.r_[1.0, sorted_p], np.r_[sorted_p, 0.0]
    possible = above > below
    possible[0] = True  # nothing is above 1
    scores = _score(metric, true_yes, false_yes)
    holds_half = (below <= 0.5) & (above > 0.5)
    middles = np.where(holds_half, 0.5, (above + below) / 2)
    # Neighbouring numbers have no middle between them; above the lower one is enough.
    middles = np.where(middles >= above, below, middles)
    best = scores[possible].max()
    good = np.flatnonzero(possible & (scores >= best - 1e-12))
    place = good[np.argmin(np.abs(middles[good] - 0.5))]
    half = int((sorted_p > 0.5).sum())
    return Threshold(float(middles[place]), metric, float(scores[place]), float(scores[half]))


def _score(metric: str, true_yes: Array, false_yes: Array) -> NDArray[np.float64]:
    """Return the metric for each number of rows chosen, from the weights of right and wrong ones among them."""
    yes, no = true_yes[-1], false_yes[-1]
    if metric == "accuracy":
        return np.asarray((true_yes + no - false_yes) / (yes + no))
    if metric == "f1":
        either = yes + true_yes + false_yes
        score: NDArray[np.float64] = np.divide(2 * true_yes, either, out=np.zeros(len(either)), where=either > 0)
        return score
    shares = [part / whole for part, whole in ((true_yes, yes), (no - false_yes, no)) if whole > 0]
    mean: NDArray[np.float64] = np.mean(shares, axis=0)
    return mean


def _of_yes(probabilities: Array) -> NDArray[np.float64]:
    """Return the probability of the second class, checked."""
    given = np.asarray(probabilities, np.float64)
    yes = given[:, 1] if given.ndim == 2 and given.shape[1] == 2 else given
    if yes.ndim != 1 or not ((yes >= 0) & (yes <= 1)).all():
        raise InputError(
            f"threshold: probabilities have shape {given.shape}; expected numbers from 0 to 1, (rows,) or (rows, 2)"
        )
    return yes
