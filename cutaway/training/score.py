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
        answers, truth, task = _judged(loss, outputs, targets)
        if not np.isfinite(answers).all():
            return LOWEST, None if task == "numbers" else 1.0
        if task == "numbers":
            return r_squared(answers.reshape(truth.shape), truth), None
        said, right = _said(loss, answers, truth, task)
        counts = np.unique(said, return_counts=True)[1]
        return float((said == right).mean()), float(counts.max() / said.size)


def marks_of(loss: Loss, outputs: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return how good the answer to each row is, shape (rows), so that their mean is the score of all.

    Accuracy: the share of the row's classes that are right. R²: 1 − (p − t)² / mean over rows of (t − mean t)², columns
    together. Where the score is `LOWEST` each mark is.

    >>> from cutaway.losses import SquaredError
    >>> marks_of(SquaredError(), np.array([[1.0], [2.5]]), np.array([[1.0], [2.0]]))
    array([1., 0.])
    """
    with np.errstate(all="ignore"):
        answers, truth, task = _judged(loss, outputs, targets)
        if not np.isfinite(answers).all():
            return np.full(len(truth), LOWEST)
        if task == "numbers":
            found = marks_of_numbers(answers.reshape(truth.shape), truth)
            return found if found.mean() > LOWEST else np.full(len(truth), LOWEST)
        said, right = _said(loss, answers, truth, task)
        marks: np.ndarray = (said == right).reshape(len(truth), -1).mean(axis=1)
        return marks


def marks_of_nothing(loss: Loss, learned: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return the marks, as `marks_of` has them, of the best answer that is the same for every row.

    That is the commonest class of the targets learned from; of numbers the mean of those judged, whose score is 0.

    >>> from cutaway.losses import CrossEntropy
    >>> marks_of_nothing(CrossEntropy(), np.array([1, 1, 0]), np.array([0, 1, 1, 1])).tolist()
    [0.0, 1.0, 1.0, 1.0]
    """
    known, truth = ((each > 0).astype(np.float64) if isinstance(loss, Hinge) else each for each in (learned, targets))
    task = task_of(truth)
    if task == "numbers":
        return marks_of_numbers(np.broadcast_to(truth.mean(axis=0), truth.shape), truth)
    if task == "classes":
        classes, counts = np.unique(known, return_counts=True)
        right = truth == classes[counts.argmax()]
    elif task == "one_hot":
        right = truth.argmax(axis=-1) == known.reshape(-1, known.shape[-1]).mean(axis=0).argmax()
    else:
        right = truth == (known.mean(axis=0) > 0.5)
    marks: np.ndarray = right.reshape(len(truth), -1).mean(axis=1)
    return marks


def standard_error(marks: np.ndarray, others: np.ndarray, answers: int | None = None) -> float:
    """Return the standard error of the difference between two scores of the same rows, if they are equally good.

        s = √(Σ dᵢ² + 2 u²) / n,   d = marks − others

    Of two that are equally good the mean of d is 0, so that it is not taken off (McNemar). Few rows in which they
    differ say less than their number: two more are added.

    answers   how many classes each row is asked for, u = 1 / answers; None for numbers, u = the root mean square of d

    Reference: McNemar, "Note on the sampling error of the difference between correlated proportions or percentages",
    1947; Agresti, Min, "Simple improved confidence intervals for comparing matched proportions", 2005.

    >>> standard_error(np.array([1.0, 1, 0, 0]), np.array([1.0, 0, 1, 0]), answers=1)
    0.5
    """
    squares = (marks - others) ** 2
    unit = float(squares.mean()) if answers is None else 1 / answers**2
    return float(np.sqrt(squares.sum() + 2 * unit)) / max(1, len(marks))


def marks_of_numbers(answers: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Return how much of the variance over all rows is not lost in each, shape (rows); 0 where there is none."""
    columns, told = truth.reshape(len(truth), -1), answers.reshape(len(truth), -1)
    total = ((columns - columns.mean(axis=0)) ** 2).sum()
    if not total > 0:
        return np.zeros(len(truth))
    marks: np.ndarray = 1 - ((told - columns) ** 2).sum(axis=1) * (len(truth) / total)
    return marks


def r_squared(answers: np.ndarray, truth: np.ndarray) -> float:
    """Return 1 − Σ (p − t)² / Σ (t − mean t)² over all columns together, at least `LOWEST`; 0 where none varies.

    A column weighs by its variance, as in a loss that sums over columns.

    >>> r_squared(np.array([1.0, 2.0]), np.array([1.0, 2.0])), r_squared(np.array([1.5, 1.5]), np.array([1.0, 2.0]))
    (1.0, 0.0)
    """
    return max(LOWEST, float(marks_of_numbers(answers, truth).mean()))


def _judged(loss: Loss, outputs: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray, str]:
    """Return answers and truth in the units of the targets, and what these are."""
    answers, truth = loss.judged(np.asarray(outputs, np.float64), targets)
    if isinstance(loss, Hinge):
        truth = (truth > 0).astype(np.float64)
    return answers, truth, task_of(truth)


def _said(loss: Loss, answers: np.ndarray, truth: np.ndarray, task: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the classes that are answered, and those that are right."""
    if task in ("classes", "one_hot") and answers.shape[-1] > 1:
        return answers.argmax(axis=-1), truth if task == "classes" else truth.argmax(axis=-1)
    return (answers.reshape(truth.shape) > (0.0 if isinstance(loss, Hinge) else 0.5)).astype(int), truth.astype(int)
