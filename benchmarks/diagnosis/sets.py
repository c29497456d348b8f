"""The rows that trainings learn from, watch and are judged on: some sets to choose thresholds by, others to test."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np

from benchmarks.diagnosis.sources import MADE, NUMBERS

# Thresholds are chosen by these; all but four of them were in a test once, and have been seen.
DEVELOPMENT = (
    "blobs", "circles", "sine", "digits", "moons", "diabetes", "wine", "breast_cancer", "friedman1", "iris",
    "hastie", "friedman2", "quantiles", "swiss_roll", "spirals", "many_features", "waveform", "ringnorm", "strokes",
    "figures", "gratings", "arrows", "faces", "rings", "sites", "letters", "dice", "suits",
)  # fmt: skip
# Nobody has looked at what the diagnosis says of these before thresholds are frozen.
TEST = (
    "clocks", "births", "autos", "solder", "youths", "wages", "transplants", "roads", "churn", "pounds",
)  # fmt: skip
# Healthy trainings only: where noise is heavy, where least squares is hard to beat, where the nearest row is.
HEALTHY_OF_DEVELOPMENT = (
    "noisy_moons", "noisy_line", "chessboard", "multiplexer", "sparse_numbers", "noise_that_grows", "much_noise",
    "friedman3", "threenorm", "peaks", "ripples", "stairs", "springs", "bumps", "chirp",
    "saddle", "cone", "tides",
)  # fmt: skip
HEALTHY_OF_TEST = (
    "saws", "couples", "clinic", "planes", "students", "vocabulary", "benefits", "aids", "workers", "training",
    "wolves", "heights", "series", "families", "immunised", "chemistry",
)  # fmt: skip

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
    made: Any = MADE[name]()
    x, y = np.asarray(made[0], np.float64), np.asarray(made[1])
    if name in NUMBERS:
        return x, y.astype(np.float64), 0
    labels, places = np.unique(y, return_inverse=True)
    return x, places, len(labels)


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
