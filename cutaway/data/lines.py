"""Where a row of a table stands in the file that it came from."""

from __future__ import annotations

from pathlib import Path

from cutaway.data.dialect import find_dialect
from cutaway.data.opening import FileKind, opened
from cutaway.data.ragged import records
from cutaway.data.table import Table
from cutaway.errors import InputError


def place_of(table: Table, row: int) -> str:
    """Row number `row` (from 0) of a table, in the words of a message: "line 7" of a delimited file, else "row 6".

    A line is where the row begins, as an editor counts: blank lines, a title, cells with line breaks and repeated
    headers come before it. The file is read again up to there, so this is for messages only; the table must have all
    the rows of its file, in their order. Rows of parquet, JSON, data frames and single columns have no lines, and
    neither have those of a file that is there no longer.

    >>> import numpy as np
    >>> place_of(Table({"x": np.array([1.0, 2.0])}), 1)
    'row 2'
    """
    line = _line_of(Path(table.source), row) if Path(table.source).is_file() else None
    return f"row {row + 1}" if line is None else f"line {line}"


def _line_of(path: Path, row: int) -> int | None:
    try:
        with opened(path) as file:
            if file.kind is not FileKind.DELIMITED:
                return None
            dialect = find_dialect(file.path, str(path))
            if len(dialect.names) == 1:  # a blank line is a row here, with a missing value
                return None
            header = [None if name in dialect.blank else name.lower() for name in dialect.names]
            with file.path.open(encoding="utf-8", newline="") as text:
                for line, record in records(text, dialect, str(path)):
                    named = zip(header, record, strict=False)
                    if len(record) == len(header) and all(
                        name is None or cell.strip().lower() == name for name, cell in named
                    ):
                        continue  # the header once more
                    if row == 0:
                        return line
                    row -= 1
    except InputError:  # the file is another by now: the row is all that is known
        return None
    return None
