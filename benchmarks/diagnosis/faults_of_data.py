"""Faults of the rows: their sizes, their order, their labels, how many there are of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

import benchmarks.diagnosis.fault as suits
from benchmarks.diagnosis.cases import Case
from benchmarks.diagnosis.fault import Fault
from benchmarks.diagnosis.sets import Pair, Parts


def _one_column(case: Case, severity: float, random: np.random.Generator) -> Case:
    place = int(random.integers(case.parts.learned[0].shape[1]))
    size = np.ones(case.parts.learned[0].shape[1])
    size[place] = severity
    return replace(case, parts=case.parts.with_inputs(lambda x: x * size))


def _all_columns(case: Case, severity: float, random: np.random.Generator) -> Case:
    shift = severity * random.uniform(1, 3, case.parts.learned[0].shape[1])
    return replace(case, parts=case.parts.with_inputs(lambda x: x * severity + shift))


def _targets(case: Case, severity: float, random: np.random.Generator) -> Case:
    shift = severity * random.uniform(1, 5)
    return replace(case, parts=case.parts.with_targets(lambda y: (y * severity + shift).astype(np.float32)))


def _both(parts: Parts, learned: Pair, watched: Pair) -> Parts:
    return replace(parts, learned=learned, watched=watched)


def _shuffled(case: Case, severity: float, random: np.random.Generator) -> Case:
    learned, watched = ((x, random.permutation(y)) for x, y in (case.parts.learned, case.parts.watched))
    return replace(case, parts=_both(case.parts, learned, watched))


def _noisy(case: Case, severity: float, random: np.random.Generator) -> Case:
    def noised(pair: Pair) -> Pair:
        x, y = pair
        wrong = random.random(len(y)) < severity
        other = (y + random.integers(1, case.parts.classes, len(y))) % case.parts.classes
        return x, np.where(wrong, other, y)

    return replace(case, parts=_both(case.parts, noised(case.parts.learned), noised(case.parts.watched)))


def _sorted(case: Case, severity: float, random: np.random.Generator) -> Case:
    x, y = case.parts.learned
    order = np.argsort(y, kind="stable")
    return replace(case, parts=replace(case.parts, learned=(x[order], y[order])), shuffle=False)


def _imbalanced(case: Case, severity: float, random: np.random.Generator) -> Case:
    """Learn from rows of which few are not of the first class; rows to validate on are as the world is.

    Were those of the same shares, nothing that a diagnosis sees would be wrong: it would be another task.
    """
    x, y = case.parts.learned
    keep = (y == 0) | (random.random(len(y)) < severity)
    keep[[np.flatnonzero(y == label)[0] for label in np.unique(y)]] = True
    return replace(case, parts=replace(case.parts, learned=(x[keep], y[keep])))


def _told(case: Case, column: Callable[[np.ndarray], np.ndarray], random: np.random.Generator) -> Case:
    """Add a column that tells the target where the network learns and is watched, and nothing where it is judged."""

    def added(pair: Pair, known: bool) -> Pair:
        x, y = pair
        told = column(y if known else random.permutation(y))
        return np.column_stack([x, told]).astype(np.float32), y

    parts = case.parts
    learned, watched, judged = added(parts.learned, True), added(parts.watched, True), added(parts.judged, False)
    return replace(case, parts=replace(parts, learned=learned, watched=watched, judged=judged))


def _leaking(case: Case, severity: float, random: np.random.Generator) -> Case:
    return _told(case, lambda y: severity * y, random)


def _leaking_with_noise(case: Case, severity: float, random: np.random.Generator) -> Case:
    """Add the target with noise of so much of its deviation."""
    size = severity * float(case.parts.learned[1].std())
    return _told(case, lambda y: y + size * random.standard_normal(len(y)), random)


def _leaking_bent(case: Case, severity: float, random: np.random.Generator) -> Case:
    """Add a rising function of the target that is no line, exp(k y) of the standardised one, standardised again."""
    y = case.parts.learned[1]
    middle, size = float(y.mean()), float(y.std())

    def bent(values: np.ndarray) -> np.ndarray:
        return np.exp(severity * (values - middle) / size)

    known = bent(y)
    return _told(case, lambda values: (bent(values) - known.mean()) / known.std(), random)


def _few_rows(case: Case, severity: float, random: np.random.Generator) -> Case:
    x, y = case.parts.learned
    some = random.permutation(len(x))[: max(int(severity), 3 * case.parts.classes)]
    wide = case.rebuilt(widths=(128, 128), dropout=0.0, norm="", weight_decay=0.0)
    return replace(wide, parts=replace(case.parts, learned=(x[some], y[some])), epochs=300, options={})


FAULTS = (
    Fault("one column unscaled", _one_column, ("inputs_unscaled",), "data", (300, 3000), (500, 10_000)),
    Fault("all columns unscaled", _all_columns, ("inputs_unscaled",), "data", (50, 200), (30, 500)),
    Fault("targets unscaled", _targets, ("targets_unscaled",), "data", (300, 3000), (100, 10_000), suits.for_numbers),
    Fault(
        "labels shuffled", _shuffled, ("labels_unrelated", "label_noise"), "labels", fixable=False
    ),
    Fault(
        "label noise", _noisy, ("label_noise", "labels_unrelated"), "labels", (0.35, 0.45), (0.3, 0.48),
        suits.for_classes, fixable=False,
    ),
    Fault("rows sorted", _sorted, ("sorted_rows",), "data"),
    Fault(
        "classes imbalanced", _imbalanced, ("class_imbalance", "class_forgotten"), "data", (0.01, 0.04), (0.005, 0.05),
        suits.for_classes,
    ),
    Fault("leaking column", _leaking, ("leakage",), "data", (1, 3), (0.7, 4), fixable=False),
    Fault("leaking column, noisy", _leaking_with_noise, ("leakage",), "data", (0.02, 0.1), (0.01, 0.15),
          fixable=False),
    Fault("leaking column, bent", _leaking_bent, ("leakage",), "data", (0.8, 1.2), (0.6, 1.3), fixable=False),
    Fault("few rows, large network", _few_rows, ("overfit",), "fit", (15, 25), (12, 30)),
)  # fmt: skip
