"""Mistakes of a run on a table: what is taken for what, and the rows that it is most wrong about."""

from __future__ import annotations

from typing import Any

import numpy as np

from cutaway.data.targets import ClassTarget
from cutaway.explain.row import as_written
from cutaway.runs.run import Run
from cutaway.studio.report_rows import SetAside
from cutaway.studio.report_words import cut

WORST = 12  # rows that are listed
CELLS = 8  # of each row, the target aside
MOST_CLASSES = 20  # of a matrix; with more the pairs that are most often confused are told
PAIRS = 12


def mistakes(run: Run, aside: SetAside, columns: list[str], rows: bool = True) -> dict[str, Any]:
    """Return what goes wrong on rows set aside: the confusion of classes, and the worst rows, as data.

    columns  the person's own, those that matter most first
    rows     whether single rows are shown
    """
    found: dict[str, Any] = {"of": aside.words}
    if isinstance(aside.target, ClassTarget):
        found |= confusion(aside)
    if rows:
        found["worst"] = worst(aside, columns)
    return found


def confusion(aside: SetAside) -> dict[str, Any]:
    """Return how many rows of each class were taken for each, as a matrix, or of many classes the commonest pairs."""
    target = aside.target
    assert isinstance(target, ClassTarget)
    labels = [cut(str(label)) for label in target.labels]
    counts = counted(aside.truth, chosen(aside), len(labels))
    found: dict[str, Any] = {"wrong": int(counts.sum() - np.trace(counts)), "rows": int(counts.sum())}
    return found | matrix(counts, labels)


def counted(truth: np.ndarray, choice: np.ndarray, classes: int) -> np.ndarray:
    """Return how many of each true class (row) were taken for each (column).

    >>> counted(np.array([0, 0, 1]), np.array([0, 1, 1]), 2).tolist()
    [[1, 1], [0, 1]]
    """
    counts = np.zeros((classes, classes), np.int64)
    np.add.at(counts, (truth, choice), 1)
    return counts


def matrix(counts: np.ndarray, labels: list[str]) -> dict[str, Any]:
    """Return counts as a matrix with its labels, and the pairs of classes that are most often confused."""
    wrong = np.where(np.eye(len(labels), dtype=np.bool_), 0, counts)
    order = np.argsort(-wrong, axis=None, kind="stable")[:PAIRS]
    places = [divmod(int(place), len(labels)) for place in order]
    pairs = [[labels[row], labels[column], int(wrong[row, column])] for row, column in places if wrong[row, column]]
    found: dict[str, Any] = {"pairs": pairs}
    if len(labels) <= MOST_CLASSES:
        found |= {"classes": labels, "counts": counts.tolist()}
    return found


def chosen(aside: SetAside) -> np.ndarray:
    """Return the class that is predicted for each row, as its code."""
    target = aside.target
    assert isinstance(target, ClassTarget)
    return target.encode(target.choose(aside.answer))


def errors(aside: SetAside) -> np.ndarray:
    """Return how wrong each row is, (rows,): the distance of a number, of classes the probability of a wrong choice.

    Of rows that are right it is 0.
    """
    if isinstance(aside.target, ClassTarget):
        choice = chosen(aside)
        sure = aside.answer[np.arange(len(choice)), choice]
        return np.asarray(np.where(choice == aside.truth, 0.0, sure))
    return np.asarray(np.abs(aside.answer - aside.truth))


def worst(aside: SetAside, columns: list[str]) -> dict[str, Any]:
    """Return the rows that the run is most wrong about, the worst first, with the cells that matter most."""
    wrong = errors(aside)
    order = [int(row) for row in np.argsort(-wrong, kind="stable")[:WORST] if wrong[row] > 0]
    shown = [name for name in columns if name in aside.table.names][:CELLS]
    return {
        "columns": [cut(name) for name in shown],
        "target": cut(aside.target.column),
        "rows": [
            {
                **facts(aside, row),
                "cells": [cut(as_written(aside.table.columns[name][row])) for name in shown],
            }
            for row in order
        ],
    }


def facts(aside: SetAside, row: int) -> dict[str, Any]:
    """Return what is true of a row, what was predicted, and how sure or how far off that is.

    `row` is its number in the file, counted from 1, as `cutaway explain --row` takes it; None where it has none.
    """
    place = None if aside.places is None else int(aside.places[row]) + 1
    target = aside.target
    if not isinstance(target, ClassTarget):
        truth, answer = float(aside.truth[row]), float(aside.answer[row])
        return {"row": place, "truth": truth, "predicted": answer, "error": answer - truth, "sure": None}
    choice = int(chosen(aside)[row])
    labels = [cut(str(label)) for label in target.labels]
    return {
        "row": place, "truth": labels[int(aside.truth[row])], "predicted": labels[choice], "error": None,
        "sure": float(aside.answer[row, choice]),
    }  # fmt: skip
