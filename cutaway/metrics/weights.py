"""How much each row counts in a figure, for one figure or for many at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cutaway.errors import InputError
from cutaway.metrics.shapes import Array


def as_weights(name: str, weight: Array | None, rows: int) -> NDArray[np.float64]:
    """Return weights (rows,) as float64, all 1 where none are given.

    Raises `InputError` unless there is one a row, none below zero and one above it.

    >>> as_weights("mae", None, 3)
    array([1., 1., 1.])
    """
    if not rows:
        raise InputError(f"{name}: there are no rows; expected at least one")
    if weight is None:
        return np.ones(rows)
    weight = np.asarray(weight, np.float64)
    if weight.shape != (rows,):
        raise InputError(f"{name}: weights have shape {weight.shape}, expected one a row, ({rows},)")
    wrong = ~(np.isfinite(weight) & (weight >= 0))
    if wrong.any():
        raise InputError(f"{name}: row {np.argmax(wrong)} has weight {weight[wrong][0]}, expected a number from 0")
    if not weight.any():
        raise InputError(f"{name}: all {rows} weights are 0; at least one row must count")
    return weight


def weighted_mean(values: Array, weights: Array) -> NDArray[np.float64]:
    """Return Σᵢ wᵢ vᵢ / Σᵢ wᵢ for each line of weights; values (rows,), weights (draws, rows) -> (draws,).

    >>> weighted_mean(np.array([1.0, 3.0]), np.array([[1.0, 1.0], [3.0, 1.0]]))
    array([2. , 1.5])
    """
    mean: NDArray[np.float64] = weights @ np.asarray(values, np.float64) / weights.sum(axis=1)
    return mean


def weight_of_classes(classes: Array, count: int, weights: Array) -> NDArray[np.float64]:
    """Return the weight that falls to each class; classes (rows,), weights (draws, rows) -> (draws, count).

    >>> weight_of_classes(np.array([0, 2, 2]), 3, np.array([[1.0, 1.0, 0.5]]))
    array([[1. , 0. , 1.5]])
    """
    return np.stack([np.bincount(classes, line, minlength=count) for line in weights])


def effective_rows(weight: Array) -> float:
    """Return how many equally weighted rows are as telling: (Σ w)² / Σ w².

    Reference: Kish, Survey Sampling, 1965.

    >>> effective_rows(np.ones(5)), effective_rows(np.array([1.0, 0.0]))
    (5.0, 1.0)
    """
    largest = weight / weight.max()  # the squares of very large or small weights would leave the range
    return float(largest.sum() ** 2 / (largest**2).sum())
