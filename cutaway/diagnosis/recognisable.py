"""How well simple methods recognise each class, and which labels look wrong amid their neighbours."""

from __future__ import annotations

from typing import Any

import numpy as np

from cutaway.diagnosis.simple_methods import Basis

# A class with less than this share of the rows of another is rare; directions in which classes are weighed alike.
RARE, DIRECTIONS = 0.2, 50
# Neighbours that vote on a row, and rows that are voted on, at most.
NEIGHBOURS, VOTED = 10, 200
# Rows named whose neighbours disagree.
NAMED = 10


def by_class(answers: np.ndarray, wanted: np.ndarray, numbers: np.ndarray) -> tuple[float, ...]:
    """Return the share of each class's rows that are recognised, 0 where most of what is called so is not.

    answers, wanted   (rows, classes), how much a row is of each, and 1 for that which it is
    numbers           of the classes that the columns stand for; shares are returned by number
    """
    said, truth = answers.argmax(axis=1), wanted.argmax(axis=1)
    right = np.bincount(truth[said == truth], minlength=wanted.shape[1])
    called, there = (np.bincount(each, minlength=wanted.shape[1]) for each in (said, truth))
    return _by_number(np.where(right > called / 2, right / np.maximum(there, 1), 0.0), numbers)


def weighed(basis: Basis, wanted: np.ndarray, numbers: np.ndarray) -> tuple[float, ...]:
    """Return the share of each class's rows that are nearest to the mean of the others of their class.

        distance² = (x − μ_c)ᵀ S⁻¹ (x − μ_c),   S = Σ over rows (x − μ of its class)² / n, and a hundredth of its mean

    It does not count how many rows a class has. For classes of which one is rare; else nothing is returned.

    Reference: Fisher, "The use of multiple measurements in taxonomic problems", Annals of Eugenics 7, 1936.
    """
    counts = wanted.sum(axis=0)
    if not (0 < counts.min() < RARE * counts.max()):
        return ()
    x = (basis.vectors * np.sqrt(np.maximum(basis.values, 0)))[:, -DIRECTIONS:]
    means, truth = (wanted.T @ x) / counts[:, None], wanted.argmax(axis=1)
    within = x - means[truth]
    scatter = within.T @ within / len(x)
    scatter += np.eye(len(scatter)) * (scatter.trace() / len(scatter) / 100 + 1e-12)
    turned = np.linalg.inv(np.linalg.cholesky(scatter)).T
    x, means = x @ turned, means @ turned
    distances = ((x[:, None] - means) ** 2).sum(axis=-1)
    rows = np.arange(len(x))
    distances[rows, truth] *= (counts / np.maximum(counts - 1, 1e-3))[truth] ** 2  # its own mean without the row
    right = np.bincount(truth[distances.argmin(axis=1) == truth], minlength=len(counts))
    return _by_number(right / counts, numbers)


def votes(distances: np.ndarray, wanted: np.ndarray, rows: np.ndarray) -> dict[str, Any]:
    """Return how often the vote of a row's neighbours is another class than its own, where it is clear and elsewhere.

    Where classes overlap, votes are wrong where they are close. Of labels that are wrong here and there, a share is
    wrong everywhere.

    rows   which rows of the training these are, for the names of those that look wrong

    Reference: Wilson, "Asymptotic properties of nearest neighbor rules using edited data", 1972.
    """
    if len(rows) < 5 * NEIGHBOURS:
        return {}
    asked = np.arange(0, len(rows), -(-len(rows) // VOTED))
    apart = distances[asked]
    farthest = np.partition(apart, NEIGHBOURS - 1, axis=1)[:, NEIGHBOURS - 1 : NEIGHBOURS]
    near = (apart <= farthest).astype(wanted.dtype)  # sorting the distances takes less than sorting their places
    shares = near @ wanted / near.sum(axis=1, keepdims=True)
    clearness, differs = shares.max(axis=1), shares.argmax(axis=1) != wanted[asked].argmax(axis=1)
    order = np.argsort(-clearness, kind="stable")
    clear, unclear = order[: len(order) // 3], order[len(order) // 3 :]
    return {
        "clear": float(differs[clear].mean()),
        "unclear": float(differs[unclear].mean()),
        "suspects": tuple(int(row) for row in rows[asked[clear[differs[clear]]]][:NAMED]),
    }


def _by_number(shares: np.ndarray, numbers: np.ndarray) -> tuple[float, ...]:
    """Return shares of the classes that occur by the number of the class."""
    found = [0.0] * (int(numbers.max()) + 1)
    for number, share in zip(numbers.astype(int), shares, strict=True):
        found[number] = float(share)
    return tuple(found)
