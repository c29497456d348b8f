"""A series: rows in the order of time, with earlier values as further inputs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutaway.data.columns import Column, ColumnKind
from cutaway.data.strict_json import fields, texts
from cutaway.data.table import Table, Values, as_texts, missing_mask
from cutaway.errors import InputError

Rows = NDArray[np.int64]

MOST_LAGS = 10_000

_TIME = re.compile(r"(^|[_\s.-])(year|yr|quarter|month|week|date|day|datetime|timestamp|period)($|[_\s.-])", re.I)


@dataclass(frozen=True)
class Series:
    """What it takes to look back: which column orders the rows, how far, on which columns, and of which series.

    >>> table = Table({"day": np.array([1.0, 2.0]), "price": np.array([10.0, 20.0])})
    >>> series = Series.of(table, "day", 1, None)
    >>> series.columns, series.after(Table({"day": np.array([3.0]), "price": np.array([np.nan])})).names
    (('price',), ('day', 'price', 'price 1 before'))
    """

    time: str
    lags: int
    columns: tuple[str, ...]
    group: str | None

    @classmethod
    def of(cls, table: Table, time: str, lags: int, group: str | None, without: Sequence[str | None] = ()) -> Series:
        """Take every column of numbers but the time, the group and those `without`; `InputError` if there is none."""
        left_out = (time, group, *without)
        columns = tuple(
            name for name, values in table.columns.items() if values.dtype.kind == "f" and name not in left_out
        )
        if not columns:
            raise InputError(f"{table.source}: no column of numbers to look back on")
        return cls(time, lags, columns, group)

    @property
    def lagged(self) -> list[str]:
        """The names of the columns that hold earlier values."""
        return [lag_name(name, lag) for name in self.columns for lag in range(1, self.lags + 1)]

    def looked_back(self, table: Table) -> Table:
        """The rows that have a full past, with it; see `with_lags`."""
        return with_lags(table, self.time, self.lags, self.columns, self.group)

    def after(self, table: Table) -> Table:
        """Every row, in the order in which it came, with what the table itself has before it; the rest is missing.

        A table that has all the columns already is returned as it is.
        """
        if all(name in table.columns for name in self.lagged):
            return table
        names = dict.fromkeys([self.time, *([] if self.group is None else [self.group]), *self.columns])
        past = {
            name: table.column(name)[:0] if name in table.columns or name not in self.columns else np.empty(0)
            for name in names
        }
        return with_lags_after(past, table, self.time, self.lags, self.columns, self.group)

    def to_json(self) -> dict[str, Any]:
        """The series as JSON data; it holds names, and no row."""
        return {"time": self.time, "lags": self.lags, "columns": list(self.columns), "group": self.group}

    @classmethod
    def from_json(cls, data: object) -> Series:
        """The series that `to_json` described; `InputError` when the data is not such a description."""
        group = data.get("group") if isinstance(data, dict) else None
        kind = type(None) if group is None else str
        found = fields(data, "series", time=str, lags=int, columns=list, group=kind)
        if not 1 <= found["lags"] <= MOST_LAGS or not found["columns"]:
            raise InputError(f"series: {found['lags']} lags of {len(found['columns'])} columns; expected some")
        return cls(found["time"], found["lags"], texts(found["columns"], "series: columns"), group)


def with_lags(table: Table, time_column: str, lags: int, columns: Sequence[str], group: str | None = None) -> Table:
    """The table in the order of time, with the values of so many rows before each row as columns of their own.

        "x j before" in row i = x in row i − j,    j = 1 … lags

    time_column   dates or numbers; two rows of one group may not have the same
    lags          how many rows back
    columns       columns of numbers, the target among them or not: its present value is never among the new columns
    group         a column that says which of several series a row is of (None: one series)

    The first `lags` rows of each series have no full past; they are left out and counted in the notes. Lags count
    rows, not time: uneven steps are told in the notes. Raises `InputError` for a column that the table does not have,
    one of `columns` that is not of numbers, a time that is missing, twice in a series, or no date or number, and for
    a series that is too short everywhere.

    >>> table = Table({"day": np.array([3.0, 1, 2]), "price": np.array([30.0, 10, 20])})
    >>> lagged = with_lags(table, "day", 1, ["price"])
    >>> lagged.columns["price"].tolist(), lagged.columns["price 1 before"].tolist()
    ([20.0, 30.0], [10.0, 20.0])
    """
    _check(table, time_column, lags, columns, group)
    order, starts = _in_order(table, time_column, group)
    places = np.arange(table.rows) - starts
    full = places >= lags
    if not full.any():
        longest = int(places.max()) + 1
        raise InputError(
            f"{table.source}: the longest series has {longest} row(s); {lags} earlier values for each row "
            f"need at least {lags + 1}: ask for fewer"
        )
    ordered = table.select(order)
    for name in columns:
        values = ordered.columns[name]
        for lag in range(1, lags + 1):
            ordered.columns[lag_name(name, lag)] = np.where(places >= lag, np.roll(values, lag), np.nan)
    _note_uneven(ordered, time_column, starts)
    by_time = np.argsort(ordered.columns[time_column], kind="stable")
    lagged = ordered.select(by_time[full[by_time]])
    first = f"the first {lags} of " + ("the series" if group is None else f"each '{group}'")
    lagged.notes.append(f"{int((~full).sum())} row(s) without {lags} earlier values left out ({first})")
    return lagged


def last_rows(
    table: Table, time_column: str, lags: int, columns: Sequence[str], group: str | None = None
) -> dict[str, Values]:
    """The last rows of each series, as `with_lags_after` needs them: time, group and `columns`, ordered by time.

    They are rows of the data: what is stored of them is no longer free of it.

    >>> table = Table({"day": np.array([3.0, 1, 2]), "price": np.array([30.0, 10, 20])})
    >>> last_rows(table, "day", 1, ["price"])["price"].tolist()
    [30.0]
    """
    _check(table, time_column, lags, columns, group)
    order, starts = _in_order(table, time_column, group)
    length = np.bincount(starts, minlength=table.rows)[starts]
    last = order[np.arange(table.rows) - starts >= length - lags]
    last = last[np.argsort(table.columns[time_column][last], kind="stable")]
    kept = dict.fromkeys([time_column, *([] if group is None else [group]), *columns])
    return {name: table.columns[name][last] for name in kept}


def with_lags_after(
    past: Mapping[str, Values],
    table: Table,
    time_column: str,
    lags: int,
    columns: Sequence[str],
    group: str | None = None,
) -> Table:
    """New rows, in the order in which they came, with the values before them from `past` and from each other.

    past      what `last_rows` gave for the rows that were learned from

    What is before a row and not known is missing: a series that `past` does not have, or the target of a new row
    that is yet to be predicted. A column of `columns` that the table lacks is missing in all new rows. Raises
    `InputError` as `with_lags` does, and for a row that is not later than the past of its series.

    >>> past = {"day": np.array([2.0, 3.0]), "price": np.array([20.0, 30.0])}
    >>> new = with_lags_after(past, Table({"day": np.array([5.0, 4.0])}), "day", 2, ["price"])
    >>> new.columns["price 1 before"].tolist(), new.columns["price 2 before"].tolist()
    ([nan, 30.0], [30.0, 20.0])
    """
    names = [time_column, *([] if group is None else [group]), *columns]
    absent = [name for name in names if name not in past]
    if absent:
        raise InputError(f"the past lacks the column '{absent[0]}'; give what `last_rows` returned for these columns")
    known = dict(table.columns)
    for name in columns:
        known.setdefault(name, np.full(table.rows, np.nan))
    new = Table(known, table.source, list(table.notes), dict(table.european))
    _check(new, time_column, lags, columns, group)
    if new.columns[time_column].dtype != past[time_column].dtype:
        raise InputError(
            f"{table.source}: the time '{time_column}' holds {new.columns[time_column].dtype}, and in training "
            f"{past[time_column].dtype}; write it as it was written there"
        )
    before = len(past[time_column])
    joined = Table({name: _joined(past[name], new.columns[name]) for name in dict.fromkeys(names)}, table.source)
    _check_later(joined, time_column, group, before)
    order, starts = _in_order(joined, time_column, group, before)
    places = np.arange(joined.rows) - starts
    for name in columns:
        values = joined.columns[name][order]
        for lag in range(1, lags + 1):
            lagged = np.empty(joined.rows)
            lagged[order] = np.where(places >= lag, np.roll(values, lag), np.nan)
            new.columns[lag_name(name, lag)] = lagged[before:]
    return new.without([name for name in columns if name not in table.columns])


def lag_name(column: str, lag: int) -> str:
    """The name of the column that holds the value of `lag` rows before.

    >>> lag_name("price", 2)
    'price 2 before'
    """
    return f"{column} {lag} before"


def time_like(columns: Sequence[Column]) -> list[str]:
    """The columns that place a row in time: dates, and numbers so named (year, month, week, …).

    Where there is one, a random split may let the future predict the past.

    >>> time_like([Column("Sale year", ColumnKind.NUMBER, "", 0, 9), Column("price", ColumnKind.NUMBER, "", 0, 9)])
    ['Sale year']
    """
    numbers = (ColumnKind.NUMBER, ColumnKind.IDENTIFIER, ColumnKind.CATEGORY)
    return [
        column.name
        for column in columns
        if column.kind is ColumnKind.DATE or (column.kind in numbers and _TIME.search(column.name) is not None)
    ]


def _check(table: Table, time_column: str, lags: int, columns: Sequence[str], group: str | None) -> None:
    if lags < 1:
        raise InputError(f"{table.source}: {lags} earlier values; expected at least 1")
    if isinstance(columns, str):
        raise InputError(f"{table.source}: the columns to look back on are '{columns}'; expected a list of names")
    for name in columns:
        if table.column(name).dtype.kind != "f":
            raise InputError(
                f"{table.source}: column '{name}' holds no numbers; only columns of numbers can be looked back on"
            )
        for lag in range(1, lags + 1):
            if lag_name(name, lag) in table.columns:
                raise InputError(f"{table.source}: there is a column '{lag_name(name, lag)}' already; rename it")
    times = table.column(time_column)
    if times.dtype.kind not in "fM":
        raise InputError(
            f"{table.source}: the time '{time_column}' holds text such as '{as_texts(times[:1])[0]}'; expected dates "
            "(year-month-day) or numbers"
        )
    for name in (time_column, *([] if group is None else [group])):
        missing = np.flatnonzero(missing_mask(table.column(name)))
        if len(missing):
            raise InputError(
                f"{table.source}: '{name}' is missing in {len(missing)} row(s), first in row {missing[0] + 1}; fill "
                "it in, or delete these rows"
            )


def _series(table: Table, group: str | None) -> Rows:
    """Which series each row is of, as a number."""
    if group is None:
        return np.zeros(table.rows, dtype=np.int64)
    names = np.array([text or "" for text in as_texts(table.columns[group])], dtype=str)
    return np.unique(names, return_inverse=True)[1].astype(np.int64)


def _in_order(table: Table, time_column: str, group: str | None, before: int = 0) -> tuple[Rows, Rows]:
    """The rows ordered by series and time, and where in that order each one's series starts.

    The first `before` rows are not the table's own, and are not counted in messages.
    """
    series, times = _series(table, group), table.columns[time_column]
    order = np.lexsort((times, series)).astype(np.int64)
    same = series[order][1:] == series[order][:-1]
    twice = np.flatnonzero(same & (times[order][1:] == times[order][:-1]))
    if len(twice):
        rows = sorted(int(row) - before + 1 for row in order[twice[0] : twice[0] + 2])
        of = "" if group is None else f" of '{as_texts(table.columns[group][order[twice[:1]]])[0]}'"
        raise InputError(
            f"{table.source}: the time '{time_column}' is {_time_text(times[order[twice[0]]])} twice{of}, in rows "
            f"{rows[0]} and {rows[1]} ({len(twice)} such pair(s)); "
            + (
                "keep one row of each time"
                if group
                else "keep one row of each time, or say which column tells series apart"
            )
        )
    first = np.concatenate([[True], ~same])
    starts = np.maximum.accumulate(np.where(first, np.arange(table.rows), 0)).astype(np.int64)
    return order, starts


def _check_later(joined: Table, time_column: str, group: str | None, before: int) -> None:
    """Raise `InputError` when a new row is not later than the past of its series."""
    series, times = _series(joined, group), joined.columns[time_column]
    new = np.arange(before, joined.rows)
    latest = np.empty(int(series.max(initial=0)) + 1, times.dtype)
    order = np.argsort(times[:before], kind="stable")
    latest[series[order]] = times[order]  # of one series, the last one assigned stays
    seen = np.isin(series[new], series[:before])
    early = new[seen & (times[new] <= latest[series[new]])]
    if len(early):
        raise InputError(
            f"{joined.source}: row {early[0] - before + 1} is of {_time_text(times[early[0]])}, not later than "
            f"{_time_text(latest[series[early[0]]])}, where what was learned from ends ({len(early)} such row(s)); "
            "give later rows only"
        )


def _joined(past: Values, new: Values) -> Values:
    if past.dtype == new.dtype:
        return np.concatenate([past, new])
    # A group may be numbers in one and texts in the other.
    return np.array([*as_texts(past), *as_texts(new)], dtype=object)


def _note_uneven(ordered: Table, time_column: str, starts: Rows) -> None:
    steps = np.diff(ordered.columns[time_column])[starts[1:] == starts[:-1]]
    if not len(steps):
        return
    usual, longest = np.median(steps), steps.max()
    if longest > 2 * usual:
        ordered.notes.append(
            f"column '{time_column}': steps are uneven; the longest is {longest / usual:.3g} times the usual one, and "
            "'before' counts rows"
        )


def _time_text(time: object) -> str:
    if isinstance(time, np.datetime64):
        return str(time).removesuffix(".000000").removesuffix("T00:00:00")
    return str(as_texts(np.array([time]))[0])
