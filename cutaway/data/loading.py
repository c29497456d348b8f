"""A file's rows in a database, and how the cells of each column become values."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from cutaway.data.cells import EXACT, Reading, TextColumn, filled_in, measures, number_of
from cutaway.data.dialect import Dialect, find_dialect, unique_names
from cutaway.data.opening import FileKind, OpenedFile, opened
from cutaway.data.ragged import rewrite_even
from cutaway.data.shards import check_alike, check_kinds
from cutaway.data.table import Table, Values
from cutaway.errors import InputError

_NUMBERS = (
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "UTINYINT",
    "USMALLINT",
    "UINTEGER",
    "FLOAT",
    "DOUBLE",
    "DECIMAL",
)
_LONG_NUMBERS = ("BIGINT", "UBIGINT", "HUGEINT", "UHUGEINT", "BIGNUM")
_NESTED = ("STRUCT", "MAP", "UNION", "BLOB")

LARGE = 64 << 20  # bytes; a file of this size or more is kept in a database on disk, not in memory
MEMORY = ("128MB", "1GB", "8GB")  # for the database on disk; the next one where a table is too wide for the first
LEAST = "8MB"  # that it keeps while nothing is asked of it


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
    `delimiter` separates the cells in the file, "" where they have types instead.
    """

    connection: Any
    source: str
    notes: list[str] = field(default_factory=list)
    european: dict[str, bool] = field(default_factory=dict)
    columns: dict[str, LoadedColumn] = field(default_factory=dict)
    rows: int = 0
    memory: str | None = None
    delimiter: str = ""

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


@contextmanager
def loaded(path: str | os.PathLike[str], european: Mapping[str, bool] | None = None) -> Iterator[LoadedFile]:
    """Bring a file into a database for the length of a `with` block, and decide how each column is read.

    Decisions look at every cell. The database of a large file is on disk and uses little memory. `european` is that
    of `read_table`. Raises `InputError` when there is nothing to read, or the file changed meanwhile.
    """
    with tempfile.TemporaryDirectory(prefix="cutaway-") as folder:
        with opened(path) as file:
            ready = _in_database(file, str(path), Path(folder), european)
        try:
            ((ready.rows,),) = ready.connection.execute("SELECT count(*) FROM arrived").fetchall()
            if not ready.rows:
                held = f"holds {len(ready.columns)} column(s) and no rows; expected at least one row"
                raise InputError(f"{ready.source}: {held}")
            yield ready
        finally:
            ready.connection.close()


def connect(place: Path | None = None, memory: str | None = None) -> Any:
    """A connection to a database, in memory or at `place`, there with so much memory at most."""
    import duckdb

    # Nothing is fetched over the network, and dates with a time zone mean the same on every machine.
    settings: dict[str, Any] = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
    if memory is not None:
        settings |= {"memory_limit": memory, "threads": min(4, os.cpu_count() or 1)}
    connection = duckdb.connect(":memory:" if place is None else str(place), config=settings)
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET enable_progress_bar = false")
    return connection


def _in_database(file: OpenedFile, source: str, folder: Path, european: Mapping[str, bool] | None) -> LoadedFile:
    import duckdb

    large = file.bytes >= LARGE
    for memory in MEMORY if large else (None,):
        ready = LoadedFile(connect(folder / f"rows{memory}" if large else None, memory), source, list(file.notes))
        try:
            if file.kind is FileKind.DELIMITED:
                _load_delimited(ready, file, european)
            else:
                _load_typed(ready, file, european)
        except duckdb.OutOfMemoryException as fault:
            ready.connection.close()
            if memory in (None, MEMORY[-1]):
                raise InputError(f"{source}: its rows need more memory than there is: {_first_line(fault)}") from fault
        except BaseException:
            ready.connection.close()
            raise
        else:
            ready.memory = memory
            return ready
    raise AssertionError("the last amount of memory either suffices or is an error")


def _load_delimited(ready: LoadedFile, file: OpenedFile, european: Mapping[str, bool] | None) -> None:
    import duckdb

    dialect = find_dialect(file.path, ready.source)
    ready.notes += dialect.notes
    ready.delimiter = dialect.delimiter
    width = len(dialect.names)
    large = file.bytes >= LARGE
    try:
        if not dialect.plain:
            raise duckdb.InvalidInputException("rows are to be rewritten")
        numbers = _arrive(ready.connection, file.path, dialect.delimiter, dialect.header, width, large)
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.Error:
        even = file.scratch / "even"
        ready.notes += rewrite_even(file.path, dialect, even, ready.source)
        try:
            numbers = _arrive(ready.connection, even, ",", False, width, large)
        except duckdb.OutOfMemoryException:
            raise
        except duckdb.Error as fault:
            raise InputError(f"{ready.source}: cannot be read as a table: {_first_line(fault)}") from fault
    if not numbers:  # the header as a row would have made its columns text
        _drop_repeated_headers(ready, dialect)
    for place, name in enumerate(dialect.names):
        cell = f"c{place}"
        if cell in numbers:
            ready.columns[name] = LoadedColumn(cell, np.nan, "float64", f"regexp_replace({cell}::VARCHAR, '[.]0$', '')")
            continue
        reading = _decide(ready, "arrived", cell, name, european, dialect.delimiter == ";")
        if name in dialect.blank and reading.empty:
            ready.notes.append(f"column '{name}': has neither name nor values: left out")
        else:
            ready.columns[name] = LoadedColumn(reading.value(cell), reading.filler, reading.dtype, cell)


def _arrive(connection: Any, path: Path, delimiter: str, header: bool, width: int, large: bool) -> set[str]:
    """Make the table `arrived` of a delimited file, all text; of a large one, what is plainly numbers as numbers.

    Returns the columns that are numbers already.
    """
    cells = [f"c{place}" for place in range(width)]
    types = ", ".join(f"'{cell}': 'VARCHAR'" for cell in cells)
    rows = (
        f"read_csv({_text(str(path))}, auto_detect=false, delim={_text(delimiter)}, quote='\"', escape='\"', "
        f"header={header}, columns={{{types}}})"
    )
    numbers: set[str] = set()
    if large:  # a number takes 8 bytes, its text twice as many and more: one reading of the file more pays
        measured = connection.execute(f"SELECT {', '.join(measures(cell) for cell in cells)} FROM {rows}").fetchone()
        for place, cell in enumerate(cells):
            filled, plain, largest, zero_led = measured[4 * place : 4 * place + 4]
            if filled and plain == filled and largest < EXACT and not zero_led:
                numbers.add(cell)
    chosen = ", ".join(f"{number_of(cell)} AS {cell}" if cell in numbers else cell for cell in cells)
    connection.execute(f"CREATE OR REPLACE TABLE arrived AS SELECT {chosen} FROM {rows}")
    return numbers


def _drop_repeated_headers(ready: LoadedFile, dialect: Dialect) -> None:
    named = [(f"c{place}", name) for place, name in enumerate(dialect.names) if name not in dialect.blank]
    differs = " OR ".join(f"lower(trim({cell})) IS DISTINCT FROM {_text(name.lower())}" for cell, name in named)
    (rows,) = ready.connection.execute(f"SELECT count(*) FROM arrived WHERE NOT ({differs or 'true'})").fetchone()
    if rows:
        # A new table, so that the rows' numbers have no gaps.
        ready.connection.execute(f"CREATE TABLE kept AS SELECT * FROM arrived WHERE {differs}")
        ready.connection.execute("DROP TABLE arrived")
        ready.connection.execute("ALTER TABLE kept RENAME TO arrived")
        ready.notes.append(f"the header is repeated {rows} time(s) among the rows: left out")


def _decide(
    ready: LoadedFile, relation: str, cell: str, name: str, european: Mapping[str, bool] | None, usual: bool = False
) -> Reading:
    """How a column of text is read; what was repaired or decided on the way is added to `ready`."""
    column = TextColumn.of(ready.connection, relation, cell, name, european, usual, ready.notes)
    reading = column.reading()
    if column.read_as is not None:
        ready.european[name] = column.read_as
    return reading


def _load_typed(ready: LoadedFile, file: OpenedFile, european: Mapping[str, bool] | None) -> None:
    import duckdb

    reader = "read_parquet(?, {})" if file.kind is FileKind.PARQUET else "read_json_auto(?, sample_size=-1, {})"
    paths = [str(path) for path in file.paths]
    try:
        if len(paths) > 1:
            alone = f"DESCRIBE SELECT * FROM {reader.format('union_by_name=false')}"
            each = [ready.connection.execute(alone, [path]).fetchall() for path in paths]
            check_alike([[row[0] for row in described] for described in each], file.paths)
            if file.kind is FileKind.PARQUET:  # of JSON a type is but a guess
                _check_parquet(ready, [{row[0]: row[1] for row in described} for described in each], file.paths)
        rows = reader.format("union_by_name=true")
        ready.connection.execute(f"CREATE TABLE arrived AS SELECT * FROM {rows}", [paths])
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.Error as fault:
        raise InputError(f"{ready.source}: cannot be read as {file.kind.value}: {_first_line(fault)}") from fault
    described = [(row[0], row[1]) for row in ready.connection.execute("DESCRIBE arrived").fetchall()]
    names, _, notes = unique_names([name.strip() for name, _ in described])
    ready.notes += notes
    for name, (cell, type_name) in zip(names, described, strict=True):
        ready.columns[name] = _typed_column(ready, name, _quoted(cell), type_name, european)


def _check_parquet(ready: LoadedFile, types: list[dict[str, str]], parts: list[Path]) -> None:
    """Raise `InputError` for a part that holds other kinds of value; note those that hold no rows."""

    def filled(place: int, name: str) -> bool:
        found = ready.connection.execute(f"SELECT count({_quoted(name)}) FROM read_parquet(?)", [[str(parts[place])]])
        return bool(found.fetchone()[0])

    check_kinds(types, parts, _kind, filled)
    counted = "SELECT file_name FROM parquet_file_metadata(?) WHERE num_rows = 0"
    empty = {row[0] for row in ready.connection.execute(counted, [[str(part) for part in parts]]).fetchall()}
    ready.notes += [f"{part.name}: has no rows" for part in parts if str(part) in empty]


def _kind(type_name: str) -> str:
    """Return which kind of value a type is.

    >>> _kind("BIGINT"), _kind("DOUBLE"), _kind("TIMESTAMP_NS"), _kind("VARCHAR")
    ('number', 'number', 'date', 'VARCHAR')
    """
    if type_name.endswith("]"):
        return type_name
    if type_name.startswith((*_NUMBERS, *_LONG_NUMBERS)):
        return "number"
    return "date" if type_name.startswith(("DATE", "TIMESTAMP")) else type_name.partition("(")[0]


def _typed_column(
    ready: LoadedFile, name: str, cell: str, type_name: str, european: Mapping[str, bool] | None
) -> LoadedColumn:
    if type_name.endswith("]") or type_name.startswith(_NESTED):
        raise InputError(
            f"{ready.source}: column '{name}' holds {type_name} in each cell; expected one number, text, date or "
            "boolean a cell: take out what you need into columns of their own, or delete the column"
        )
    if type_name.startswith(_NUMBERS):
        return LoadedColumn(f"{cell}::DOUBLE", np.nan, "float64")
    if type_name == "BOOLEAN":
        (missing,) = ready.connection.execute(f"SELECT count(*) - count({cell}) FROM arrived").fetchone()
        return LoadedColumn(cell, None, "object" if missing else "bool")
    if type_name.startswith(("DATE", "TIMESTAMP")):
        return LoadedColumn(f"{cell}::TIMESTAMP", np.datetime64("NaT", "us"), "datetime64[us]")
    if type_name.startswith(_LONG_NUMBERS):
        (largest,) = ready.connection.execute(f"SELECT max(abs({cell}::DOUBLE)) FROM arrived").fetchone()
        if largest is None or largest < EXACT:
            return LoadedColumn(f"{cell}::DOUBLE", np.nan, "float64")
    text = f"({cell} ->> '$')" if type_name == "JSON" else f"{cell}::VARCHAR"
    ready.connection.execute(f"CREATE OR REPLACE TABLE unread AS SELECT {text} AS c FROM arrived")
    reading = _decide(ready, "unread", "c", name, european)
    ready.connection.execute("DROP TABLE unread")
    return LoadedColumn(reading.value(text), reading.filler, reading.dtype)


def _text(words: str) -> str:
    return "'" + words.replace("'", "''") + "'"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _first_line(fault: Exception) -> str:
    return str(fault).splitlines()[0]
