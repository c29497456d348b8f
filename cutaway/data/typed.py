"""Rows of a file whose columns have types, Parquet or JSON, in a database."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from cutaway.data.cells import EXACT
from cutaway.data.dialect import unique_names
from cutaway.data.loaded_file import LoadedColumn, LoadedFile, first_line
from cutaway.data.opening import FileKind, OpenedFile
from cutaway.data.shards import check_alike, check_kinds
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


def load_typed(ready: LoadedFile, file: OpenedFile, european: Mapping[str, bool] | None) -> None:
    """Bring a Parquet or JSON file, or several that are parts of one, into the database."""
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
        raise InputError(f"{ready.source}: cannot be read as {file.kind.value}: {first_line(fault)}") from fault
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
    reading = ready.decide("unread", "c", name, european)
    ready.connection.execute("DROP TABLE unread")
    return LoadedColumn(reading.value(text), reading.filler, reading.dtype)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
