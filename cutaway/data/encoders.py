"""A table as the inputs of a network: one encoder a column, fitted on the training rows only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from cutaway.data.boolean_encoder import BooleanEncoder
from cutaway.data.category_encoder import ONE_HOT_LIMIT, CategoryEncoder
from cutaway.data.columns import Column, ColumnKind
from cutaway.data.date_encoder import DateEncoder, as_dates
from cutaway.data.number_encoder import NumberEncoder, as_numbers
from cutaway.data.series import Series
from cutaway.data.strict_json import fields, texts
from cutaway.data.suggestions import alike
from cutaway.data.table import Table, Values, missing_mask
from cutaway.data.text_encoder import TextEncoder
from cutaway.errors import InputError

Encoder = NumberEncoder | CategoryEncoder | BooleanEncoder | DateEncoder | TextEncoder

AT_ONCE = 65_536  # rows of a column that are encoded at once

ENCODERS: dict[str, type[NumberEncoder | CategoryEncoder | BooleanEncoder | DateEncoder | TextEncoder]] = {
    "number": NumberEncoder,
    "category": CategoryEncoder,
    "boolean": BooleanEncoder,
    "date": DateEncoder,
    "text": TextEncoder,
}
"""Every encoder by the name it has in a file; nothing else is ever made from one."""


@dataclass
class Counts:
    """What a table held that the training rows did not, in cells a column, and which columns it lacked."""

    rows: int
    missing_columns: list[str] = field(default_factory=list)
    unseen_categories: dict[str, int] = field(default_factory=dict)
    unknown_texts: dict[str, int] = field(default_factory=dict)
    unreadable: dict[str, int] = field(default_factory=dict)
    newly_missing: dict[str, int] = field(default_factory=dict)
    without_past: int = 0  # rows of a series that lack some of the earlier values
    lags: int = 0
    alike: dict[str, str] = field(default_factory=dict)  # missing columns, and one there that differs only in case

    def sentences(self) -> list[str]:
        """The counts in words, one sentence each; nothing to say is an empty list.

        >>> Counts(10, unseen_categories={"town": 2}).sentences()
        ["column 'town': 2 of 10 values are categories not seen in training, taken as unknown"]
        """
        said = [
            f"column '{name}' is not there{self._hint(name)}: taken as missing in every row"
            for name in self.missing_columns
        ]
        if self.without_past:
            said.append(
                f"{self.without_past} of {self.rows} rows lack earlier values: put the last {self.lags} rows that are "
                "known before the new ones, the target with them; their predictions are worse than the score says"
            )
        for counted, words in (
            (self.unseen_categories, "are categories not seen in training, taken as unknown"),
            (self.unknown_texts, "are texts without any word that was telling in training"),
            (self.unreadable, "cannot be read as what the column held in training, taken as missing"),
            (self.newly_missing, "are missing, though none was in training"),
        ):
            said += [f"column '{name}': {count} of {self.rows} values {words}" for name, count in counted.items()]
        return said

    def _hint(self, name: str) -> str:
        return f" ('{self.alike[name]}' is, which differs in case)" if name in self.alike else ""


@dataclass(frozen=True)
class TableEncoder:
    """The inputs of a network from a table: numbers first, other dense columns, codes for embeddings last.

    `may_miss` names the columns in which values were missing while fitting; `european` says how cells of the whole
    table, the target's too, that can be meant in two ways were read then (see `Table`): new rows are read alike.
    """

    encoders: tuple[Encoder, ...]
    may_miss: frozenset[str]
    european: dict[str, bool] = field(default_factory=dict)
    series: Series | None = None

    version: ClassVar[int] = 1

    @classmethod
    def fit(
        cls,
        table: Table,
        columns: Sequence[Column],
        one_hot_limit: int = ONE_HOT_LIMIT,
        target: NDArray[Any] | None = None,
        rows: NDArray[Any] | None = None,
        series: Series | None = None,
    ) -> TableEncoder:
        """Fit one encoder for each used column, on the training rows only.

        table          the training rows, or all rows with `rows`
        columns        what each column is
        one_hot_limit  up to so many categories have a column each, see `CategoryEncoder`
        target         the encoded target of the training rows, codes (n,) or numbers (n,) or (n, 1), for encoders that
                       choose by it what they keep (see `TextEncoder`)
        rows           the training rows by position or by a mask (None: all), which spares a copy of the table
        series         how the table looked back, so that new rows do, too

        Raises `InputError` when no column is used.
        """
        encoders: list[Encoder] = []
        may_miss: set[str] = set()
        for column in columns:
            if not column.kind.used:
                continue
            values = table.column(column.name) if rows is None else table.column(column.name)[rows]
            if column.kind is ColumnKind.CATEGORY:
                encoders.append(CategoryEncoder.fit(column.name, values, one_hot_limit))
            elif column.kind is ColumnKind.TEXT:
                encoders.append(TextEncoder.fit(column.name, values, target))
            else:
                encoders.append(ENCODERS[column.kind.value].fit(column.name, values))
            if not encoders[-1].names:  # texts of which no word tells anything
                encoders.pop()
            elif missing_mask(values).any():
                may_miss.add(column.name)
        if not encoders:
            words = {ColumnKind.TEXT: "text, of which no word tells of the target"}
            reasons = "; ".join(f"'{column.name}' is {words.get(column.kind, column.kind.value)}" for column in columns)
            raise InputError(
                f"{table.source}: no column is left to learn from "
                + (
                    f"({reasons}); name one as a category or as a number to use it all the same"
                    if reasons
                    else "(there is only the target); give a table with columns to predict it by"
                )
            )
        # Python's sort keeps the columns' order within each of the three parts.
        ordered = sorted(encoders, key=_part)
        return cls(tuple(ordered), frozenset(may_miss), dict(table.european), series)

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the table's columns that are read."""
        return tuple(encoder.column for encoder in self.encoders)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the encoded columns, one for each of the width."""
        return tuple(name for encoder in self.encoders for name in encoder.names)

    @property
    def width(self) -> int:
        """The number of encoded columns, codes included."""
        return len(self.names)

    @property
    def numbers(self) -> int:
        """How many of the encoded columns, which come first, are numbers or dates."""
        return sum(len(encoder.names) for encoder in self.encoders if _part(encoder) == 0)

    @property
    def code_sizes(self) -> tuple[int, ...]:
        """For each trailing column of codes, how many codes there are, 0 (missing or unknown) included."""
        return tuple(size for encoder in self.encoders if (size := _code_size(encoder)))

    def example(self) -> NDArray[np.float32]:
        """Return one encoded row, each code the largest there is; (1, width)."""
        row = np.zeros((1, self.width), np.float32)
        sizes = self.code_sizes
        row[0, self.width - len(sizes) :] = [size - 1 for size in sizes]
        return row

    def transform(self, table: Table, rows: NDArray[Any] | None = None) -> NDArray[np.float32]:
        """Encode; table (rows) -> x (rows, width). With `rows`, those rows only, by position or by a mask."""
        return self.transform_counted(table, rows)[0]

    def transform_counted(self, table: Table, rows: NDArray[Any] | None = None) -> tuple[NDArray[np.float32], Counts]:
        """Encode, and count what was met that the training rows did not hold.

        Nothing that a table can hold fails: columns may come in another order, more or fewer of them.
        """
        height = table.rows if rows is None else len(np.arange(table.rows)[rows])
        encoded = np.empty((height, self.width), dtype=np.float32)
        counts = Counts(height)
        start = 0
        for encoder in self.encoders:
            values = table.columns.get(encoder.column)
            if values is None:
                counts.missing_columns.append(encoder.column)
                similar = alike(encoder.column, table.names)
                if similar is not None:
                    counts.alike[encoder.column] = similar
                values = np.full(height, np.nan)
            else:
                values = values if rows is None else values[rows]
                self._count(encoder, values, counts)
            stop = start + len(encoder.names)
            for first in range(0, height, AT_ONCE):  # what is made on the way stays in the processor's caches
                part = slice(first, first + AT_ONCE)
                encoded[part, start:stop] = encoder.transform(values[part])
            start = stop
        if self.series is not None:
            without = [counts.newly_missing.pop(name, 0) for name in self.series.lagged]
            counts.without_past, counts.lags = max(without), self.series.lags
        return encoded, counts

    def _count(self, encoder: Encoder, values: Values, counts: Counts) -> None:
        name = encoder.column
        if isinstance(encoder, NumberEncoder):
            unlike, where = as_numbers(values)[1], counts.unreadable
        elif isinstance(encoder, DateEncoder):
            unlike, where = as_dates(values)[1], counts.unreadable
        elif isinstance(encoder, BooleanEncoder):
            unlike, where = encoder.unseen(values), counts.unreadable
        elif isinstance(encoder, TextEncoder):
            unlike, where = encoder.unseen(values), counts.unknown_texts
        else:
            unlike, where = encoder.unseen(values), counts.unseen_categories
        if unlike:
            where[name] = unlike
        missing = int(missing_mask(values).sum())
        if missing and name not in self.may_miss:
            counts.newly_missing[name] = missing

    def to_json(self) -> dict[str, Any]:
        """The encoder as JSON data; it holds category names and statistics, and no row."""
        return {
            "version": self.version,
            "encoders": [encoder.to_json() for encoder in self.encoders],
            "may_miss": sorted(self.may_miss),
            "european": dict(self.european),
            "series": None if self.series is None else self.series.to_json(),
        }

    @classmethod
    def from_json(cls, data: object) -> TableEncoder:
        """The encoder that `to_json` described; `InputError` when the data is not such a description."""
        absent = isinstance(data, dict) and data.get("series") is None
        kinds = {"encoders": list, "may_miss": list, "european": dict, "series": type(None) if absent else dict}
        found = fields(data, "table encoder", version=int, **kinds)
        if found["version"] != cls.version:
            raise InputError(f"table encoder: version {found['version']}; this program reads {cls.version}")
        encoders: list[Encoder] = []
        for described in found["encoders"]:
            kind = described.get("kind") if isinstance(described, dict) else None
            if not isinstance(kind, str) or kind not in ENCODERS:
                raise InputError(f"table encoder: no encoder is called {kind!r}; there are {sorted(ENCODERS)}")
            encoders.append(ENCODERS[kind].from_json(described))
        names = texts([encoder.column for encoder in encoders], "table encoder: columns")
        may_miss = texts(found["may_miss"], "table encoder: columns that may miss values")
        if not names or not set(may_miss) <= set(names):
            raise InputError(f"table encoder: columns {list(names)}, of which {list(may_miss)} may miss values")
        series = None if found["series"] is None else Series.from_json(found["series"])
        european = found["european"]
        if not all(isinstance(way, bool) for way in european.values()):
            raise InputError(f"table encoder: european is {european}; expected true or false for each column")
        parts = [_part(encoder) for encoder in encoders]
        if parts != sorted(parts):
            raise InputError("table encoder: columns of numbers must come before all others, codes after them")
        return cls(tuple(encoders), frozenset(may_miss), european, series)


def _part(encoder: Encoder) -> int:
    """Return 0 for numbers and dates, 1 for other dense columns, 2 for codes: the order of the encoded columns."""
    return 2 if _code_size(encoder) else int(not isinstance(encoder, (NumberEncoder, DateEncoder)))


def _code_size(encoder: Encoder) -> int:
    return encoder.code_size if isinstance(encoder, CategoryEncoder) else 0
