"""What simple methods reach on the same rows: what a network that learns should not stay below."""

from __future__ import annotations

import numpy as np

from cutaway.diagnosis.evidence import References
from cutaway.losses import Hinge, Loss
from cutaway.training.score import r_squared, task_of
from cutaway.training.step import Batch

# Rows that the methods are tried on, and numbers in them, at most.
ROWS, NUMBERS = 600, 1 << 18
# Ridges that are tried, as shares of the mean eigenvalue.
RIDGES = (1e-6, 1e-3, 1e-2, 1e-1, 1.0, 10.0)


def references(loss: Loss, rows: Batch, judged: int) -> References:
    """Return what chance, least squares and the nearest row reach on training rows, each row left out in turn.

    judged   how many rows a score will be measured on
    """
    x, y = np.asarray(rows.x), np.asarray(rows.y)
    per_row = max(1, x[0].size)
    some = np.arange(0, len(x), max(1, -(-len(x) // max(20, min(ROWS, NUMBERS // per_row)))))
    task = task_of((y > 0).astype(np.float64) if isinstance(loss, Hinge) else y)
    wanted, chance = _wanted(y[some], task, isinstance(loss, Hinge))
    best = chance
    linear = neighbour = chance
    plain = x.dtype.kind == "f" or x.dtype == np.uint8
    if plain and wanted.ndim == 2 and len(some) >= 8 and (task != "classes" or y.ndim == 1):
        features = _standardised(x[some].reshape(len(some), -1).astype(np.float64))
        linear = max(_score(answers, wanted, task) for answers in _least_squares(features, wanted))
        neighbour = _score(wanted[_nearest(features)], wanted, task)
        best = max(chance, linear, neighbour)
    n = max(1, judged)
    error = np.sqrt(2 / n) * (1 - min(best, 0.99)) if task == "numbers" else np.sqrt(max(best * (1 - best), 1 / n) / n)
    return References(chance=chance, linear=linear, neighbour=neighbour, error=float(error))


def _wanted(y: np.ndarray, task: str, signed: bool) -> tuple[np.ndarray, float]:
    """Return targets as columns of numbers, for classes one a class; and the score of the best constant answer."""
    if task == "classes":
        classes, counts = np.unique(y, return_counts=True)
        columns = (y[..., None] == classes).astype(np.float64)
        return columns, float(counts.max() / y.size)
    columns = (y > 0 if signed else y).astype(np.float64).reshape(len(y), -1)
    if task == "numbers":
        return columns, 0.0
    if task == "one_hot":
        return columns, float(columns.mean(axis=0).max())
    shares = columns.mean(axis=0)
    return columns, float(np.maximum(shares, 1 - shares).mean())


def _score(answers: np.ndarray, wanted: np.ndarray, task: str) -> float:
    if task == "numbers":
        return r_squared(answers, wanted)
    if task in ("classes", "one_hot"):
        return float((answers.argmax(axis=-1) == wanted.argmax(axis=-1)).mean())
    return float(((answers > 0.5) == (wanted > 0.5)).mean())


def _standardised(x: np.ndarray) -> np.ndarray:
    std = x.std(axis=0)
    standardised: np.ndarray = (x - x.mean(axis=0)) / np.where(std > 0, std, 1.0)
    return standardised


def _least_squares(x: np.ndarray, y: np.ndarray) -> list[np.ndarray]:
    """Return for each ridge λ what least squares answers for a row that it did not see.

        ŷ₋ᵢ = yᵢ − (yᵢ − ŷᵢ) / (1 − Hᵢᵢ),   H = K (K + λ I)⁻¹,   K = x xᵀ + 1 1ᵀ

    Reference: Allen, "The relationship between variable selection and data augmentation", Technometrics 16, 1974.
    """
    values, vectors = np.linalg.eigh(x @ x.T + 1.0)
    turned, found = vectors.T @ y, []
    for ridge in RIDGES:
        share = values / (values + ridge * values.mean())
        left = 1 - (vectors**2) @ share
        found.append(y - (y - vectors @ (share[:, None] * turned)) / np.maximum(left, 1e-9)[:, None])
    return found


def _nearest(x: np.ndarray) -> np.ndarray:
    """Return for each row the place of the other row that is nearest to it."""
    squares = (x**2).sum(axis=1)
    distances = squares[:, None] + squares - 2 * x @ x.T
    np.fill_diagonal(distances, np.inf)
    nearest: np.ndarray = distances.argmin(axis=1)
    return nearest
