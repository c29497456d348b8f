"""What simple methods reach on the same rows: what a network that learns should not stay below."""

from __future__ import annotations

from collections.abc import Sequence
from math import erfc, sqrt
from typing import Any

import numpy as np

from cutaway.diagnosis.evidence import References
from cutaway.losses import Hinge, Loss
from cutaway.training.score import r_squared, task_of
from cutaway.training.step import Batch

# Rows that the methods are tried on, at least and at most, and numbers in them.
FEWEST, ROWS, NUMBERS = 20, 600, 1 << 18
# Columns of numbers that are predicted, at most.
COLUMNS = 16
# Ridges that are tried, as shares of the mean eigenvalue.
RIDGES = (1e-6, 1e-3, 1e-2, 1e-1, 1.0, 10.0)
# How often targets are permuted, to see what chance alone reaches.
PERMUTATIONS = 20
# So many standard errors above chance, targets have to do with inputs, without permuting them.
OBVIOUS = 8.0
# A feature is the target itself where their correlation is off 1 by no more than rounding.
ROUNDING = 1e-6
# A class with less than this share of the rows of another is rare; directions in which classes are weighed alike.
RARE, DIRECTIONS = 0.2, 50
# Neighbours that vote on a row, and rows that are voted on, at most.
NEIGHBOURS, VOTED = 10, 200
# Rows named whose neighbours disagree.
NAMED = 10


def references(loss: Loss, rows: Batch, judged: int, whole: bool = False, names: Sequence[str] = ()) -> References:
    """Return what chance, least squares and the nearest row reach on training rows, each row left out in turn.

    judged   how many rows a score will be measured on
    whole    whether inputs are numbers that are looked up: then only chance is known
    names    of the features, else their numbers

    >>> import numpy as np
    >>> from cutaway.losses import SquaredError
    >>> x = np.linspace(-1, 1, 60).reshape(-1, 1)
    >>> known = references(SquaredError(), Batch(x, 3 * x + 1, None), judged=60)
    >>> known.chance, round(known.linear, 3), round(known.neighbour, 2)
    (0.0, 1.0, 1.0)
    """
    x, y = np.asarray(rows.x), np.asarray(rows.y)
    per_row = max(1, x[0].size)
    some = np.arange(0, len(x), max(1, -(-len(x) // max(FEWEST, min(ROWS, NUMBERS // per_row)))))
    signed = isinstance(loss, Hinge)
    task = task_of((y > 0).astype(np.float64) if signed else y)
    if task == "classes" and y.ndim != 1:
        seen = y[some[:: max(1, len(some) * y[0].size // NUMBERS)]].ravel()
        return _found(float(np.unique(seen, return_counts=True)[1].max() / seen.size), {}, task, judged, len(x))
    wanted, chance = _wanted(y[some], task, signed)
    found: dict[str, Any] = {}
    if not whole and wanted.ndim == 2 and len(some) >= 8 and np.isfinite(x[some]).all() and np.isfinite(wanted).all():
        features = _standardised(x[some].reshape(len(some), -1))
        basis = _Basis(features)
        tried = basis.least_squares(wanted)
        scores = [_score(answers, wanted, task) for answers in tried]
        best = int(np.argmax(scores))
        distances = _distances(features)
        nearest = distances.argmin(axis=1)
        found = {"linear": scores[best], "neighbour": _score(wanted[nearest], wanted, task)}
        plain = _found(chance, found, task, judged, len(some))
        if plain.best - chance < OBVIOUS * plain.error:  # else there is no doubt, and permuting takes long
            found["unrelated"] = _unrelated(basis, RIDGES[best], nearest, wanted)
        if x.ndim == 2 and x.shape[1] > 1 and y.size == len(y):
            place = _copied(features, np.asarray(y[some], np.float64).ravel())
            if place is not None:
                others = np.delete(features, place, axis=1)
                tries = [*_Basis(others).least_squares(wanted), wanted[_distances(others).argmin(axis=1)]]
                found |= {
                    "copied": str(names[place]) if place < len(names) else str(place),
                    "without": max(_score(answers, wanted, task) for answers in tries),
                }
        if task in ("classes", "one_hot", "yes_no"):
            answers = tried[best] if found["linear"] >= found["neighbour"] else wanted[nearest]
            if task == "yes_no":
                answers, wanted = (np.hstack([1 - each, each]) for each in (answers, wanted))
            found["recognised"] = _by_class(answers, wanted, y[some], task)
            found["weighed"] = _weighed(basis, wanted, y[some], task)
            found |= _votes(distances, wanted, some)
    return _found(chance, found, task, judged, len(some))


def _found(chance: float, found: dict[str, Any], task: str, judged: int, rows: int) -> References:
    """Return the references with the standard error of the difference between a score on `judged` rows and theirs."""
    found = {"linear": chance, "neighbour": chance} | found
    best = max(chance, found["linear"], found["neighbour"])
    share = 1 / max(1, judged) + 1 / rows
    spread = sqrt(2) * (1 - min(best, 0.99)) if task == "numbers" else sqrt(max(best * (1 - best), share))
    return References(chance=chance, error=float(spread * sqrt(share)), rows=rows, **found)


def _wanted(y: np.ndarray, task: str, signed: bool) -> tuple[np.ndarray, float]:
    """Return targets as columns of numbers, for classes one a class; and the score of the best constant answer."""
    if task == "classes":
        classes, counts = np.unique(y, return_counts=True)
        columns = (y[..., None] == classes).astype(np.float64)
        return columns, float(counts.max() / y.size)
    columns = (y > 0 if signed else y).reshape(len(y), -1)
    if task == "numbers":
        return columns[:, :: max(1, -(-columns.shape[1] // COLUMNS))].astype(np.float64), 0.0
    columns = columns.astype(np.float64)
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
    x = x.reshape(len(x), -1).astype(np.float64)
    std = x.std(axis=0)
    standardised: np.ndarray = (x - x.mean(axis=0)) / np.where(std > 0, std, 1.0)
    return standardised


class _Basis:
    """The directions that features span over the rows, each of length 1, and how far the features reach in them."""

    def __init__(self, x: np.ndarray) -> None:
        x = np.hstack([x, np.ones((len(x), 1))])
        if x.shape[1] < len(x):  # the smaller of XᵀX and X Xᵀ has all eigenvalues that are not 0
            values, vectors = np.linalg.eigh(x.T @ x)
            kept = values > 1e-9 * values[-1]
            self.values = values[kept]
            self.vectors = x @ (vectors[:, kept] / np.sqrt(self.values))
        else:
            self.values, self.vectors = np.linalg.eigh(x @ x.T)
        self.squares = self.vectors**2
        self.mean = self.values.sum() / len(x)

    def least_squares(self, y: np.ndarray, ridges: tuple[float, ...] = RIDGES) -> list[np.ndarray]:
        """Return for each ridge λ what least squares answers for a row that it did not see.

            ŷ₋ᵢ = yᵢ − (yᵢ − ŷᵢ) / (1 − Hᵢᵢ),   H = K (K + λ I)⁻¹,   K = x xᵀ + 1 1ᵀ

        Reference: Allen, "The relationship between variable selection and data augmentation", Technometrics 16, 1974.
        """
        turned, found = self.vectors.T @ y, []
        for ridge in ridges:
            share = self.values / (self.values + ridge * self.mean)
            left = 1 - self.squares @ share
            found.append(y - (y - self.vectors @ (share[:, None] * turned)) / np.maximum(left, 1e-9)[:, None])
        return found


def _distances(x: np.ndarray) -> np.ndarray:
    """Return the squared distance of each row to every other one; to itself, infinity."""
    x = x.astype(np.float32)
    squares = (x**2).sum(axis=1)
    distances: np.ndarray = x @ x.T
    distances *= -2
    distances += squares
    distances += squares[:, None]
    np.fill_diagonal(distances, np.inf)
    return distances


def _unrelated(basis: _Basis, ridge: float, nearest: np.ndarray, wanted: np.ndarray) -> float:
    """Return the probability of answers that agree so well with the targets, by permuting these over the rows.

        a = Σ (answer − mean) (target − mean),   z = (a − mean a) / deviation of a,   p = 2 · ½ erfc(z / √2)

    Means and deviation over the permutations; z is the larger of least squares' and the nearest row's.
    """
    y = wanted[:, :COLUMNS] - wanted[:, :COLUMNS].mean(axis=0)
    rng = np.random.default_rng(0)
    all_y = np.stack([y, *(y[rng.permutation(len(y))] for _ in range(PERMUTATIONS))], axis=1)
    flat = all_y.reshape(len(y), -1)
    largest = 0.0
    for answers in (basis.least_squares(flat, (ridge,))[0], flat[nearest]):
        agreement = (answers * flat).reshape(all_y.shape).sum(axis=(0, 2))
        spread = agreement[1:].std(ddof=1)
        if spread > 0:
            largest = max(largest, float((agreement[0] - agreement[1:].mean()) / spread))
    return min(1.0, erfc(largest / sqrt(2)))


def _copied(features: np.ndarray, y: np.ndarray) -> int | None:
    """Return the place of a feature that is the target itself, up to factor and offset; None where there is none."""
    if not y.std() > 0:
        return None
    likeness = np.abs(features.T @ ((y - y.mean()) / y.std())) / len(y)
    place = int(likeness.argmax())
    return place if likeness[place] > 1 - ROUNDING else None


def _by_class(answers: np.ndarray, wanted: np.ndarray, y: np.ndarray, task: str) -> tuple[float, ...]:
    """Return the share of each class's rows that are recognised, 0 where most of what is called so is not."""
    said, truth = answers.argmax(axis=1), wanted.argmax(axis=1)
    right = np.bincount(truth[said == truth], minlength=wanted.shape[1])
    called, there = (np.bincount(each, minlength=wanted.shape[1]) for each in (said, truth))
    return _by_number(np.where(right > called / 2, right / np.maximum(there, 1), 0.0), y, task)


def _weighed(basis: _Basis, wanted: np.ndarray, y: np.ndarray, task: str) -> tuple[float, ...]:
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
    distances = (((x[:, None] - means) @ turned) ** 2).sum(axis=-1)
    rows = np.arange(len(x))
    distances[rows, truth] *= (counts / np.maximum(counts - 1, 1e-3))[truth] ** 2  # its own mean without the row
    right = np.bincount(truth[distances.argmin(axis=1) == truth], minlength=len(counts))
    return _by_number(right / counts, y, task)


def _by_number(shares: np.ndarray, y: np.ndarray, task: str) -> tuple[float, ...]:
    """Return shares of the classes that occur by the number of the class."""
    numbers = np.unique(y).astype(int) if task == "classes" else np.arange(len(shares))
    found = [0.0] * (int(numbers.max()) + 1)
    for number, share in zip(numbers, shares, strict=True):
        found[number] = float(share)
    return tuple(found)


def _votes(distances: np.ndarray, wanted: np.ndarray, some: np.ndarray) -> dict[str, Any]:
    """Return how often the vote of a row's neighbours is another class than its own, where it is clear and elsewhere.

    Where classes overlap, votes are wrong where they are close. Of labels that are wrong here and there, a share is
    wrong everywhere.

    Reference: Wilson, "Asymptotic properties of nearest neighbor rules using edited data", 1972.
    """
    if len(some) < 5 * NEIGHBOURS:
        return {}
    asked = np.arange(0, len(some), -(-len(some) // VOTED))
    nearest = distances[asked].argpartition(NEIGHBOURS, axis=1)[:, :NEIGHBOURS]
    votes = wanted[nearest].mean(axis=1)
    clearness, differs = votes.max(axis=1), votes.argmax(axis=1) != wanted[asked].argmax(axis=1)
    order = np.argsort(-clearness, kind="stable")
    clear, unclear = order[: len(order) // 3], order[len(order) // 3 :]
    return {
        "clear": float(differs[clear].mean()),
        "unclear": float(differs[unclear].mean()),
        "suspects": tuple(int(row) for row in some[asked[clear[differs[clear]]]][:NAMED]),
    }
