"""Which rows are learned from, watched and tested: by chance, by group, by time, or as a person's files have it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutaway.data.duplicates import duplicate_rows
from cutaway.data.splits import folds, group_folds, split_groups, split_rows, split_time
from cutaway.data.streaming import FetchedColumns, StoredTable
from cutaway.data.table import Table, Values, as_texts, missing_mask
from cutaway.data.targets import ClassTarget, Target, with_target_present
from cutaway.errors import InputError
from cutaway.training.placing import Fold

# With fewer rows than this, none are spared to choose the best weights by: so few say nothing about them.
FEWEST_TO_WATCH = 40
# Members that watch fewer than this choose their epoch together: each one's best of many epochs on so few rows is
# mostly luck, and the answers on them would no longer tell how good the networks are.
FEWEST_TO_CHOOSE = 150
# The share of the rows that is watched where folds do not take turns.
WATCHED = 0.15


@dataclass(frozen=True)
class Division:
    """How the rows are to be divided.

    test        the share to set aside for the score, or a table of such rows
    validation  a table of rows to choose the best weights by (None: some of those learned from)
    group       a column; rows of one group stay on one side of every cut, unless there is a time
    time        a column; what is tested and watched is later than what is learned from
    weight      a column that says how much each row counts
    seed        of every draw
    together    whether all members watch the same rows, rather than each a fold of its own
    """

    test: float | Table = 0.2
    validation: Table | None = None
    group: str | None = None
    time: str | None = None
    weight: str | None = None
    seed: int = 0
    together: bool = False


@dataclass(frozen=True)
class Parts:
    """The rows, divided.

    rows           those that are learned from and watched
    folds          for each member of an ensemble, which of them it learns from and which it watches
    tested         those set aside, None where there are none
    weight, tested_weight  how much each counts, None where all count the same
    judged_weight  how much each of `rows` counts in a score, where that is not `weight` (None: it is)
    own            whether the rows set aside are a table of a person's own
    notes          what a person should know about the division
    places         which rows of the table that was divided `rows` are, or begin with; None where it was not divided
    """

    rows: Table
    folds: list[Fold]
    tested: Table | None
    weight: NDArray[np.float64] | None
    tested_weight: NDArray[np.float64] | None
    notes: list[str] = field(default_factory=list)
    judged_weight: NDArray[np.float64] | None = None
    own: bool = False
    places: NDArray[np.int64] | None = None

    @property
    def turns(self) -> bool:
        """Whether members watch rows of their own, in turns, rather than all the same."""
        return len(self.folds) > 1 and not np.array_equal(self.folds[0][1], self.folds[1][1])

    @property
    def together(self) -> bool:
        """Whether members that take turns watch too few rows to choose each its own best epoch."""
        return self.turns and min(len(watched) for _, watched in self.folds) < FEWEST_TO_CHOOSE

    @property
    def learned(self) -> NDArray[np.int64]:
        """Which rows some member learns from, by position."""
        seen = np.zeros(self.rows.rows, np.bool_)
        for places, _ in self.folds:
            seen[places] = True
        return np.flatnonzero(seen)

    @property
    def watched(self) -> NDArray[np.bool_]:
        """Which rows are watched by some member, (rows,)."""
        seen = np.zeros(self.rows.rows, np.bool_)
        for _, places in self.folds:
            seen[places] = True
        return seen


def divide(table: Table, goal: Target, columns: list[str], how: Division, members: int) -> Parts:
    """Divide the rows of a table, whose target is there in every row, for so many members.

    columns  the inputs' names, by which equal rows are found

    Where there are members, each watches a fold of its own, so that each row is predicted by one that did not learn
    from it; by time, and with rows of their own to watch, all watch the same. Raises `InputError` for columns and
    tables that do not allow it.
    """
    notes: list[str] = []
    labels = goal.encode(table.column(goal.column)) if isinstance(goal, ClassTarget) else None
    everything = np.arange(table.rows)
    tested: Table | None = None
    if isinstance(how.test, Table):
        rest, tested = everything, _usable(how.test, goal, notes)
    else:
        rest, part = _cut(table, how, how.test, how.seed, labels)
        tested = table.select(part) if len(part) else None
        equal = duplicate_rows(table, [*columns, goal.column], rest, part)
        if equal:
            notes.append(
                f"{equal:,} of the {len(part):,} rows set aside stand among those learned from as well, in every "
                "column: the score is a little too good for it"
            )
    rows = table.select(rest)
    if labels is not None:
        labels = labels[rest]
    count = rows.rows
    if how.validation is not None:
        watched = _usable(how.validation, goal, notes)
        rows = _one_after_the_other(rows, watched)
        divided = [(np.arange(count), np.arange(count, rows.rows))] * members
    else:
        divided = _folds(rows, how, members, labels)
    weight = _weights(rows, how.weight, divided)
    tested_weight = None if tested is None else _weights(tested, how.weight, [])
    if how.group is not None:
        notes.append(_about_groups(table, tested, how))
    if not any(len(seen) for _, seen in divided):
        few = "times" if how.time is not None else "groups" if how.group is not None else "rows"
        few = "rows" if count < FEWEST_TO_WATCH else few
        notes.append(f"too few {few} to hold any out: the weights are those of the last epoch")
    own = isinstance(how.test, Table)
    return Parts(rows, divided, tested, weight, tested_weight, notes, own=own, places=rest)


def _one_after_the_other(rows: Table, more: Table) -> Table:
    """Return the rows of both tables, in the columns of the first; of a stored one, joined when they are asked for."""

    def joined(name: str) -> Values:
        return np.concatenate([rows.columns[name], more.column(name)])

    if isinstance(rows, StoredTable):
        count = rows.rows + more.rows
        return StoredTable(FetchedColumns(rows.names, joined), count, rows.source, rows.notes, rows.european)
    return Table({name: joined(name) for name in rows.names}, rows.source, rows.notes, rows.european)


def _cut(
    table: Table, how: Division, share: float, seed: int, labels: NDArray[Any] | None
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the rest and a share of the rows."""
    if how.time is not None:
        return split_time(table.column(how.time), share)
    if how.group is not None:
        return split_groups(table.column(how.group), share, seed, labels)
    return split_rows(table.rows, share, seed, labels)


def _folds(rows: Table, how: Division, members: int, labels: NDArray[Any] | None) -> list[Fold]:
    """Return what each member learns from and watches."""
    count = rows.rows
    if count < FEWEST_TO_WATCH:
        return [(np.arange(count), np.arange(0))] * members
    if how.time is not None:
        if len(np.unique(rows.column(how.time))) < 2:
            return [(np.arange(count), np.arange(0))] * members
    elif how.group is not None:
        texts = as_texts(rows.column(how.group))
        groups = len(set(texts) - {None}) + texts.count(None)
        if groups < 2:
            return [(np.arange(count), np.arange(0))] * members
        if members > 1:
            # Fewer groups than members: some watch the same group, and begin from other weights.
            taken = group_folds(rows.column(how.group), min(members, groups), how.seed, labels)
            return [taken[member % len(taken)] for member in range(members)]
    elif members > 1 and not how.together:
        return folds(count, members, how.seed, labels)
    return [_cut(rows, how, WATCHED, how.seed + 1, labels)] * members


def _about_groups(table: Table, tested: Table | None, how: Division) -> str:
    """Return how the groups were divided, in words."""
    assert how.group is not None
    if how.time is not None:
        return (
            f"'{how.group}' says which series a row is of, and '{how.time}' what is set aside and held out: the latest "
            "rows of all of them"
        )
    texts = as_texts(table.column(how.group))
    without = f", and {texts.count(None):,} row(s) without one are each a group of its own" if None in texts else ""
    if tested is None or isinstance(how.test, Table):
        return f"the rows are of {len(set(texts) - {None}):,} groups ('{how.group}'){without}"
    aside = set(as_texts(tested.column(how.group))) - {None}
    return f"of {len(set(texts) - {None}):,} groups ('{how.group}') {len(aside):,} are set aside{without}"


def _usable(table: Table, goal: Target, notes: list[str]) -> Table:
    """Return the rows of a person's own table whose target is there and known."""
    kept, left_out = with_target_present(table, goal.column)
    if left_out:
        notes.append(f"{table.source}: {left_out} row(s) without a value of the target left out")
    if isinstance(goal, ClassTarget):
        known = {str(text) for text in as_texts(np.array(goal.labels, dtype=object))}
        right = np.array([text in known for text in as_texts(kept.column(goal.column))], np.bool_)
        if not right.all():
            notes.append(f"{table.source}: {int((~right).sum())} row(s) of a class that is not learned left out")
            kept = kept.select(right)
    elif kept.column(goal.column).dtype.kind not in "fb":
        raise InputError(f"{table.source}: the target '{goal.column}' holds text, and numbers are learned")
    if not kept.rows:
        raise InputError(f"{table.source}: no row has a value of the target '{goal.column}' that can be used")
    return kept


def _weights(table: Table, column: str | None, folds: list[Fold]) -> NDArray[np.float64] | None:
    """Return how much each row counts."""
    if column is None:
        return None
    values = table.column(column)
    if values.dtype.kind != "f" or missing_mask(values).any() or not np.isfinite(values).all() or (values < 0).any():
        numbers = values.astype(np.float64) if values.dtype.kind == "f" else np.full(len(values), np.nan)
        row = int(np.argmin(np.isfinite(numbers) & (np.nan_to_num(numbers, nan=-1.0) >= 0)))
        raise InputError(
            f"{table.source}: the weight '{column}' is {values[row]} in row {row + 1}; expected a number of at least 0 "
            "in every row"
        )
    for learned, watched in folds:
        for part in (learned, watched):
            if len(part) and not values[part].any():
                raise InputError(
                    f"{table.source}: the weight '{column}' is 0 in all rows to learn from, or all to watch"
                )
    if not values.any():
        raise InputError(f"{table.source}: the weight '{column}' is 0 in every row")
    weights: NDArray[np.float64] = values / values.mean()
    return weights
