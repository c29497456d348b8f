"""Figures for predicted numbers p by the true ones t. Arrays (rows,) or (rows, outputs) in the target's own units."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cutaway.errors import InputError
from cutaway.metrics.metric import Metric, one
from cutaway.metrics.shapes import Array, as_numbers
from cutaway.metrics.weights import weighted_mean

LEAST = -1 + 1e-6  # predictions below this count as this: their logarithm would be infinite, or none


def rmse(predicted: Array, truth: Array, weight: Array | None = None) -> float:
    """Root mean squared error, √(mean (p − t)²), in the units of the target.

    >>> rmse(np.array([1.0, 3.0]), np.array([0.0, 0.0])).__round__(4)
    2.2361
    """
    return one("rmse", _rmse, predicted, truth, weight)


def mae(predicted: Array, truth: Array, weight: Array | None = None) -> float:
    """Mean absolute error, mean |p − t|, in the units of the target.

    >>> mae(np.array([1.0, 3.0]), np.array([0.0, 0.0]))
    2.0
    """
    return one("mae", _mae, predicted, truth, weight)


def r2(predicted: Array, truth: Array, weight: Array | None = None) -> float:
    """Share of the target's variance that is explained: 1 − Σ w (p − t)² / Σ w (t − mean t)².

    Several outputs share both sums. NaN for a constant target, of which there is no variance to explain.

    >>> r2(np.array([1.0, 2.0, 4.0]), np.array([1.0, 2.0, 3.0]))
    0.5
    """
    return one("r2", _r2, predicted, truth, weight)


def rmsle(predicted: Array, truth: Array, weight: Array | None = None) -> float:
    """Root mean squared logarithmic error, √(mean (ln(1 + p) − ln(1 + t))²): an error by ratio, for numbers above −1.

    Predictions are kept 1e-6 above −1. Raises `InputError` for true values that are not above −1.

    >>> rmsle(np.array([1.0, 7.0]), np.array([3.0, 3.0])).__round__(4)
    0.6931
    """
    return one("rmsle", _rmsle, predicted, truth, weight)


def mape(predicted: Array, truth: Array, weight: Array | None = None) -> float:
    """Mean absolute percentage error, mean |p − t| / |t|, as a share: 0.05 is five per cent.

    Raises `InputError` for a true value of 0, of which there are no per cents.

    >>> mape(np.array([9.0, 120.0]), np.array([10.0, 100.0])).__round__(4)
    0.15
    """
    return one("mape", _mape, predicted, truth, weight)


def _rmse(predicted: Array, truth: Array, weights: Array) -> NDArray[np.float64]:
    predicted, truth = as_numbers("rmse", predicted, truth)
    return np.sqrt(weighted_mean(_over_outputs((predicted - truth) ** 2), weights))


def _mae(predicted: Array, truth: Array, weights: Array) -> NDArray[np.float64]:
    predicted, truth = as_numbers("mae", predicted, truth)
    return weighted_mean(_over_outputs(np.abs(predicted - truth)), weights)


def _r2(predicted: Array, truth: Array, weights: Array) -> NDArray[np.float64]:
    predicted, truth = as_numbers("r2", predicted, truth)
    truth, predicted = truth.reshape(len(truth), -1), predicted.reshape(len(truth), -1)
    centred = truth - truth.mean(axis=0)
    left = weights @ ((predicted - truth) ** 2).sum(axis=1)
    # Σ w (c − mean c)² = Σ w c² − (Σ w c)² / Σ w, near enough to centred for little to cancel.
    squares = weights @ (centred**2).sum(axis=1)
    total = squares - ((weights @ centred) ** 2).sum(axis=1) / weights.sum(axis=1)
    # What rounding leaves of equal values is no variance.
    return np.where(total > 1e-13 * squares, 1 - left / total, np.nan)


def _rmsle(predicted: Array, truth: Array, weights: Array) -> NDArray[np.float64]:
    predicted, truth = as_numbers("rmsle", predicted, truth)
    if not (truth > -1).all():
        low = truth[~(truth > -1)][0]
        raise InputError(f"rmsle: a true value is {low}, and ln(1 + y) needs values above -1; choose rmse or mae")
    errors = np.log1p(np.maximum(predicted, LEAST)) - np.log1p(truth)
    return np.sqrt(weighted_mean(_over_outputs(errors**2), weights))


def _mape(predicted: Array, truth: Array, weights: Array) -> NDArray[np.float64]:
    predicted, truth = as_numbers("mape", predicted, truth)
    if not truth.all():
        raise InputError("mape: a true value is 0, of which an error cannot be a share; choose mae, or rmsle")
    return weighted_mean(_over_outputs(np.abs((predicted - truth) / truth)), weights)


def _over_outputs(errors: Array) -> Array:
    """Return the mean over all axes but the first, (rows, ...) -> (rows,)."""
    return errors if errors.ndim == 1 else errors.reshape(len(errors), -1).mean(axis=1)


METRICS = (
    Metric("rmse", "RMSE", "regression", "numbers", False, _rmse, in_units=True),
    Metric("mae", "mean absolute error", "regression", "numbers", False, _mae, in_units=True),
    Metric("r2", "R²", "regression", "numbers", True, _r2),
    Metric("rmsle", "RMSLE", "regression", "numbers", False, _rmsle),
    Metric("mape", "mean absolute percentage error", "regression", "numbers", False, _mape, percent=True),
)
