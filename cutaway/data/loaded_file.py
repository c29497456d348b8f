"""A file's rows in a database, and how the cells of each column become values."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from cutaway.data.cells import Reading, TextColumn, filled_in
from cutaway.data.table import Table, Values

LEAST = "8MB"  # that a database on disk keeps while nothing is asked of it


@dataclass(frozen=True)
class LoadedColumn:
    """A column of the database: SQL for its values, what stands where one is missing, and the array that holds them.

    `cell` is SQL for the text of the cell as it arrived, "" where the file is not delimited.
    """

    value: str
    filler: Any
    dtype: str
    cell: str = ""


@dataclass
class LoadedFile:
    """A file's rows in the table `arrived` of a database, in the file's order, and how its columns are read.

    `notes` and `european` are those of `Table`; `memory` is what a database on disk may use, None for one in memory;
    `delimiter` separates the cells in the file, "" where they have types instead; `marked` says whether it began with
    a byte order mark.
    """

    connection: Any
    source: str
    notes: list[str] = field(default_factory=list)
    european: dict[str, bool] = field(default_factory=dict)
    columns: dict[str, LoadedColumn] = field(default_factory=dict)
    rows: int = 0
    memory: str | None = None
    delimiter: str = ""
    marked: bool = False

    def table(self) -> Table:
        """All rows as a table in memory."""
        return Table({name: self.values(name) for name in self.columns}, self.source, self.notes, self.european)

    def rest(self) -> None:
        """Give back the memory in which a database on disk keeps what it has read."""
        import duckdb

        if self.memory is not None:
            with suppress(duckdb.OutOfMemoryException):  # what is in use meanwhile stays
                self.connection.execute(f"SET memory_limit = '{LEAST}'")
            self.connection.execute(f"SET memory_limit = '{self.memory}'")

    def values(self, name: str) -> Values:
        """One column of all rows."""
        column = self.columns[name]
        fetched = self.connection.execute(f"SELECT {column.value} AS v FROM arrived").fetchnumpy()["v"]
        return filled_in(fetched, column.filler, column.dtype)

    def decide(
        self, relation: str, cell: str, name: str, european: Mapping[str, bool] | None, usual: bool = False
    ) -> Reading:
        """How a column of text is read; what was repaired or decided on the way is added to this."""
        column = TextColumn.of(self.connection, relation, cell, name, european, usual, self.notes)
        reading = column.reading()
        if column.read_as is not None:
            self.european[name] = column.read_as
        return reading


def first_line(fault: Exception) -> str:
    """What a database says of a fault, without the pages that follow."""
    return str(fault).splitlines()[0]
