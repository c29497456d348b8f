"""Which models to average, and how much of each."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutaway.errors import InputError
from cutaway.metrics import Metric

Array = NDArray[Any]

ROUNDS = 40
PATIENCE = 2
ALIKE = 1e-12  # figures that differ by less, relative to their size, are the same


def select_models(
    predictions: Array, truth: Array, metric: Metric, *, weight: Array | None = None, rounds: int = ROUNDS
) -> NDArray[np.float64]:
    """Return how much of each model to take, (models,), summing to 1, for the best metric of their weighted mean.

    predictions   out-of-fold, (models, rows) or (models, rows, outputs): probabilities, or numbers
    truth         class numbers or numbers (rows,)
    weight        how much each row counts (rows,)
    rounds        how many times a model is added at most

    Greedy: begin with the best model; then add, again and again and with replacement, the one that makes the mean of
    all taken so far best; end when two additions in a row have improved nothing, and give the shares at the best point.
    Of additions that are equally good, one that was taken before comes first: fewer models for the same. On the rows
    given it is never worse than the best model alone. A model with predictions that are not finite is never taken.

    Raises `InputError` when no model is left, or the rows do not decide the metric for any.

    Reference: Caruana, Niculescu-Mizil, Crew, Ksikes, Ensemble selection from libraries of models, ICML 2004.

    >>> from cutaway.metrics import BY_NAME
    >>> truth = np.array([1.0, 2.0, 3.0, 4.0])
    >>> models = truth + np.array([[1, -1, 1, -1], [-1, 1, -1, 1], [5, 5, 5, 5]])
    >>> select_models(models, truth, BY_NAME["rmse"])
    array([0.5, 0.5, 0. ])
    """
    predictions = np.asarray(predictions, np.float64)
    if predictions.ndim not in (2, 3) or predictions.shape[1] != len(truth):
        raise InputError(
            f"selection: predictions have shape {predictions.shape}, truth {np.shape(truth)}; expected "
            "(models, rows) or (models, rows, outputs)"
        )
    usable = np.isfinite(predictions).reshape(len(predictions), -1).all(axis=1)
    if not usable.any():
        raise InputError(f"selection: none of {len(predictions)} models has finite predictions for all rows")
    counts = np.zeros(len(predictions), np.int64)
    total = np.zeros(predictions.shape[1:])
    best, best_gain, misses = counts.copy(), -np.inf, 0
    for taken in range(1, rounds + 1):
        gains = np.full(len(predictions), -np.inf)
        for model in np.flatnonzero(usable):
            gain = metric.gain(metric((total + predictions[model]) / taken, truth, weight))
            gains[model] = gain if gain == gain else -np.inf
        highest = gains.max()
        if highest == -np.inf:
            raise InputError(f"selection: the rows do not decide {metric.shown} for any model; choose another metric")
        good = gains >= highest - ALIKE * abs(highest)
        chosen = int(np.argmax(np.where(good, 1 + (counts > 0), 0)))
        counts[chosen] += 1
        total += predictions[chosen]
        if gains[chosen] > best_gain + ALIKE * abs(gains[chosen]):
            best, best_gain, misses = counts.copy(), gains[chosen], 0
        else:
            misses += 1
            if misses == PATIENCE:
                break
    return np.asarray(best / best.sum())


def mean_of(predictions: Array, shares: Array) -> NDArray[np.float64]:
    """Return the weighted mean of predictions, (models, rows, ...) and shares (models,) -> (rows, ...).

    >>> mean_of(np.array([[1.0, 2.0], [3.0, 6.0]]), np.array([0.75, 0.25]))
    array([1.5, 3. ])
    """
    taken = np.flatnonzero(shares)  # what is not taken may hold what is no number
    return np.tensordot(np.asarray(shares)[taken], np.asarray(predictions, np.float64)[taken], axes=1)
