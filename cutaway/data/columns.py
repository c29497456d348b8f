"""What each column of a table is, and why."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from cutaway.data.cells import BOOLEAN_WORDS
from cutaway.data.number_encoder import as_numbers
from cutaway.data.table import Table, Values, as_texts, missing_mask
from cutaway.errors import InputError

FEW = 20  # so many distinct texts are categories even in a table hardly longer than that


class ColumnKind(StrEnum):
    """What a column is taken for; the first four become inputs of a network, the others are left out."""

    NUMBER = "number"
    CATEGORY = "category"
    BOOLEAN = "boolean"
    DATE = "date"
    TEXT = "text"
    IDENTIFIER = "identifier"
    CONSTANT = "constant"
    LEAK = "leak"
    DUPLICATE = "duplicate"
    DROPPED = "dropped"

    @property
    def used(self) -> bool:
        """Whether columns of this kind are inputs.

        >>> ColumnKind.DATE.used, ColumnKind.LEAK.used
        (True, False)
        """
        return self in (ColumnKind.NUMBER, ColumnKind.CATEGORY, ColumnKind.BOOLEAN, ColumnKind.DATE)


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
) -> list[Column]:
    """Decide what each column other than the target is.

    Columns named in `category` are categories whatever they hold, those in `number` numbers; those in `drop` are left
    out. Whole numbers that are all different are left out as identifiers where they are so named or count the rows,
    unless no other input is left. Raises `InputError` for a name that the table does not have, and for one that is
    asked for as two things.

    >>> table = Table({"rooms": np.array([2.0, 3.5, 2.0]), "price": np.array([5.0, 7.0, 6.0])})
    >>> describe_columns(table, "price")[0].kind
    <ColumnKind.NUMBER: 'number'>
    """
    for name in (target, *category, *number, *drop):
        table.column(name)
    asked = [*set(category), *set(number), *set(drop)]
    for name in asked:
        if asked.count(name) > 1:
            raise InputError(f"column '{name}': is asked for as two of category, number and left out; choose one")
    described: list[Column] = []
    seen: dict[bytes | int, list[str]] = {}
    for name, values in table.columns.items():
        if name == target:
            continue
        column = _as_number(name, values) if name in number else _describe(name, values, name in category)
        if name in drop:
            column = _with(column, ColumnKind.DROPPED, "left out as asked")
        elif column.kind is not ColumnKind.CONSTANT:
            if _equal(values, table.columns[target]):
                column = _with(column, ColumnKind.LEAK, f"equals the target '{target}' in every row: left out")
            elif column.kind.used:
                column = _unless_repeated(column, values, table, seen)
        described.append(column)
    if not any(column.kind.used for column in described):
        described = [_kept(column, table, seen) for column in described]
    return described


def _kept(column: Column, table: Table, seen: dict[bytes | int, list[str]]) -> Column:
    """Return a column of numbers as one, though it looks like an identifier: there is nothing else to learn from."""
    values = table.columns[column.name]
    if column.kind is not ColumnKind.IDENTIFIER or values.dtype.kind != "f":
        return column
    reason = f"{_measured(values[~np.isnan(values)])}: like an identifier, used since no other input is left"
    return _unless_repeated(_with(column, ColumnKind.NUMBER, reason), values, table, seen)


def _as_number(name: str, values: Values) -> Column:
    """Describe a column that is to be a number whatever it looks like."""
    numbers, unlike = as_numbers(values)
    column = _describe(name, numbers, False)
    present = numbers[~np.isnan(numbers)]
    if not len(present) and not missing_mask(values).all():
        text = as_texts(values[~missing_mask(values)][:1])[0]
        raise InputError(f"column '{name}': is to be a number, and no value is one ('{text}'); leave it to be told")
    if column.kind is ColumnKind.CONSTANT:
        return column
    more = f", {unlike} others taken as missing" if unlike else ""
    return _with(column, ColumnKind.NUMBER, f"{_measured(present)}{more}: a number as asked")


def _measured(present: Values) -> str:
    """Return the range of numbers, and how many differ, in few words.

    >>> _measured(np.array([32.1, 59.6, 59.6]))
    '32.1 to 59.6, 2 distinct'
    """
    finite = present[np.isfinite(present)]
    endless = len(present) - len(finite)
    more = f", {endless} infinite" if endless else ""
    return f"{finite.min():.6g} to {finite.max():.6g}, {len(np.unique(present))} distinct{more}"


def _with(column: Column, kind: ColumnKind, reason: str) -> Column:
    return Column(column.name, kind, reason, column.missing, column.distinct)


def _unless_repeated(column: Column, values: Values, table: Table, seen: dict[bytes | int, list[str]]) -> Column:
    key = hash(tuple(values[:64].tolist())) if values.dtype.kind == "O" else values[:64].tobytes()
    for other in seen.setdefault(key, []):
        if _equal(values, table.columns[other]):
            reason = f"equals the column '{other}' in every row: left out"
            return _with(column, ColumnKind.DUPLICATE, reason)
    seen[key].append(column.name)
    return column


def _equal(one: Values, other: Values) -> bool:
    if one.dtype != other.dtype:
        return False
    if one.dtype.kind in "fM":
        return bool(np.array_equal(one, other, equal_nan=True))
    return bool(np.all(one == other))


def _describe(name: str, values: Values, as_category: bool) -> Column:
    missing = missing_mask(values)
    count = int(missing.sum())
    present = values[~missing]
    texts = present.dtype.kind == "O"
    distinct = len(set(present.tolist())) if texts else len(np.unique(present))
    if distinct == 0:
        kind, reason = ColumnKind.CONSTANT, "every value is missing: left out"
    elif distinct == 1 and not count:
        kind, reason = (
            ColumnKind.CONSTANT,
            f"the same value in every row ({as_texts(present[:1])[0]}): left out",
        )
    elif as_category:
        kind, reason = ColumnKind.CATEGORY, f"{distinct} distinct values, taken as categories as asked"
    elif distinct == 1:
        value = as_texts(present[:1])[0]
        kind, reason = ColumnKind.CATEGORY, f"either '{value}' or missing: a category"
    elif present.dtype.kind == "b" or (texts and _all_booleans(present)):
        words = sorted(set(as_texts(present)) - {None}, key=str)
        kind, reason = ColumnKind.BOOLEAN, f"two values, {words[0]} and {words[1]}: a boolean"
    elif present.dtype.kind == "M":
        first, last = np.datetime_as_string(np.array([present.min(), present.max()]), unit="D")
        kind, reason = ColumnKind.DATE, f"dates from {first} to {last}"
    elif texts:
        kind, reason = _text_kind(name, as_texts(present), distinct)
    else:
        kind, reason = _number_kind(name, present, distinct)
    return Column(name, kind, reason, count, distinct)


def _all_booleans(present: Values) -> bool:
    words = {text.lower() for text in as_texts(present) if text is not None}
    return len(words) == 2 and any(words == set(pair) for pair in BOOLEAN_WORDS)


_IDENTIFIER = re.compile(
    r"(^|[_\s.-])(id|ids|uuid|guid|key|index|idx|number|num|no|nr|code|row|rowid|row_name)$|^unnamed: \d+$", re.I
)
_UNNAMED = re.compile(r"column_\d+")  # so called by us
_TIME = re.compile(
    r"(^|[_\s.-])(years?|months?|weeks?|days?|dates?|hours?|minutes?|seconds?|times?|t|ages?)($|[_\s.-])", re.I
)


def _named_as_identifier(name: str) -> bool:
    return _IDENTIFIER.search(name) is not None or re.search(r"[a-z]I[Dd]$", name) is not None


def _counts_rows(name: str, values: Values) -> bool:
    """Whether all different whole numbers are 0 to n − 1 or 1 to n, or ascend in a column without a name."""
    if _TIME.search(name):
        return False
    if _UNNAMED.fullmatch(name):
        return bool(np.all(np.diff(values) > 0))
    return float(values.min()) in (0.0, 1.0) and float(values.max() - values.min()) == len(values) - 1 > 9


def _number_kind(name: str, present: Values, distinct: int) -> tuple[ColumnKind, str]:
    finite = present[np.isfinite(present)]
    whole = len(finite) == len(present) and bool(np.all(finite == np.floor(finite)))
    if whole and distinct == len(present) and distinct > 2:
        hint = f"(number=['{name}'] to use it as a number)"
        if _counts_rows(name, present):
            return ColumnKind.IDENTIFIER, f"counts the rows: an identifier, left out {hint}"
        if _named_as_identifier(name):
            return (
                ColumnKind.IDENTIFIER,
                f"{distinct} whole numbers, all different, and so named: an identifier, left out {hint}",
            )
    if not len(finite):
        return ColumnKind.CONSTANT, "infinite in every row: left out"
    return ColumnKind.NUMBER, _measured(present)


def _text_kind(name: str, texts: list[str | None], distinct: int) -> tuple[ColumnKind, str]:
    different = {text for text in texts if text is not None}
    words = sum(len(text.split()) for text in different) / distinct
    length = sum(len(text) for text in different) / distinct
    all_different = distinct == len(texts) and distinct > 2
    near_unique = all_different or (distinct > FEW and distinct > 0.5 * len(texts))
    measured = f"{distinct} distinct texts in {len(texts)} rows"
    if near_unique and words >= 3:
        return ColumnKind.TEXT, f"{measured}, {words:.0f} words each: free text, not used as an input"
    if near_unique:
        return ColumnKind.IDENTIFIER, f"{measured}, short and nearly all different: an identifier, left out"
    if distinct > FEW and (words >= 6 or length >= 60):
        return ColumnKind.TEXT, f"{measured}, {words:.0f} words each: free text, not used as an input"
    return ColumnKind.CATEGORY, f"{measured}: categories"
