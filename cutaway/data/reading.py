"""A file, a data frame or arrays, read into a table."""

from __future__ import annotations

import os
from collections.abc import Mapping
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


def read_table(path: str | os.PathLike[str], european: Mapping[str, bool] | None = None) -> Table:
    """Read a table from a file: csv, tsv or other delimited text, parquet, or JSON, packed or not.

    The separator, the encoding, the header and each column's type are told from the content; every
    repair is listed in the table's `notes`. Cells that can be meant in two ways are read as `european` says for
    their column (see `Table`), so that new rows are read as earlier ones were. Raises `InputError` when there is
    nothing to read, naming the line where the file is broken.
    """
    source = str(path)
    with opened(path) as file:
        connection = _connect()
        try:
            if file.kind is FileKind.DELIMITED:
                table = _read_delimited(connection, file, source, european or {})
            else:
                table = _read_typed(connection, file, source, european or {})
        finally:
            connection.close()
        table.notes[:0] = file.notes
    if not table.rows:
        raise InputError(f"{source}: holds {len(table.names)} column(s) and no rows; expected at least one row")
    return table


def table_from(data: Any, european: Mapping[str, bool] | None = None) -> Table:
    """A table from whatever holds one: a path, a data frame, arrays by name, a list of records, a matrix.

    pandas, polars and pyarrow frames keep their columns' names; the columns of a two-dimensional array
    are called x0, x1, …; a `Table` passes through. `european` is that of `read_table`. Raises `InputError` for
    anything else.

    >>> table_from({"rooms": [3, 4], "town": ["Delft", "Gouda"]}).columns["rooms"]
    array([3., 4.])
    """
    if isinstance(data, Table):
        return data
    if isinstance(data, (str, os.PathLike)):
        return read_table(data, european)
    from cutaway.data.frames import columns_of

    columns, texts = columns_of(data)
    table = Table(columns, "data frame")
    if texts:
        connection = _connect()
        try:
            connection.register("texts", texts)
            connection.execute("CREATE TABLE arrived AS SELECT * FROM texts")
            names = list(columns)
            for cell in texts:
                name = names[int(cell[1:])]
                columns[name] = _understood(connection, "arrived", cell, name, (european or {}).get(name, False), table)
        finally:
            connection.close()
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


def _understood(connection: Any, relation: str, cell: str, name: str, european: bool, table: Table) -> Values:
    """The values of a column of text; what was repaired or decided on the way is added to `table`."""
    column = TextColumn(connection, relation, cell, name, european, table.notes)
    values = column.values()
    if column.read_as is not None:
        table.european[name] = column.read_as
    return values


def _read_delimited(connection: Any, file: OpenedFile, source: str, european: Mapping[str, bool]) -> Table:
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
    table = Table({}, source, notes)
    for place, name in enumerate(dialect.names):
        usual = european.get(name, dialect.delimiter == ";")
        values = _understood(connection, "arrived", f"c{place}", name, usual, table)
        if name in dialect.blank and values.dtype.kind == "f" and np.isnan(values).all():
            notes.append(f"column '{name}': has neither name nor values: left out")
        else:
            table.columns[name] = values
    return table


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


def _read_typed(connection: Any, file: OpenedFile, source: str, european: Mapping[str, bool]) -> Table:
    import duckdb

    reader = "read_parquet(?)" if file.kind is FileKind.PARQUET else "read_json_auto(?, sample_size=-1)"
    try:
        connection.execute(f"CREATE TABLE arrived AS SELECT * FROM {reader}", [str(file.path)])
    except duckdb.Error as fault:
        raise InputError(f"{source}: cannot be read as {file.kind.value}: {_first_line(fault)}") from fault
    described = [(row[0], row[1]) for row in connection.execute("DESCRIBE arrived").fetchall()]
    names, _, notes = unique_names([name.strip() for name, _ in described])
    table = Table({}, source, notes)
    for name, (cell, type_name) in zip(names, described, strict=True):
        usual = european.get(name, False)
        table.columns[name] = _typed_column(connection, name, cell, type_name, usual, table)
    return table


def _typed_column(connection: Any, name: str, cell: str, type_name: str, european: bool, table: Table) -> Values:
    quoted = _quoted(cell)

    def fetch(value: str, filler: Any, dtype: str) -> Values:
        return filled_in(connection.execute(f"SELECT {value} AS v FROM arrived").fetchnumpy()["v"], filler, dtype)

    if type_name.endswith("]") or type_name.startswith(_NESTED):
        raise InputError(
            f"{table.source}: column '{name}' holds {type_name} in each cell; expected one number, text, date or "
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
    return _understood(connection, "unread", "c", name, european, table)


def _text(words: str) -> str:
    return "'" + words.replace("'", "''") + "'"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _first_line(fault: Exception) -> str:
    return str(fault).splitlines()[0]
