"""Figures for predicted numbers. Arrays (rows,) or (rows, outputs) in the target's own units."""

from __future__ import annotations

import numpy as np

from cutaway.metrics.shapes import as_numbers


def rmse(predicted: np.ndarray, truth: np.ndarray) -> float:
    """Root mean squared error, √(mean (p − t)²), in the units of the target.

    >>> rmse(np.array([1.0, 3.0]), np.array([0.0, 0.0])).__round__(4)
    2.2361
    """
    predicted, truth = as_numbers("rmse", predicted, truth)
    return float(np.sqrt(np.mean((predicted - truth) ** 2)))


def mae(predicted: np.ndarray, truth: np.ndarray) -> float:
    """Mean absolute error, mean |p − t|, in the units of the target."""
    predicted, truth = as_numbers("mae", predicted, truth)
    return float(np.mean(np.abs(predicted - truth)))


def r2(predicted: np.ndarray, truth: np.ndarray) -> float:
    """Share of the target's variance that is explained: 1 − Σ (p − t)² / Σ (t − mean t)².

    Several outputs share both sums. NaN for a constant target, of which there is no variance to explain.
    """
    predicted, truth = as_numbers("r2", predicted, truth)
    if np.all(truth == truth[:1]):
        return float("nan")
    return 1 - float(np.sum((predicted - truth) ** 2) / np.sum((truth - truth.mean(axis=0)) ** 2))
