"""How good answers are, in one measure for every loss: accuracy of classes, R² of numbers."""

from __future__ import annotations

import numpy as np

from cutaway.losses import Hinge, Loss

# Lower than this no score goes: how far beyond useless an answer is means nothing.
LOWEST = -1.0


def task_of(targets: np.ndarray) -> str:
    """Return what targets are, as a loss prepared them: "classes", "one_hot", "several", "yes_no" or "numbers".

    >>> task_of(np.array([0, 2, 1])), task_of(np.array([[0.0], [1.0]])), task_of(np.array([[0.5], [1.0]]))
    ('classes', 'yes_no', 'numbers')
    >>> task_of(np.array([[0.0, 1.0], [1.0, 0.0]])), task_of(np.array([[1.0, 1.0], [1.0, 0.0]]))
    ('one_hot', 'several')
    """
    if targets.dtype.kind in "iu":
        return "classes"
    if not np.isin(targets, (0, 1)).all():
        return "numbers"
    if targets.ndim < 2 or targets.shape[-1] == 1:
        return "yes_no"
    return "one_hot" if (targets.sum(axis=-1) == 1).all() else "several"


def score_of(loss: Loss, outputs: np.ndarray, targets: np.ndarray) -> tuple[float, float | None]:
    """Return how good outputs are, and the share of rows that are answered with the commonest class (None: numbers).

        accuracy   share of right classes; of `several` yes or no, the share of those
        R²         1 − Σ (p − t)² / Σ (t − mean t)², at least `LOWEST`

    Outputs that are not finite score `LOWEST`.
    """
    with np.errstate(all="ignore"):
        answers, truth = loss.judged(np.asarray(outputs, np.float64), targets)
        if isinstance(loss, Hinge):
            truth = (truth > 0).astype(np.float64)
        task = task_of(truth)
        if not np.isfinite(answers).all():
            return LOWEST, None if task == "numbers" else 1.0
        if task == "numbers":
            return r_squared(answers.reshape(truth.shape), truth), None
        if task in ("classes", "one_hot") and answers.shape[-1] > 1:
            said = answers.argmax(axis=-1)
            right = truth if task == "classes" else truth.argmax(axis=-1)
        else:
            said = (answers.reshape(truth.shape) > (0.0 if isinstance(loss, Hinge) else 0.5)).astype(int)
            right = truth.astype(int)
        counts = np.unique(said, return_counts=True)[1]
        return float((said == right).mean()), float(counts.max() / said.size)


def r_squared(answers: np.ndarray, truth: np.ndarray) -> float:
    """Return 1 − Σ (p − t)² / Σ (t − mean t)², the mean over columns that vary, at least `LOWEST`; 0 where none does.

    >>> r_squared(np.array([1.0, 2.0]), np.array([1.0, 2.0])), r_squared(np.array([1.5, 1.5]), np.array([1.0, 2.0]))
    (1.0, 0.0)
    """
    columns, told = truth.reshape(len(truth), -1), answers.reshape(len(truth), -1)
    total = ((columns - columns.mean(axis=0)) ** 2).sum(axis=0)
    varies = total > 0
    if not varies.any():
        return 0.0
    left = ((told - columns) ** 2).sum(axis=0)
    return max(LOWEST, float(np.mean(1 - left[varies] / total[varies])))
