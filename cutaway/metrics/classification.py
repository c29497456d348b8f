"""Figures for predicted classes. Truth is class numbers (rows,), predictions are scores or probabilities."""

from __future__ import annotations

import numpy as np

from cutaway.errors import InputError
from cutaway.metrics.shapes import as_classes, as_numbers


def accuracy(scores: np.ndarray, truth: np.ndarray) -> float:
    """Share of rows whose highest score is the true class; scores (rows, classes).

    >>> accuracy(np.array([[0.1, 0.9], [0.8, 0.2]]), np.array([1, 1]))
    0.5
    """
    scores, truth = as_classes("accuracy", scores, truth)
    return float(np.mean(np.argmax(scores, axis=-1) == truth))


def log_loss(probabilities: np.ndarray, truth: np.ndarray) -> float:
    """Mean −ln p of the true class, in nats; probabilities (rows, classes), kept 1e-15 from zero.

    Raises `InputError` for rows that are no probabilities, such as logits, whose logarithm would mean nothing.
    """
    probabilities, truth = as_classes("log_loss", probabilities, truth)
    wrong = (probabilities < 0).any(axis=-1) | (np.abs(probabilities.sum(axis=-1) - 1) > 1e-3)
    if wrong.any():
        raise InputError(
            f"log_loss: row {np.argmax(wrong)} holds {probabilities[wrong][0]}, expected probabilities that sum to 1; "
            "of logits take the softmax first"
        )
    chosen = np.take_along_axis(np.asarray(probabilities, np.float64), truth[:, None], axis=-1)
    return float(-np.mean(np.log(np.clip(chosen, 1e-15, 1))))


def roc_auc(scores: np.ndarray, truth: np.ndarray) -> float:
    """Probability that a yes scores above a no, ties counting half; scores (rows,) or (rows, 1), truth 0 or 1.

    By ranks: (Σ ranks of yes − n₁ (n₁ + 1) / 2) / (n₀ n₁). NaN when one of the two is missing.

    Reference: Mann, Whitney, 1947.
    """
    scores, truth = as_numbers("roc_auc", scores, truth)
    if scores.shape[1:] not in ((), (1,)):
        raise InputError(f"roc_auc: scores and truth have shape {scores.shape}; expected one number a row, (rows,)")
    scores, yes = scores.ravel(), truth.ravel() > 0
    positive, negative = int(yes.sum()), int((~yes).sum())
    if not positive or not negative:
        return float("nan")
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - (counts - 1) / 2
    return float((middle[inverse][yes].sum() - positive * (positive + 1) / 2) / (positive * negative))


def balanced_accuracy(scores: np.ndarray, truth: np.ndarray) -> float:
    """Mean over classes of the share of that class's rows that are right."""
    scores, truth = as_classes("balanced_accuracy", scores, truth)
    hit = np.argmax(scores, axis=-1) == truth
    return float(np.mean([hit[truth == c].mean() for c in np.unique(truth)]))
