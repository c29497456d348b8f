"""A delimited file's rows in a database: as text, which is then read column by column."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from cutaway.data.cells import EXACT, measures, number_of
from cutaway.data.dialect import Dialect, find_dialect
from cutaway.data.loaded_file import LoadedColumn, LoadedFile, first_line
from cutaway.data.opening import OpenedFile
from cutaway.data.ragged import rewrite_even
from cutaway.errors import InputError


def load_delimited(ready: LoadedFile, file: OpenedFile, european: Mapping[str, bool] | None, large: bool) -> None:
    """Bring a delimited file into the database; of a large one what is plainly numbers as numbers, all else as text."""
    import duckdb

    dialect = find_dialect(file.path, ready.source)
    ready.notes += dialect.notes
    ready.delimiter, ready.marked = dialect.delimiter, file.marked
    width = len(dialect.names)
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
            raise InputError(f"{ready.source}: cannot be read as a table: {first_line(fault)}") from fault
    if not numbers:  # the header as a row would have made its columns text
        _drop_repeated_headers(ready, dialect)
    for place, name in enumerate(dialect.names):
        cell = f"c{place}"
        if cell in numbers:
            ready.columns[name] = LoadedColumn(cell, np.nan, "float64", f"regexp_replace({cell}::VARCHAR, '[.]0$', '')")
            continue
        reading = ready.decide("arrived", cell, name, european, dialect.delimiter == ";")
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


def _text(words: str) -> str:
    return "'" + words.replace("'", "''") + "'"
