"""Figures for chosen classes. Truth is class numbers (rows,), predictions are scores or probabilities (rows, classes).

Which class is chosen is all that counts: the one with the highest score, the first of several.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cutaway.metrics.metric import Metric, one
from cutaway.metrics.shapes import Array, as_classes
from cutaway.metrics.weights import weight_of_classes, weighted_mean


def accuracy(scores: Array, truth: Array, weight: Array | None = None) -> float:
    """Share of rows whose highest score is the true class, Σ wᵢ [right] / Σ wᵢ; scores (rows, classes).

    >>> accuracy(np.array([[0.1, 0.9], [0.8, 0.2]]), np.array([1, 1]))
    0.5
    """
    return one("accuracy", _accuracy, scores, truth, weight)


def balanced_accuracy(scores: Array, truth: Array, weight: Array | None = None) -> float:
    """Mean over the classes that occur of the share of that class's rows that are right.

    Reference: Brodersen, Ong, Stephan, Buhmann, ICPR 2010.

    >>> balanced_accuracy(np.array([[0.1, 0.9], [0.2, 0.8], [0.6, 0.4]]), np.array([1, 1, 1]))
    0.6666666666666666
    """
    return one("balanced_accuracy", _balanced_accuracy, scores, truth, weight)


def f1(scores: Array, truth: Array, weight: Array | None = None) -> float:
    """Harmonic mean of precision and recall, 2 tp / (2 tp + fp + fn): of class 1 of two, of more the mean over classes.

    The mean is over classes that are true or chosen in some row. A class that is neither scores 0.

    Reference: van Rijsbergen, Information Retrieval, 1979.

    >>> f1(np.array([[0.1, 0.9], [0.2, 0.8], [0.6, 0.4]]), np.array([1, 0, 0])).__round__(4)
    0.6667
    """
    return one("f1", _f1, scores, truth, weight)


def _accuracy(scores: Array, truth: Array, weights: Array) -> NDArray[np.float64]:
    scores, truth = as_classes("accuracy", scores, truth)
    return weighted_mean(scores.argmax(axis=-1) == truth, weights)


def _balanced_accuracy(scores: Array, truth: Array, weights: Array) -> NDArray[np.float64]:
    scores, truth = as_classes("balanced_accuracy", scores, truth)
    right = weight_of_classes(truth, scores.shape[1], weights * (scores.argmax(axis=-1) == truth))
    total = weight_of_classes(truth, scores.shape[1], weights)
    shares = np.divide(right, total, out=np.zeros_like(right), where=total > 0)
    mean: NDArray[np.float64] = shares.sum(axis=1) / (total > 0).sum(axis=1)
    return mean


def _f1(scores: Array, truth: Array, weights: Array) -> NDArray[np.float64]:
    scores, truth = as_classes("f1", scores, truth)
    chosen, classes = scores.argmax(axis=-1), scores.shape[1]
    right = weight_of_classes(truth, classes, weights * (chosen == truth))
    either = weight_of_classes(truth, classes, weights) + weight_of_classes(chosen, classes, weights)
    score = np.divide(2 * right, either, out=np.zeros_like(right), where=either > 0)
    if classes == 2:
        return score[:, 1]
    mean: NDArray[np.float64] = score.sum(axis=1) / (either > 0).sum(axis=1)
    return mean


METRICS = (
    Metric("accuracy", "accuracy", "classification", "choice", True, _accuracy, percent=True),
    Metric(
        "balanced_accuracy", "balanced accuracy", "classification", "choice", True, _balanced_accuracy, percent=True
    ),
    Metric("f1", "F1", "classification", "choice", True, _f1),
)
