"""What simple methods reach on the same rows: what a network that learns should not stay below."""

from __future__ import annotations

from collections.abc import Sequence
from math import erfc, log1p, sqrt
from typing import Any

import numpy as np

from cutaway.backends.threads import on_one_thread
from cutaway.diagnosis.answers import COLUMNS, chosen, marks, score
from cutaway.diagnosis.copied import ROUNDING, copied
from cutaway.diagnosis.kernel_ridge import CHOOSING_ROWS, KERNEL_ROWS, KernelRidge
from cutaway.diagnosis.reached import References
from cutaway.diagnosis.recognisable import by_class, votes, weighed
from cutaway.diagnosis.simple_methods import Basis, distances, standardised, with_ones
from cutaway.losses import Hinge, Loss
from cutaway.training.score import LOWEST, marks_of_nothing, task_of
from cutaway.training.step import Batch

# Rows that the methods learn from, at least and at most, and numbers in them.
FEWEST, ROWS, NUMBERS = 20, 600, 1 << 18
# How often targets are permuted, to see what chance alone reaches.
PERMUTATIONS = 20
# So many standard errors above chance, targets have to do with inputs, without permuting them.
OBVIOUS = 8.0


@on_one_thread
def references(
    loss: Loss,
    rows: Batch,
    judged: int,
    whole: bool = False,
    names: Sequence[str] = (),
    held_out: Batch | None = None,
) -> References:
    """Return what chance, least squares, the nearest row and a kernel ridge reach, on the rows a network is judged by.

    With rows held out, all learn from training rows and answer those, as the network does: rows that belong together,
    repeat each other or follow in time then help, or hinder, them and the network alike. Without, each training row is
    left out in turn; with them, that is done beside (`References.own`).

    judged     how many training rows a score will be measured on, where no rows are held out
    whole      whether inputs are numbers that are looked up: then only chance is known, as where targets are the inputs
    names      of the features, else their numbers
    held_out   the very rows that a score will be measured on

    >>> import numpy as np
    >>> from cutaway.losses import SquaredError
    >>> x = np.linspace(-1, 1, 60).reshape(-1, 1)
    >>> learned, held_out = (Batch(part, 3 * part + 1, None) for part in (x[::2], x[1::2]))
    >>> known = references(SquaredError(), learned, judged=30, held_out=held_out)
    >>> known.chance, round(known.linear, 3), round(known.neighbour, 2), known.judged
    (0.0, 1.0, 1.0, 30)
    """
    x, y = np.asarray(rows.x), np.asarray(rows.y)
    per_row = max(1, x[0].size)
    some = np.arange(0, len(x), max(1, -(-len(x) // max(FEWEST, min(ROWS, NUMBERS // per_row)))))
    x, y = x[some], y[some]
    task = _task(loss, y if len(some) < 2 else np.asarray(rows.y))
    new = None
    if held_out is not None and len(held_out.x):
        new = Batch(np.asarray(held_out.x), np.asarray(held_out.y), None)
    if new is not None and _task(loss, new.y) != task:
        new = None
    asked = y if new is None else new.y
    chance = 0.0 if task == "numbers" else float(marks_of_nothing(loss, y, asked).mean())
    size = _Size(task, len(some), min(judged, len(some)) if new is None else len(asked))
    if whole or (task == "classes" and y.ndim != 1) or len(some) < 8 or _is_input(x, y):
        return size.found(chance, {})
    numbers = np.unique(np.concatenate([y, asked])) if task == "classes" else np.arange(max(2, y[0].size))
    wanted, truth = (_wanted(loss, each, task, numbers) for each in (y, asked))
    parts = (x, wanted, truth) if new is None else (x, wanted, truth, new.x)
    if not all(np.isfinite(part).all() for part in parts):
        return size.found(chance, {})

    features = standardised(x, x)
    rough = features.astype(np.float32)  # enough to tell which row is nearest, in half the time
    basis = Basis.of_features(features)
    ridge, left_out = chosen(basis, wanted, task)
    seen = score(left_out, wanted, task)
    apart = distances(rough)
    nearest = apart.argmin(axis=1)
    # Without rows held out the rows that its ridge is chosen by are all that it learns from and answers.
    bent = KernelRidge(features, wanted, task, KERNEL_ROWS if new is None else CHOOSING_ROWS)
    of_own = {name: marks(each, wanted, task) for name, each in (("linear", left_out), ("neighbour", wanted[nearest]))}
    of_rows = dict(of_own)
    if new is not None:
        there = standardised(new.x, x)
        answers = {
            "linear": with_ones(there) @ (with_ones(features).T @ basis.dual(wanted, ridge)),
            "neighbour": wanted[distances(there.astype(np.float32), rough).argmin(axis=1)],
        }
        if bent.sees:
            answers["kernel"], left_out_of_kernel = bent.answers(there, features, wanted)
            of_own["kernel"] = marks(left_out_of_kernel, wanted, task)
        of_rows = {name: marks(each, truth, task) for name, each in answers.items()}
    elif bent.sees:
        of_rows["kernel"] = marks(*bent.left_out, task)
    found: dict[str, Any] = _reached(of_rows)
    reached = max(found.values())
    if new is not None and reached > chance:
        found["marks"] = _marks_of_best(of_rows)

    # What follows is of the training rows, each left out in turn: they are more.
    reached = max(reached, seen)
    doubtful = reached - chance < OBVIOUS * _error(reached, task, 2 / len(some))
    classes = task in ("classes", "one_hot", "yes_no")
    if doubtful:  # else there is no doubt, and permuting takes long
        found["unrelated"] = _unrelated(basis, ridge, nearest, wanted, bent)
    if x.ndim == 2 and x.shape[1] > 1 and y.size == len(y):
        found |= copied(features, np.asarray(y, np.float64).ravel(), wanted, task, names)
    if new is not None:
        nothing = 0.0 if task == "numbers" else float(marks_of_nothing(loss, y, y).mean())
        own = {"marks": _marks_of_best(of_own), "unrelated": found.get("unrelated", 0.0), **_reached(of_own)}
        found["own"] = _Size(task, len(some), len(some)).found(nothing, own)
    if classes:
        said = left_out if seen >= score(wanted[nearest], wanted, task) else wanted[nearest]
        if task == "yes_no":
            said, wanted = (np.hstack([1 - each, each]) for each in (said, wanted))
        occurs = wanted.sum(axis=0) > 0
        said, wanted, numbers = said[:, occurs], wanted[:, occurs], numbers[occurs]
        found["recognised"] = by_class(said, wanted, numbers)
        found["weighed"] = weighed(basis, wanted, numbers)
        found |= votes(apart, wanted, some)
    return size.found(chance, found, min(map(len, of_rows.values())))


def _reached(of_rows: dict[str, np.ndarray]) -> dict[str, Any]:
    return {name: max(LOWEST, float(each.mean())) for name, each in of_rows.items()}


def _marks_of_best(of_rows: dict[str, np.ndarray]) -> tuple[float, ...]:
    best = max(of_rows.values(), key=np.mean)
    return tuple(np.round(best, 4).tolist())


class _Size:
    """How many rows were learned from and judged, of which task."""

    def __init__(self, task: str, rows: int, judged: int) -> None:
        self.task, self.rows, self.judged = task, rows, max(1, judged)

    def found(self, chance: float, found: dict[str, Any], answered: int | None = None) -> References:
        """Return the references with the standard error of the difference between two scores on so many rows.

        Both err, on the same rows; that they may err alike is not counted on (see `Outcome.error`).

        answered   how many rows the method answered that answered fewest; as many as will be judged where not given
        """
        found = {"linear": chance, "neighbour": chance} | found
        best = max(chance, *(found[name] for name in ("linear", "neighbour", "kernel") if name in found))
        error = _error(best, self.task, 1 / self.judged + 1 / min(self.judged, answered or self.judged))
        return References(chance=chance, error=error, rows=self.rows, judged=self.judged, **found)


def _error(score: float, task: str, share: float) -> float:
    """Return √(share · variance of a row's mark), of accuracy p (1 − p), of R² 2 (1 − R²)²."""
    variance = 2 * (1 - min(score, 0.99)) ** 2 if task == "numbers" else max(score * (1 - score), share)
    return float(sqrt(variance * share))


def _task(loss: Loss, y: np.ndarray) -> str:
    return task_of((y > 0).astype(np.float64) if isinstance(loss, Hinge) else y)


def _wanted(loss: Loss, y: np.ndarray, task: str, classes: np.ndarray) -> np.ndarray:
    """Return targets as columns of numbers, for classes one a class."""
    if task == "classes":
        belongs: np.ndarray = (y[:, None] == classes).astype(np.float64)
        return belongs
    columns: np.ndarray = (y > 0 if isinstance(loss, Hinge) else y).reshape(len(y), -1).astype(np.float64)
    return columns


def _is_input(x: np.ndarray, y: np.ndarray) -> bool:
    """Whether the targets are the inputs, number by number up to factor and offset, as for an autoencoder."""
    if x[0].size != y[0].size or x[0].size < 2:
        return False
    one, other = standardised(x, x), standardised(y, y)
    likeness = np.abs((one * other).mean(axis=0))[(one != 0).any(axis=0)]
    return bool((likeness > 1 - ROUNDING).all())


def _unrelated(basis: Basis, ridge: float, nearest: np.ndarray, wanted: np.ndarray, bent: KernelRidge) -> float:
    """Return the probability of answers that agree so well with the targets, by permuting these over the rows.

        a = Σ (answer − mean) (target − mean),   t = (a − mean a) / (deviation of a · √(1 + 1/n)),   n permutations
        z = √(f ln(1 + t²/f)) (8f + 1) / (8f + 3),   f = n − 1,   p = methods · ½ erfc(z / √2)

    t is the largest of least squares', the nearest row's and the kernel's; z, what is as rare of a normal number.
    Ridges are those that suit the true targets best, which makes p a little too small.

    Reference: Wallace, "Bounds on normal approximations to Student's", Annals of Mathematical Statistics 30, 1959.
    """
    y = wanted[:, :COLUMNS] - wanted[:, :COLUMNS].mean(axis=0)
    rng = np.random.default_rng(0)
    all_y = np.stack([y, *(y[rng.permutation(len(y))] for _ in range(PERMUTATIONS))], axis=1)
    flat = all_y.reshape(len(y), -1)
    answered = [(basis.leaving_out(flat, (ridge,))[0], flat), (flat[nearest], flat)]
    if bent.sees:
        some = flat[bent.some]
        answered.append((bent.basis.leaving_out(some, (bent.ridge,))[0], some))
    largest = 0.0
    for answers, targets in answered:
        agreement = (answers * targets).reshape(-1, *all_y.shape[1:]).sum(axis=(0, 2))
        spread = agreement[1:].std(ddof=1)
        if spread > 0:
            largest = max(largest, float((agreement[0] - agreement[1:].mean()) / spread))
    free = PERMUTATIONS - 1
    as_rare = sqrt(free * log1p(largest**2 / (1 + 1 / PERMUTATIONS) / free)) * (8 * free + 1) / (8 * free + 3)
    return min(1.0, len(answered) * erfc(as_rare / sqrt(2)) / 2)
