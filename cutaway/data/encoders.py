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
from cutaway.data.strict_json import fields, texts
from cutaway.data.suggestions import alike
from cutaway.data.table import Table, Values, missing_mask
from cutaway.errors import InputError

Encoder = NumberEncoder | CategoryEncoder | BooleanEncoder | DateEncoder

ENCODERS: dict[str, type[NumberEncoder | CategoryEncoder | BooleanEncoder | DateEncoder]] = {
    "number": NumberEncoder,
    "category": CategoryEncoder,
    "boolean": BooleanEncoder,
    "date": DateEncoder,
}
"""Every encoder by the name it has in a file; nothing else is ever made from one."""


@dataclass
class Counts:
    """What a table held that the training rows did not, in cells a column, and which columns it lacked."""

    rows: int
    missing_columns: list[str] = field(default_factory=list)
    unseen_categories: dict[str, int] = field(default_factory=dict)
    unreadable: dict[str, int] = field(default_factory=dict)
    newly_missing: dict[str, int] = field(default_factory=dict)
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
        for counted, words in (
            (self.unseen_categories, "are categories not seen in training, taken as unknown"),
            (self.unreadable, "cannot be read as what the column held in training, taken as missing"),
            (self.newly_missing, "are missing, though none was in training"),
        ):
            said += [f"column '{name}': {count} of {self.rows} values {words}" for name, count in counted.items()]
        return said

    def _hint(self, name: str) -> str:
        return f" ('{self.alike[name]}' is, which differs in case)" if name in self.alike else ""


@dataclass(frozen=True)
class TableEncoder:
    """The inputs of a network from a table: dense columns first, codes for embeddings last.

    `may_miss` names the columns in which values were missing while fitting; `european` says how cells that can be
    meant in two ways were read then (see `Table`), so that new rows are read alike.
    """

    encoders: tuple[Encoder, ...]
    may_miss: frozenset[str]
    european: dict[str, bool] = field(default_factory=dict)

    version: ClassVar[int] = 1

    @classmethod
    def fit(cls, table: Table, columns: Sequence[Column], one_hot_limit: int = ONE_HOT_LIMIT) -> TableEncoder:
        """Fit one encoder for each used column, on all rows of `table`: give it the training rows only.

        Raises `InputError` when no column is used.
        """
        encoders: list[Encoder] = []
        may_miss: set[str] = set()
        for column in columns:
            if not column.kind.used:
                continue
            values = table.column(column.name)
            if column.kind is ColumnKind.CATEGORY:
                encoders.append(CategoryEncoder.fit(column.name, values, one_hot_limit))
            else:
                encoders.append(ENCODERS[column.kind.value].fit(column.name, values))
            if missing_mask(values).any():
                may_miss.add(column.name)
        if not encoders:
            reasons = "; ".join(f"'{column.name}' is {column.kind.value}" for column in columns)
            raise InputError(
                f"{table.source}: no column is left to learn from ({reasons or 'there is only the target'}); "
                "name one as a category or as a number to use it all the same"
            )
        # Python's sort keeps the columns' order within each of the two parts.
        ordered = sorted(encoders, key=lambda encoder: _code_size(encoder) > 0)
        names = {encoder.column for encoder in ordered}
        european = {name: way for name, way in table.european.items() if name in names}
        return cls(tuple(ordered), frozenset(may_miss), european)

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
    def code_sizes(self) -> tuple[int, ...]:
        """For each trailing column of codes, how many codes there are, 0 (missing or unknown) included."""
        return tuple(size for encoder in self.encoders if (size := _code_size(encoder)))

    def transform(self, table: Table) -> NDArray[np.float32]:
        """Encode; table (rows) -> x (rows, width)."""
        return self.transform_counted(table)[0]

    def transform_counted(self, table: Table) -> tuple[NDArray[np.float32], Counts]:
        """Encode, and count what was met that the training rows did not hold.

        Nothing that a table can hold fails: columns may come in another order, more or fewer of them.
        """
        encoded = np.empty((table.rows, self.width), dtype=np.float32)
        counts = Counts(table.rows)
        start = 0
        for encoder in self.encoders:
            values = table.columns.get(encoder.column)
            if values is None:
                counts.missing_columns.append(encoder.column)
                similar = alike(encoder.column, table.names)
                if similar is not None:
                    counts.alike[encoder.column] = similar
                values = np.full(table.rows, np.nan)
            else:
                self._count(encoder, values, counts)
            stop = start + len(encoder.names)
            encoded[:, start:stop] = encoder.transform(values)
            start = stop
        return encoded, counts

    def _count(self, encoder: Encoder, values: Values, counts: Counts) -> None:
        name = encoder.column
        if isinstance(encoder, NumberEncoder):
            unlike, where = as_numbers(values)[1], counts.unreadable
        elif isinstance(encoder, DateEncoder):
            unlike, where = as_dates(values)[1], counts.unreadable
        elif isinstance(encoder, BooleanEncoder):
            unlike, where = encoder.unseen(values), counts.unreadable
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
        }

    @classmethod
    def from_json(cls, data: object) -> TableEncoder:
        """The encoder that `to_json` described; `InputError` when the data is not such a description."""
        found = fields(data, "table encoder", version=int, encoders=list, may_miss=list, european=dict)
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
        european = found["european"]
        if not european.keys() <= set(names) or not all(isinstance(way, bool) for way in european.values()):
            raise InputError(f"table encoder: european is {european}; expected true or false for columns it reads")
        sizes = [_code_size(encoder) > 0 for encoder in encoders]
        if sizes != sorted(sizes):
            raise InputError("table encoder: columns of codes must come after all others")
        return cls(tuple(encoders), frozenset(may_miss), european)


def _code_size(encoder: Encoder) -> int:
    return encoder.code_size if isinstance(encoder, CategoryEncoder) else 0
