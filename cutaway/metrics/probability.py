"""Figures for probabilities (rows, classes), by true class numbers (rows,). Both are least for the true probabilities.

Reference: Gneiting, Raftery, Journal of the American Statistical Association, 2007.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cutaway.metrics.metric import Metric, one
from cutaway.metrics.shapes import Array, as_probabilities
from cutaway.metrics.weights import weighted_mean


def log_loss(probabilities: Array, truth: Array, weight: Array | None = None) -> float:
    """Mean −ln p of the true class, in nats; probabilities (rows, classes), kept 1e-15 from zero.

    Raises `InputError` for rows that are no probabilities, such as logits, whose logarithm would mean nothing.

    >>> log_loss(np.array([[0.5, 0.5], [0.25, 0.75]]), np.array([1, 1])).__round__(4)
    0.4904
    """
    return one("log_loss", _log_loss, probabilities, truth, weight)


def brier(probabilities: Array, truth: Array, weight: Array | None = None) -> float:
    """Mean squared distance of the probabilities p from the truth t, 1 for the true class and 0 for the others.

        two classes:  mean (p₁ − t₁)²        more:  mean Σₖ (pₖ − tₖ)²

    Raises `InputError` for rows that are no probabilities. Reference: Brier, Monthly Weather Review, 1950.

    >>> brier(np.array([[0.5, 0.5], [0.25, 0.75]]), np.array([1, 1]))
    0.15625
    """
    return one("brier", _brier, probabilities, truth, weight)


def _log_loss(probabilities: Array, truth: Array, weights: Array) -> NDArray[np.float64]:
    probabilities, truth = as_probabilities("log_loss", probabilities, truth)
    chosen = np.take_along_axis(probabilities, truth[:, None], axis=-1)[:, 0]
    return weighted_mean(-np.log(np.clip(chosen, 1e-15, 1)), weights)


def _brier(probabilities: Array, truth: Array, weights: Array) -> NDArray[np.float64]:
    probabilities, truth = as_probabilities("brier", probabilities, truth)
    chosen = np.take_along_axis(probabilities, truth[:, None], axis=-1)[:, 0]
    # Σₖ (pₖ − tₖ)² without the rows of ones and zeros: the true class's p² becomes (1 − p)².
    distance = (probabilities**2).sum(axis=-1) - chosen**2 + (1 - chosen) ** 2
    return weighted_mean(distance / 2 if probabilities.shape[1] == 2 else distance, weights)


METRICS = (
    Metric("log_loss", "log loss", "classification", "probabilities", False, _log_loss),
    Metric("brier", "Brier score", "classification", "probabilities", False, _brier),
)
