"""Boosted trees beside a network on a large table: they grow on some of its rows, and say so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutaway.backends.random import generator
from cutaway.data.columns import Column
from cutaway.data.encoders import TableEncoder
from cutaway.data.streaming import StoredTable
from cutaway.data.table import Table
from cutaway.data.targets import Target
from cutaway.runs.judging import judge
from cutaway.runs.parts import Parts
from cutaway.runs.rival import Rival

# Boosted trees that stand beside a network on a table of more cells grow on so many of its rows, and are tested on so
# many at most: they need eight bytes a cell, several times over.
MANY_CELLS, TREES_ROWS, TREES_TESTED = 2_000_000, 100_000, 50_000


def too_many_for_trees(rows: Table, columns: Sequence[Column]) -> bool:
    """Whether boosted trees are to grow on some of the rows only."""
    return rows.rows > TREES_ROWS and rows.rows * sum(column.kind.used for column in columns) > MANY_CELLS


def rival_on_sample(
    network: Any,
    target: Target,
    held_out: NDArray[np.float64],
    parts: Parts,
    preprocessing: TableEncoder,
    columns: Sequence[Column],
    metric: str,
    seed: int,
    rows: int,
) -> Rival | None:
    """Grow boosted trees on `TREES_ROWS` of the rows, and compare with the network on some of those set aside.

    The arguments are those of `judge`, and `rows`, from how many the network learned. The rival's name and
    sentence say on how many of them the trees grew. None where no row is watched or set aside.
    """
    places = _some(parts.rows.rows, TREES_ROWS, seed, "trees")
    learned, watched = parts.folds[0]
    fold = tuple(np.flatnonzero(_mask(part, parts.rows.rows)[places]) for part in (learned, watched))
    tested, tested_weight = parts.tested, parts.tested_weight
    if tested is not None:
        asked = _some(tested.rows, TREES_TESTED, seed, "trees tested")
        tested = tested.select(asked)
        tested_weight = None if tested_weight is None else tested_weight[asked]
    weight = None if parts.weight is None else parts.weight[places]
    some = parts.rows.select(places)
    some = some.in_memory() if isinstance(some, StoredTable) else some
    small = Parts(some, [(fold[0], fold[1])], tested, weight, tested_weight)
    found = judge(
        network, target, held_out[places], small, preprocessing, columns, metric, compared=True, seed=seed
    ).rival
    if found is None:
        return None
    grown = f"; the trees grew on {len(places):,} of the {rows:,} rows"
    return replace(found, name=f"boosted trees on {len(places):,} rows", sentence=found.sentence + grown)


def _some(rows: int, most: int, seed: int, purpose: str) -> NDArray[np.int64]:
    """Return at most so many row numbers, ascending."""
    if rows <= most:
        return np.arange(rows)
    return np.sort(generator(seed, purpose).choice(rows, most, replace=False, shuffle=False))


def _mask(places: NDArray[Any], rows: int) -> NDArray[np.bool_]:
    mask = np.zeros(rows, np.bool_)
    mask[places] = True
    return mask
