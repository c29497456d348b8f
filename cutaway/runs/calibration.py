"""Whether probabilities mean what they say, and one number that makes them do so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from cutaway import ops
from cutaway.errors import InputError
from cutaway.metrics.shapes import as_classes, as_probabilities
from cutaway.metrics.weights import as_weights, effective_rows

Array = NDArray[Any]

COLDEST, HOTTEST = 0.05, 20.0
LEAST = 1e-15  # the probability that a logarithm is still taken of


def best_temperature(scores: Array, truth: Array, weight: Array | None = None) -> float:
    """Return the temperature T from 0.05 to 20 with the least log loss of softmax(scores / T).

    scores   logits (rows, classes) of rows that were not learned from, such as out-of-fold ones; where networks are
             averaged as probabilities, `as_scores(probabilities)`
    truth    class numbers (rows,)
    weight   how much each row counts (rows,)

    With b = 1/T and s = (1 − ε) zₜ + ε mean z, where zₜ is the score of the true class and ε = K/(n + K) for n rows of
    K classes,

        L(b) = mean [ln Σₖ exp(b zₖ) − b s]        L' = mean [E z − s]        L'' = mean [E z² − (E z)²] ≥ 0

    with E the mean under softmax(b z): L is convex, and Newton's steps, kept between the ends that L' gives, find where
    it is least. ε is one more row of each class: without it, n rows that are all right would be taken to show that no
    row is ever wrong. A T above 1 makes probabilities less sure; the order of the classes stays. Where T = 1 has the
    lower log loss on the rows given, it stays 1. Raises `InputError` for scores that are not finite.

    Reference: Guo, Pleiss, Sun, Weinberger, ICML 2017, arXiv 1706.04599, section 4.2; ε after Platt, Advances in Large
    Margin Classifiers, 1999.

    >>> sure = np.array([[4.0, 0.0]] * 400)          # says 98 % for the first class, which is right in 300 of 400
    >>> temperature = best_temperature(sure, np.repeat([0, 1], [300, 100]))
    >>> tempered(sure[:1], temperature).round(2)
    array([[0.75, 0.25]])
    """
    scores, truth = as_classes("temperature", scores, truth)
    if not np.isfinite(scores).all():
        raise InputError("temperature: some scores are not finite; of probabilities that may be 0 take `as_scores`")
    weights = as_weights("temperature", weight, len(truth))
    rows, classes = effective_rows(weights), scores.shape[1]
    weights = weights / weights.sum()
    scores = scores.astype(np.float64)
    aim = scores[np.arange(len(truth)), truth]
    # Relative to s, which is then 0.
    z = scores - (aim + classes / (rows + classes) * (scores.mean(axis=1) - aim))[:, None]

    def slopes(b: float) -> tuple[float, float]:
        """Return L' and L'' at b."""
        powers = np.exp(b * (z - z.max(axis=1, keepdims=True)))
        total = powers.sum(axis=1)
        first = (powers * z).sum(axis=1) / total
        second = (powers * (z - first[:, None]) ** 2).sum(axis=1) / total
        return float(weights @ first), float(weights @ second)

    low, high = 1 / HOTTEST, 1 / COLDEST
    if slopes(high)[0] < 0:
        b = high
    elif slopes(low)[0] > 0:
        b = low
    else:
        b = 1.0
        for _ in range(100):
            slope, bend = slopes(b)
            if slope > 0:
                high = b
            elif slope < 0:
                low = b
            else:
                break
            step = b - slope / bend if bend > 0 else 0.0
            # Where Newton leaves the bracket, or has nothing to go by, its middle in ln b.
            step = step if low < step < high else float(np.sqrt(low * high))
            if abs(step - b) <= 1e-10 * b:
                break
            b = step
    temperature = 1 / b

    def loss(t: float) -> float:
        relative = (scores - aim[:, None]) / t
        highest = relative.max(axis=1)
        return float(weights @ (highest + np.log(np.exp(relative - highest[:, None]).sum(axis=1))))

    return temperature if loss(temperature) < loss(1.0) else 1.0


def tempered(scores: Array, temperature: float) -> NDArray[np.float64]:
    """Return softmax(scores / temperature); (rows, classes) -> (rows, classes).

    >>> tempered(np.array([[2.0, 0.0]]), 2.0).round(3)
    array([[0.731, 0.269]])
    """
    return np.asarray(ops.softmax(np.asarray(scores, np.float64) / temperature), np.float64)


def as_scores(probabilities: Array) -> NDArray[np.float64]:
    """Return scores whose softmax the probabilities are, ln p, with p kept 1e-15 from zero.

    >>> tempered(as_scores(np.array([[0.3, 0.7]])), 1.0).round(3)
    array([[0.3, 0.7]])
    """
    return np.log(np.maximum(np.asarray(probabilities, np.float64), LEAST))


@dataclass(frozen=True)
class Bin:
    """Rows about which a model is about equally sure.

    sure    the mean probability of the class it chose
    right   the share of them in which that class is the true one
    share   the share of all rows that they are
    """

    sure: float
    right: float
    share: float


def reliability(
    probabilities: Array,
    truth: Array,
    *,
    bins: int = 15,
    equal: Literal["mass", "width"] = "mass",
    weight: Array | None = None,
) -> list[Bin]:
    """Sort rows into bins by the probability of the chosen class; probabilities (rows, classes), truth (rows,).

    equal   "mass", as many rows in each bin, where equal probabilities allow it, or "width", from 0 to 1 in equal steps

    Bins without rows are left out. Raises `InputError` for what are no probabilities.

    >>> probabilities = np.array([[0.9, 0.1], [0.9, 0.1], [0.4, 0.6]])
    >>> reliability(probabilities, np.array([0, 1, 1]), bins=2, equal="width", weight=np.array([1, 1, 2]))
    [Bin(sure=0.75, right=0.75, share=1.0)]
    """
    probabilities, truth = as_probabilities("reliability", probabilities, truth)
    weights = as_weights("reliability", weight, len(truth))
    if bins < 1 or equal not in ("mass", "width"):
        raise InputError(f"reliability: {bins} bins of equal {equal!r}; expected 1 or more of equal 'mass' or 'width'")
    sure, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == truth
    # Edges are values that occur, and each bin begins above one: rows that tie stay together.
    lasts = -(-len(sure) * np.arange(1, bins) // bins) - 1
    edges = np.sort(sure)[lasts] if equal == "mass" else np.linspace(0, 1, bins + 1)[1:-1]
    _, bin_of = np.unique(np.searchsorted(edges, sure, side="left"), return_inverse=True)
    mass = np.bincount(bin_of, weights)
    mean_sure, mean_right = (np.bincount(bin_of, weights * of) for of in (sure, right))
    return [
        Bin(float(s / m), float(r / m), float(m / mass.sum()))
        for s, r, m in zip(mean_sure, mean_right, mass, strict=True)
        if m > 0
    ]


def calibration_error(
    probabilities: Array,
    truth: Array,
    *,
    bins: int = 15,
    equal: Literal["mass", "width"] = "mass",
    weight: Array | None = None,
) -> float:
    """Return the expected calibration error: Σ over bins of share · |right − sure|, of the bins of `reliability`.

    0.03 says that probabilities are off by three points on average. Chance alone makes it about as large as the
    deviation of a share in one bin: with few rows it is not near 0 for any model.

    Reference: Guo, Pleiss, Sun, Weinberger, ICML 2017, arXiv 1706.04599, equation 3 (equal width); Nixon et al. 2019,
    arXiv 1904.01685 (equal mass).

    >>> calibration_error(np.array([[0.9, 0.1]] * 10), np.array([0] * 7 + [1] * 3)).__round__(3)
    0.2
    """
    found = reliability(probabilities, truth, bins=bins, equal=equal, weight=weight)
    return sum(one.share * abs(one.right - one.sure) for one in found)
