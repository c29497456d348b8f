"""Truth and prediction must line up row by row; stretched over each other they give a wrong figure."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutaway.errors import InputError

Array = NDArray[Any]


def as_classes(name: str, scores: Array, truth: Array) -> tuple[Array, Array]:
    """Return scores (rows, classes) and true classes (rows,), checked: 0 ≤ class < classes."""
    scores, truth = np.asarray(scores), np.asarray(truth)
    if scores.ndim != 2 or truth.shape != scores.shape[:1]:
        raise InputError(f"{name}: scores have shape {scores.shape}, truth {truth.shape}: not (rows, classes), (rows,)")
    outside = (truth < 0) | (truth >= scores.shape[1])
    if outside.any():
        raise InputError(
            f"{name}: row {int(np.argmax(outside))} is of class {truth[outside][0]}, and there are scores for "
            f"{scores.shape[1]} classes; expected class numbers from 0 to {scores.shape[1] - 1}"
        )
    return scores, truth.astype(np.int64)


def as_probabilities(name: str, probabilities: Array, truth: Array) -> tuple[Array, Array]:
    """Return probabilities (rows, classes) as float64 and true classes (rows,), checked: each row sums to 1."""
    probabilities, truth = as_classes(name, probabilities, truth)
    wrong = (probabilities < 0).any(axis=-1) | ~(np.abs(probabilities.sum(axis=-1) - 1) <= 1e-3)
    if wrong.any():
        raise InputError(
            f"{name}: row {np.argmax(wrong)} holds {probabilities[wrong][0]}, expected probabilities that sum to 1; "
            "of logits take the softmax first"
        )
    return np.asarray(probabilities, np.float64), truth


def as_numbers(name: str, predicted: Array, truth: Array) -> tuple[Array, Array]:
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


def as_yes_or_no(name: str, scores: Array, truth: Array) -> list[tuple[Array, NDArray[np.bool_]]]:
    """Return (scores (rows,), which rows are a yes) for each question that scores answer.

    One column of scores asks one question, and so do two, one for each of two classes: is it the second? With more
    classes each is asked of: is it this one, or any other?
    """
    scores, truth = np.asarray(scores, np.float64), np.asarray(truth)
    if scores.ndim == 2 and scores.shape[1] > 1 and truth.ndim == 1:
        scores, truth = as_classes(name, scores, truth)
        asked = [1] if scores.shape[1] == 2 else range(scores.shape[1])
        return [(scores[:, one], truth == one) for one in asked]
    scores, truth = as_numbers(name, scores, truth)
    if scores.shape[1:] not in ((), (1,)):
        raise InputError(
            f"{name}: scores and truth have shape {scores.shape}; expected one number a row, (rows,), "
            "or scores (rows, classes) and class numbers (rows,)"
        )
    return [(scores.ravel(), truth.ravel() > 0)]
