"""A file, a data frame or arrays, read into a table."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

from cutaway.data.cells import TextColumn, filled_in
from cutaway.data.dialect import Dialect, find_dialect, unique_names
from cutaway.data.opening import FileKind, OpenedFile, opened
from cutaway.data.ragged import rewrite_even
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


def read_table(path: str | os.PathLike[str]) -> Table:
    """Read a table from a file: csv, tsv or other delimited text, parquet, or JSON, packed or not.

    The separator, the encoding, the header and each column's type are told from the content; every
    repair is listed in the table's `notes`. Raises `InputError` when there is nothing to read, naming
    the line where the file is broken.
    """
    source = str(path)
    with opened(path) as file:
        connection = _connect()
        try:
            if file.kind is FileKind.DELIMITED:
                table = _read_delimited(connection, file, source)
            else:
                table = _read_typed(connection, file, source)
        finally:
            connection.close()
        table.notes[:0] = file.notes
    if not table.rows:
        raise InputError(f"{source}: holds {len(table.names)} column(s) and no rows; expected at least one row")
    return table


def table_from(data: Any) -> Table:
    """A table from whatever holds one: a path, a data frame, arrays by name, a list of records, a matrix.

    pandas, polars and pyarrow frames keep their columns' names; the columns of a two-dimensional array
    are called x0, x1, …; a `Table` passes through. Raises `InputError` for anything else.

    >>> table_from({"rooms": [3, 4], "town": ["Delft", "Gouda"]}).columns["rooms"]
    array([3., 4.])
    """
    if isinstance(data, Table):
        return data
    if isinstance(data, (str, os.PathLike)):
        return read_table(data)
    from cutaway.data.frames import columns_of

    columns, texts = columns_of(data)
    notes: list[str] = []
    if texts:
        connection = _connect()
        try:
            connection.register("texts", texts)
            connection.execute("CREATE TABLE arrived AS SELECT * FROM texts")
            names = list(columns)
            for cell in texts:
                name = names[int(cell[1:])]
                columns[name] = TextColumn(connection, "arrived", cell, name, False, notes).values()
        finally:
            connection.close()
    table = Table(columns, "data frame", notes)
    if not table.rows:
        raise InputError(f"the data has {len(columns)} columns and no rows; expected at least one")
    return table


def _connect() -> Any:
    import duckdb

    # Nothing is fetched over the network, and dates with a time zone mean the same on every machine.
    connection = duckdb.connect(config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"})
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET enable_progress_bar = false")
    return connection


def _read_delimited(connection: Any, file: OpenedFile, source: str) -> Table:
    import duckdb

    dialect = find_dialect(file.path, source)
    notes = list(dialect.notes)
    width = len(dialect.names)
    try:
        if not dialect.plain:
            raise duckdb.InvalidInputException("rows are to be rewritten")
        _load(connection, file.path, dialect.delimiter, dialect.header, width)
    except duckdb.Error:
        even = file.scratch / "even"
        notes += rewrite_even(file.path, dialect, even, source)
        try:
            _load(connection, even, ",", False, width)
        except duckdb.Error as fault:
            raise InputError(f"{source}: cannot be read as a table: {_first_line(fault)}") from fault
    notes += _drop_repeated_headers(connection, dialect)
    columns: dict[str, Values] = {}
    for place, name in enumerate(dialect.names):
        column = TextColumn(connection, "arrived", f"c{place}", name, dialect.delimiter == ";", notes)
        values = column.values()
        if name in dialect.blank and values.dtype.kind == "f" and np.isnan(values).all():
            notes.append(f"column '{name}': has neither name nor values: left out")
        else:
            columns[name] = values
    return Table(columns, source, notes)


def _load(connection: Any, path: Path, delimiter: str, header: bool, width: int) -> None:
    types = ", ".join(f"'c{place}': 'VARCHAR'" for place in range(width))
    connection.execute(
        f"CREATE OR REPLACE TABLE arrived AS SELECT * FROM read_csv(?, auto_detect=false, "
        f"delim={_text(delimiter)}, quote='\"', escape='\"', header={header}, columns={{{types}}})",
        [str(path)],
    )


def _drop_repeated_headers(connection: Any, dialect: Dialect) -> list[str]:
    named = [(f"c{place}", name) for place, name in enumerate(dialect.names) if name not in dialect.blank]
    repeated = " AND ".join(f"trim({cell}) = {_text(name)}" for cell, name in named) or "false"
    (count,) = connection.execute(f"DELETE FROM arrived WHERE {repeated}").fetchone()
    return [f"the header is repeated {count} time(s) among the rows: left out"] if count else []


def _read_typed(connection: Any, file: OpenedFile, source: str) -> Table:
    import duckdb

    reader = "read_parquet(?)" if file.kind is FileKind.PARQUET else "read_json_auto(?, sample_size=-1)"
    try:
        connection.execute(f"CREATE TABLE arrived AS SELECT * FROM {reader}", [str(file.path)])
    except duckdb.Error as fault:
        raise InputError(f"{source}: cannot be read as {file.kind.value}: {_first_line(fault)}") from fault
    described = [(row[0], row[1]) for row in connection.execute("DESCRIBE arrived").fetchall()]
    names, _, notes = unique_names([name.strip() for name, _ in described])
    columns: dict[str, Values] = {}
    for name, (cell, type_name) in zip(names, described, strict=True):
        columns[name] = _typed_column(connection, name, cell, type_name, source, notes)
    return Table(columns, source, notes)


def _typed_column(connection: Any, name: str, cell: str, type_name: str, source: str, notes: list[str]) -> Values:
    quoted = _quoted(cell)

    def fetch(value: str, filler: Any, dtype: str) -> Values:
        return filled_in(connection.execute(f"SELECT {value} AS v FROM arrived").fetchnumpy()["v"], filler, dtype)

    if type_name.endswith("]") or type_name.startswith(_NESTED):
        raise InputError(
            f"{source}: column '{name}' holds {type_name} in each cell; expected one number, text, date or "
            "boolean a cell: take out what you need into columns of their own, or delete the column"
        )
    if type_name.startswith(_NUMBERS):
        return fetch(f"{quoted}::DOUBLE", np.nan, "float64")
    if type_name == "BOOLEAN":
        booleans = fetch(quoted, None, "object")
        return booleans if any(value is None for value in booleans) else booleans.astype(np.bool_)
    if type_name.startswith(("DATE", "TIMESTAMP")):
        return fetch(f"{quoted}::TIMESTAMP", np.datetime64("NaT", "us"), "datetime64[us]")
    if type_name.startswith(_LONG_NUMBERS):
        (largest,) = connection.execute(f"SELECT max(abs({quoted}::DOUBLE)) FROM arrived").fetchone()
        if largest is None or largest < 2.0**53:
            return fetch(f"{quoted}::DOUBLE", np.nan, "float64")
    text = f"({quoted} ->> '$')" if type_name == "JSON" else f"{quoted}::VARCHAR"
    connection.execute(f"CREATE OR REPLACE TABLE unread AS SELECT {text} AS c FROM arrived")
    return TextColumn(connection, "unread", "c", name, False, notes).values()


def _text(words: str) -> str:
    return "'" + words.replace("'", "''") + "'"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _first_line(fault: Exception) -> str:
    return str(fault).splitlines()[0]
