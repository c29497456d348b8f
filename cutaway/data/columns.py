"""What each column of a table is, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from cutaway.data.date_encoder import as_dates
from cutaway.data.kinds import FEW, ColumnKind, kind_of, measured, span
from cutaway.data.number_encoder import as_numbers
from cutaway.data.table import Table, Values, as_texts, missing_mask
from cutaway.errors import InputError

__all__ = ["Column", "ColumnKind", "describe_columns"]


@dataclass(frozen=True)
class Column:
    """One column: what it is, in plain words why, how many values are missing and how many differ."""

    name: str
    kind: ColumnKind
    reason: str
    missing: int
    distinct: int


def describe_columns(
    table: Table,
    target: str,
    *,
    category: Sequence[str] = (),
    number: Sequence[str] = (),
    drop: Sequence[str] = (),
    text: Sequence[str] = (),
    date: Sequence[str] = (),
) -> list[Column]:
    """Decide what each column other than the target is.

    Columns named in `category`, `number`, `text` and `date` are that whatever they look like; those in `drop` are left
    out. Whole numbers that are all different are left out as identifiers where they are so named or count the rows,
    unless no other input is left. Raises `InputError` for a name that the table does not have, and for one that is
    asked for as two things.

    >>> table = Table({"rooms": np.array([2.0, 3.5, 2.0]), "price": np.array([5.0, 7.0, 6.0])})
    >>> describe_columns(table, "price")[0].kind
    <ColumnKind.NUMBER: 'number'>
    """
    asked = [*set(category), *set(number), *set(drop), *set(text), *set(date)]
    for name in (target, *asked):
        table.column(name)
        if asked.count(name) > 1:
            raise InputError(
                f"column '{name}': is asked for as two of category, number, text, date and left out; choose one"
            )
    described: list[Column] = []
    seen: dict[bytes | int, list[str]] = {}
    answers = _few_answers(table.columns[target])
    for name, values in table.columns.items():
        if name == target:
            continue
        if name in number:
            column = _as_number(name, values)
        elif name in text or name in date:
            column = _as_asked(name, values, ColumnKind.TEXT if name in text else ColumnKind.DATE)
        else:
            column = Column(name, *kind_of(name, values, name in category))
        if name in drop:
            column = _with(column, ColumnKind.DROPPED, "left out as asked")
        elif column.kind is not ColumnKind.CONSTANT:
            if _equal(values, table.columns[target]):
                column = _with(column, ColumnKind.LEAK, f"equals the target '{target}' in every row: left out")
            elif column.kind.used:
                column = _unless_repeated(column, values, table, seen)
                if column.kind.used and _says_the_same(column, values, answers):
                    reason = (
                        f"{column.reason}; each value goes with one of '{target}': leave it out if it is known later"
                    )
                    column = _with(column, column.kind, reason)
        described.append(column)
    if not any(column.kind.used for column in described):
        described = [_kept(column, table, seen) for column in described]
    return described


def _kept(column: Column, table: Table, seen: dict[bytes | int, list[str]]) -> Column:
    """Return a column of numbers as one, though it looks like an identifier: there is nothing else to learn from."""
    values = table.columns[column.name]
    if column.kind is not ColumnKind.IDENTIFIER or values.dtype.kind != "f":
        return column
    reason = (
        f"{measured(values[~np.isnan(values)], column.distinct)}: like an identifier, used since no other input is left"
    )
    return _unless_repeated(_with(column, ColumnKind.NUMBER, reason), values, table, seen)


def _as_number(name: str, values: Values) -> Column:
    """Describe a column that is to be a number whatever it looks like."""
    numbers, unlike = as_numbers(values)
    column = Column(name, *kind_of(name, numbers))
    present = numbers[~np.isnan(numbers)]
    if not len(present) and not missing_mask(values).all():
        text = as_texts(values[~missing_mask(values)][:1])[0]
        raise InputError(f"column '{name}': is to be a number, and no value is one ('{text}'); leave it to be told")
    if column.kind is ColumnKind.CONSTANT:
        return column
    more = f", {unlike} others taken as missing" if unlike else ""
    return _with(column, ColumnKind.NUMBER, f"{measured(present, column.distinct)}{more}: a number as asked")


def _as_asked(name: str, values: Values, kind: ColumnKind) -> Column:
    """Describe a column that is to be text, or dates, whatever it looks like."""
    column = Column(name, *kind_of(name, values, as_category=True))
    if column.kind is ColumnKind.CONSTANT:
        return column
    if kind is ColumnKind.TEXT:
        return _with(column, kind, f"{column.distinct} distinct texts, their words are counted: text as asked")
    dates, unlike = as_dates(values)
    there = dates[~np.isnat(dates)]
    if not len(there):
        shown = as_texts(values[~missing_mask(values)][:1])[0]
        raise InputError(
            f"column '{name}': is to be dates, and no value is one ('{shown}'); write them as year-month-day"
        )
    more = f", {unlike} others taken as missing" if unlike else ""
    return _with(column, kind, f"{span(there)}{more}: a date as asked")


def _with(column: Column, kind: ColumnKind, reason: str) -> Column:
    return replace(column, kind=kind, reason=reason)


def _unless_repeated(column: Column, values: Values, table: Table, seen: dict[bytes | int, list[str]]) -> Column:
    key = hash(tuple(values[:64].tolist())) if values.dtype.kind == "O" else values[:64].tobytes()
    for other in seen.setdefault(key, []):
        if _equal(values, table.columns[other]):
            reason = f"equals the column '{other}' in every row: left out"
            return _with(column, ColumnKind.DUPLICATE, reason)
    seen[key].append(column.name)
    return column


def _few_answers(target: Values) -> list[str | None]:
    """The target's values as texts, where few are different; none where many are."""
    distinct = len(set(target[:10_000].tolist()))
    return as_texts(target) if distinct <= FEW else []


def _says_the_same(column: Column, values: Values, answers: list[str | None]) -> bool:
    """Whether each value of a column goes with one value of the target and the other way round: perhaps a leak."""
    if not answers or column.distinct > FEW or column.missing or len(values) < 5 * column.distinct:
        return False
    pairs = set(zip(as_texts(values), answers, strict=True))
    return len(pairs) == column.distinct == len({answer for _, answer in pairs})


def _equal(one: Values, other: Values) -> bool:
    if one.dtype != other.dtype:
        return False
    if one.dtype.kind in "fM":
        return bool(np.array_equal(one, other, equal_nan=True))
    return bool(np.all(one == other))
