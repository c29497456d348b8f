"""What the training targets are like: which task, how they are spread, whether equal ones stand together."""

from __future__ import annotations

import numpy as np

from cutaway.diagnosis.evidence import TargetFacts
from cutaway.training.score import task_of


def target_facts(y: np.ndarray, outputs: int) -> TargetFacts:
    """Return the facts of targets as a loss prepared them, for a network of so many outputs."""
    task = task_of(y)
    classes = _classes(y, task)
    counts: tuple[int, ...] = ()
    if classes is not None:
        seen = np.bincount(classes.ravel(), minlength=outputs if task == "classes" else 0)
        counts = tuple(int(count) for count in seen)
    ordered = classes if classes is not None else (np.asarray(y) > np.median(y, axis=0)).astype(int)
    return TargetFacts(
        task=task,
        outputs=outputs if task == "classes" else (y.shape[-1] if y.ndim > 1 else 1),
        low=float(y.min()),
        high=float(y.max()),
        mean=float(y.mean(dtype=np.float64)),
        std=float(y.std(dtype=np.float64)),
        counts=counts,
        runs=runs(ordered.reshape(len(ordered), -1)[:, 0]),
    )


def _classes(y: np.ndarray, task: str) -> np.ndarray | None:
    """Return the number of each row's class, None where it has none."""
    if task == "classes":
        return y
    if task == "one_hot":
        places: np.ndarray = y.argmax(axis=-1)
        return places
    return y.astype(int).ravel() if task == "yes_no" else None


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
