"""A file, a data frame or arrays, read into a table."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from cutaway.data.cells import TextColumn, filled_in
from cutaway.data.loading import connect, loaded
from cutaway.data.table import Table
from cutaway.errors import InputError


def read_table(path: str | os.PathLike[str], european: Mapping[str, bool] | None = None) -> Table:
    """Read a table from a file: csv, tsv or other delimited text, parquet, or JSON, packed or not.

    The separator, the encoding, the header and each column's type are told from the content; every
    repair is listed in the table's `notes`. Cells that can be meant in two ways are read as `european` says for
    their column (see `Table`), so that new rows are read as earlier ones were; a column of which it says nothing then
    is not one of numbers or dates among words. None: nothing was read before. A large file passes through a
    database on disk, so that little more memory is needed than the columns take; for a table larger than memory
    see `streaming`. Raises `InputError` when there is nothing to read, naming the line where the file is broken.
    """
    with loaded(path, european) as file:
        return file.table()


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
        connection = connect()
        try:
            connection.register("texts", texts)
            connection.execute("CREATE TABLE arrived AS SELECT * FROM texts")
            names = list(columns)
            for cell in texts:
                name = names[int(cell[1:])]
                column = TextColumn.of(connection, "arrived", cell, name, european, False, table.notes)
                reading = column.reading()
                fetched = connection.execute(f"SELECT {reading.value(cell)} AS v FROM arrived").fetchnumpy()["v"]
                columns[name] = filled_in(fetched, reading.filler, reading.dtype)
                if column.read_as is not None:
                    table.european[name] = column.read_as
        finally:
            connection.close()
    if not table.rows:
        raise InputError(f"the data has {len(columns)} columns and no rows; expected at least one")
    return table
