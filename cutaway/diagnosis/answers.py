"""How good the answers of simple methods are, in the measure of a network's; and the ridge that gives the best."""

from __future__ import annotations

import numpy as np

from cutaway.diagnosis.simple_methods import RIDGES, Basis
from cutaway.training.score import LOWEST, marks_of_numbers

# Columns of numbers that a ridge is chosen by, at most.
COLUMNS = 16


def marks(answers: np.ndarray, wanted: np.ndarray, task: str) -> np.ndarray:
    """Return how good the answer to each row is, as `marks_of` has it of a network's."""
    if task == "numbers":
        return marks_of_numbers(answers, wanted)
    if task in ("classes", "one_hot"):
        right: np.ndarray = (answers.argmax(axis=-1) == wanted.argmax(axis=-1)).astype(np.float64)
        return right
    shares: np.ndarray = ((answers > 0.5) == (wanted > 0.5)).mean(axis=1)
    return shares


def score(answers: np.ndarray, wanted: np.ndarray, task: str) -> float:
    """Return the mean of the marks, no lower than a network's may be."""
    return max(LOWEST, float(marks(answers, wanted, task).mean()))


def chosen(basis: Basis, wanted: np.ndarray, task: str) -> tuple[float, np.ndarray]:
    """Return the ridge that answers rows left out best, and what it answers them."""
    few = wanted[:, :: max(1, -(-wanted.shape[1] // COLUMNS))] if task == "numbers" else wanted
    tried = basis.leaving_out(few)
    best = int(np.argmax([score(answers, few, task) for answers in tried]))
    return RIDGES[best], tried[best] if few.shape == wanted.shape else basis.leaving_out(wanted, (RIDGES[best],))[0]
