"""The rows that trainings learn from, watch and are judged on: some sets to choose thresholds by, others to test."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np

DEVELOPMENT = ("blobs", "moons", "wine", "sine")
TEST = ("circles", "digits", "breast_cancer", "iris", "diabetes", "friedman1")
# Healthy trainings only: where noise is heavy, where least squares is hard to beat, where the nearest row is.
HEALTHY_ONLY = ("noisy_moons", "noisy_line", "chessboard")

Pair = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Parts:
    """Rows of one data set, parted by a seed.

    task     "classes" or "numbers"; `classes` is how many, 0 for numbers
    learned, watched, judged   (inputs (rows, features), targets (rows,)): to learn from, for `fit` to validate on, and
             those that nothing of the training sees, by which this benchmark judges
    """

    name: str
    task: str
    classes: int
    learned: Pair
    watched: Pair
    judged: Pair

    def with_inputs(self, change: Callable[[np.ndarray], np.ndarray]) -> Parts:
        """Return the parts with all inputs changed."""
        pairs = [(change(x).astype(np.float32), y) for x, y in (self.learned, self.watched, self.judged)]
        return replace(self, learned=pairs[0], watched=pairs[1], judged=pairs[2])

    def with_targets(self, change: Callable[[np.ndarray], np.ndarray]) -> Parts:
        """Return the parts with all targets changed."""
        pairs = [(x, change(y)) for x, y in (self.learned, self.watched, self.judged)]
        return replace(self, learned=pairs[0], watched=pairs[1], judged=pairs[2])

    def chance(self) -> float:
        """Return what the best constant answer scores on the judged rows: the learned rows' commonest class, or 0."""
        if self.task == "numbers":
            return 0.0
        learned, judged = (y.argmax(axis=1) if y.ndim > 1 else y for y in (self.learned[1], self.judged[1]))
        return float((judged == np.bincount(learned.astype(int)).argmax()).mean())


@cache
def rows_of(name: str) -> tuple[np.ndarray, np.ndarray, int]:
    """Return inputs, targets and the number of classes (0: numbers) of a data set, before it is parted and scaled."""
    from sklearn import datasets

    random = np.random.default_rng(20)
    made: dict[str, Callable[[], Any]] = {
        "blobs": lambda: datasets.make_blobs(900, centers=4, n_features=5, cluster_std=3.5, random_state=2),
        "moons": lambda: datasets.make_moons(900, noise=0.2, random_state=2),
        "noisy_moons": lambda: datasets.make_moons(900, noise=0.45, random_state=3),
        "circles": lambda: datasets.make_circles(900, noise=0.1, factor=0.5, random_state=2),
        "friedman1": lambda: datasets.make_friedman1(900, noise=1.0, random_state=2),
        "wine": lambda: datasets.load_wine(return_X_y=True),
        "breast_cancer": lambda: datasets.load_breast_cancer(return_X_y=True),
        "iris": lambda: datasets.load_iris(return_X_y=True),
        "diabetes": lambda: datasets.load_diabetes(return_X_y=True),
    }
    if name == "digits":
        x, y = datasets.load_digits(return_X_y=True)
        some = random.permutation(len(x))[:900]
        x, y = x[some], y[some]
    elif name == "sine":
        x = random.uniform(-3, 3, (900, 1))
        y = np.sin(1.5 * x[:, 0]) + 0.1 * random.standard_normal(900)
    elif name == "noisy_line":
        x = random.standard_normal((600, 12))
        y = x @ random.standard_normal(12) + 3.0 * random.standard_normal(600)
    elif name == "chessboard":
        x = random.uniform(-1, 1, (900, 2))
        y = (np.floor(1.5 * x + 1.5).sum(axis=1) % 2).astype(int)
    else:
        x, y = made[name]()
    classes = 0 if name in ("sine", "noisy_line", "diabetes", "friedman1") else len(np.unique(y))
    return np.asarray(x, np.float64), np.asarray(y), classes


def parts_of(name: str, seed: int) -> Parts:
    """Return a data set in three parts (5 : 2 : 3), inputs and numeric targets standardised by what is learned from."""
    x, y, classes = rows_of(name)
    order = np.random.default_rng([seed, len(x)]).permutation(len(x))
    first, second = len(x) // 2, len(x) * 7 // 10
    learned, watched, judged = order[:first], order[first:second], order[second:]
    varies = x[learned].std(axis=0) > 0
    x = x[:, varies]
    x = (x - x[learned].mean(axis=0)) / x[learned].std(axis=0)
    if not classes:
        y = (y - y[learned].mean()) / y[learned].std()
    y = y.astype(np.int64 if classes else np.float32)
    x = np.clip(x, -8, 8).astype(np.float32)
    three = [(x[part], y[part]) for part in (learned, watched, judged)]
    return Parts(name, "classes" if classes else "numbers", classes, three[0], three[1], three[2])
