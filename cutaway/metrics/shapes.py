"""Truth and prediction must line up row by row; stretched over each other they give a wrong figure."""

from __future__ import annotations

import numpy as np

from cutaway.errors import InputError


def as_classes(name: str, scores: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return scores (rows, classes) and true classes (rows,), checked."""
    scores, truth = np.asarray(scores), np.asarray(truth)
    if scores.ndim != 2 or truth.shape != scores.shape[:1]:
        raise InputError(f"{name}: scores have shape {scores.shape}, truth {truth.shape}: not (rows, classes), (rows,)")
    return scores, truth


def as_numbers(name: str, predicted: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return predictions and truth as float64 of one shape; (rows, 1) and (rows,) are the same.

    >>> as_numbers("mae", np.zeros((2, 1)), np.zeros(2))[0].shape
    (2,)
    """
    predicted, truth = np.asarray(predicted, np.float64), np.asarray(truth, np.float64)
    if {predicted.shape, truth.shape} == {truth.shape[:1], (*truth.shape[:1], 1)}:
        return predicted.ravel(), truth.ravel()
    if predicted.shape != truth.shape:
        raise InputError(f"{name}: predictions have shape {predicted.shape}, truth {truth.shape}; give one shape")
    return predicted, truth
