"""What the training targets are like: which task, how they are spread, whether equal ones stand together."""

from __future__ import annotations

from typing import Any

import numpy as np

from cutaway.diagnosis.evidence import TargetFacts
from cutaway.diagnosis.head import RANGES
from cutaway.losses import Hinge, Loss
from cutaway.training.score import task_of

# Of more numbers than these, rows evenly over all are taken.
MOST_NUMBERS = 1 << 18
# Of numbers that are this many whole ones at most, 0, 1, 2, …, it is said that they may be classes.
MOST_LEVELS = 20


def target_facts(y: np.ndarray, outputs: int, stretched: str = "", held_out: np.ndarray | None = None) -> TargetFacts:
    """Return the facts of targets as a loss prepared them, for a network of so many outputs.

    stretched   shapes of targets and outputs, where a loss that is not this package's would stretch them
    held_out    targets of the rows held out

    >>> facts = target_facts(np.array([0, 1, 1, 3]), 3)
    >>> facts.task, facts.counts, facts.wrong, facts.first_wrong
    ('classes', (1, 2, 0), 1, 3)
    """
    y = np.asarray(y)
    facts: dict[str, Any] = {"stretched": stretched}
    if y.dtype.kind == "f" and not np.isfinite(y).all():
        finite = np.isfinite(y)
        whole = finite.reshape(len(y), -1).all(axis=1)
        facts |= {"missing": int((~finite).sum()), "first_missing": int(np.argmin(whole))}
        y = y[whole] if whole.any() else np.zeros_like(y)
    task = task_of(y)
    if task == "classes":
        wrong = (y < 0) | (y >= max(outputs, 2))
        if wrong.any():
            row = int(np.argmax(wrong.reshape(len(y), -1).any(axis=1)))
            facts |= {"wrong": int(wrong.sum()), "first_wrong": row}
    classes = _classes(y, task)
    counts: tuple[int, ...] = ()
    if classes is not None:
        counts = _counts(classes, task, outputs)
        if held_out is not None and len(held_out) and task_of(held_out) == task:
            facts["held_out"] = _counts(_classes(held_out, task), task, outputs)
    if task == "numbers":
        some = y[:: max(1, -(-y.size // MOST_NUMBERS))]
        facts |= {"beyond": beyond(some), "wild": wild(some), "levels": _levels(y)}
    elif task == "classes" and y.ndim == 1:
        facts["unused"] = tuple(place for place, count in enumerate(counts) if not count)
    elif task in ("one_hot", "several") and y.ndim == 2:
        facts["unused"] = tuple(map(int, np.flatnonzero(~y.any(axis=0))))
    first = np.asarray(classes if classes is not None else y).reshape(len(y), -1)[:, 0]
    if classes is None:
        first = (first > np.median(first)).astype(int)
    return TargetFacts(
        task=task,
        outputs=outputs if task == "classes" else (y.shape[-1] if y.ndim > 1 else 1),
        low=float(y.min()),
        high=float(y.max()),
        mean=float(y.mean(dtype=np.float64)),
        std=float(y.std(dtype=np.float64)),
        counts=counts,
        runs=runs(first),
        run_length=len(first) / (1 + int(np.count_nonzero(np.diff(first)))),
        **facts,
    )


def _classes(y: np.ndarray, task: str) -> np.ndarray | None:
    """Return the number of each row's class, None where it has none."""
    if task == "classes":
        return y
    if task == "one_hot":
        places: np.ndarray = y.argmax(axis=-1)
        return places
    return y.astype(int).ravel() if task == "yes_no" else None


def _counts(classes: np.ndarray | None, task: str, outputs: int) -> tuple[int, ...]:
    """Return how many rows each class has; of numbers of classes, those that the outputs can name."""
    if classes is None:
        return ()
    if task != "classes":
        return tuple(int(count) for count in np.bincount(classes))
    known = classes[(classes >= 0) & (classes < max(outputs, 2))]
    return tuple(int(count) for count in np.bincount(known, minlength=outputs))


def beyond(y: np.ndarray) -> dict[str, float]:
    """Return for each head the share of the targets' variance that it cannot say, whatever is learned.

        Σ (y − nearest that it can say)² / Σ (y − mean y)²,   so that 1 − share is the highest R² there can be

    Of a softmax, at least: a row is as far from sum 1 as (sum − 1)² / outputs.

    >>> known = beyond(np.array([[-1.0], [0.0], [1.0], [2.0]]))
    >>> known["relu"], known["tanh"], known["sigmoid"]
    (0.2, 0.2, 0.4)
    """
    y = np.asarray(y, np.float64)
    whole = float(((y - y.mean(axis=0)) ** 2).sum())
    if not whole > 0:
        return {}
    missed = {head: float(((y - np.clip(y, low, high)) ** 2).sum()) for head, (low, high) in RANGES.items()}
    if y.ndim > 1 and y.shape[-1] > 1:
        missed["softmax"] = max(missed["softmax"], float(((y.sum(axis=-1) - 1) ** 2).sum() / y.shape[-1]))
    return {head: share / whole for head, share in missed.items()}


def wild(y: np.ndarray) -> float:
    """Return the share that one row has of all squared distances from the median.

    >>> wild(np.array([[1.0], [2.0], [3.0], [1002.0]])) > 0.99, round(wild(np.array([[1.0], [2.0], [3.0], [2.0]])), 2)
    (True, 0.5)
    """
    squares = np.square(np.asarray(y, np.float64) - np.median(y, axis=0)).reshape(len(y), -1).sum(axis=1)
    return float(squares.max() / squares.sum()) if squares.sum() > 0 else 0.0


def _levels(y: np.ndarray) -> int:
    """Return how many different numbers one column has, if they are 0, 1, 2, … or 1, 2, 3, …, all of them; else 0."""
    if y.size != len(y) or not np.array_equal(y, np.round(y)) or not 0 <= y.min() <= 1:
        return 0
    if y.max() - y.min() >= MOST_LEVELS:
        return 0
    known = np.unique(y)
    return len(known) if len(known) == int(known[-1] - known[0]) + 1 else 0


def runs(classes: np.ndarray) -> float:
    """Return z of the runs test: how far the number of runs of equal classes is from that of a random order.

        z = (R − E R) / √Var R,   E R = (n (n + 1) − Σ n_c²) / n

    Reference: Barton, David, "Multiple runs", Biometrika 44, 1957.

    >>> runs(np.repeat([0, 1], 50)) < -9, abs(runs(np.random.default_rng(0).integers(0, 2, 100))) < 3
    (True, True)
    """
    n = float(len(classes))
    counts = np.unique(classes, return_counts=True)[1].astype(np.float64)
    if n < 10 or len(counts) < 2:
        return 0.0
    found = 1 + np.count_nonzero(np.diff(classes))
    squares, cubes = (counts**2).sum(), (counts**3).sum()
    expected = (n * (n + 1) - squares) / n
    variance = (squares * (squares + n * (n + 1)) - 2 * n * cubes - n**3) / (n**2 * (n - 1))
    return float((found - expected) / np.sqrt(variance)) if variance > 0 else 0.0


def recalls(loss: Loss, outputs: np.ndarray, y: np.ndarray) -> tuple[tuple[float, ...], tuple[int, ...]]:
    """Return for each class the share of its rows that is recognised, and how many they are; nothing for numbers.

    >>> import cutaway as ca
    >>> recalls(ca.losses.CrossEntropy(), np.eye(2)[[0, 0, 0]], np.array([0, 0, 1]))
    ((1.0, 0.0), (2, 1))
    """
    with np.errstate(all="ignore"):
        answers, truth = loss.judged(np.asarray(outputs, np.float64), y)
    if isinstance(loss, Hinge):
        answers, truth = answers > 0, (truth > 0).astype(np.float64)
    task = task_of(truth)
    classes = _classes(truth, task)
    if classes is None or not np.isfinite(answers).all():
        return (), ()
    said = answers.argmax(axis=-1) if task != "yes_no" else (answers.reshape(truth.shape) > 0.5).astype(int)
    classes, said = classes.ravel(), said.ravel()
    support = np.bincount(classes)
    right = np.bincount(classes[classes == said], minlength=len(support))
    shares = np.divide(right, support, out=np.zeros(len(support)), where=support > 0)
    return tuple(map(float, shares)), tuple(map(int, support))
