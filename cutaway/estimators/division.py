"""Which of the rows given to `fit` are learned from, and which are watched to choose the best weights by."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutaway.data.splits import folds, split_rows
from cutaway.data.table import Table
from cutaway.errors import InputError
from cutaway.runs.parts import FEWEST_TO_WATCH, WATCHED, Parts
from cutaway.training.placing import Fold

Weight = NDArray[np.float64]


def divided(
    rows: Table,
    weight: Weight | None,
    *,
    members: int,
    seed: int,
    share: float | None = None,
    labels: NDArray[Any] | None = None,
    own: tuple[Table, Weight | None] | None = None,
) -> Parts:
    """Return the rows as parts: each of several members watches a fold of its own, unless something else is said.

    members  how many networks
    share    of the rows that all members watch
    labels   classes (rows,), of which each fold gets its share
    own      rows to watch that no member learns from, and their weights

    With fewer than 40 rows none are watched, unless asked for. Raises `InputError` for more members than rows.

    >>> parts = divided(Table({"x": np.arange(60.0)}), None, members=3, seed=0)
    >>> [(len(learned), len(watched)) for learned, watched in parts.folds]
    [(40, 20), (40, 20), (40, 20)]
    """
    count = rows.rows
    if own is not None:
        more, more_weight = own
        both = {name: np.concatenate([rows.columns[name], more.columns[name]]) for name in rows.names}
        weight = joined(weight, count, more_weight, more.rows)
        rows = Table(both, rows.source, rows.notes, rows.european)
        parts: list[Fold] = [(np.arange(count), np.arange(count, rows.rows))] * members
    elif share is None and count < FEWEST_TO_WATCH:
        parts = [(np.arange(count), np.arange(0))] * members
    elif share is not None or members == 1:
        parts = [split_rows(count, WATCHED if share is None else share, seed, labels)] * members
    elif members > count:
        raise InputError(f"members is {members} and there are {count} rows; expected at most one member a row")
    else:
        parts = folds(count, members, seed, labels)
    return Parts(rows, parts, None, None if weight is None else weight / weight.mean(), None)


def joined(first: Weight | None, rows: int, second: Weight | None, more: int) -> Weight | None:
    """Return weights of rows and of more rows as one, 1 where only the others have some; None where neither has.

    >>> joined(None, 2, np.array([3.0]), 1)
    array([1., 1., 3.])
    """
    if first is None and second is None:
        return None
    return np.concatenate([np.ones(rows) if first is None else first, np.ones(more) if second is None else second])
