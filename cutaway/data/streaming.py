"""A table larger than memory: read in parts, and sampled."""

from __future__ import annotations

import os
import tempfile
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cutaway.backends.random import generator
from cutaway.data.cells import filled_in
from cutaway.data.loading import loaded
from cutaway.data.reading import table_from
from cutaway.data.table import Table, Values
from cutaway.errors import InputError

if TYPE_CHECKING:
    from cutaway.data.encoders import TableEncoder

BATCH = 65_536
HELD = 64 << 20  # bytes; a table whose cells take more, at eight bytes each, is left in its database


class TableStream:
    """A file's table in parts of so many rows, with the same columns and kinds as when it is read whole.

    What each column holds is decided over all of its cells, as `read_table` does, so that a batch never differs in
    type from another. The rows are kept in a database in the system's folder for temporary files (`TMPDIR`), which
    needs about as much room as the file; beyond that, memory is needed for one batch. Close a stream, or use it in a
    `with` block: then the database is deleted; at the latest it is when nothing refers to the stream any more. Raises
    what `read_table` raises.

    path       a file as for `read_table`
    european   as for `read_table`
    names, rows, notes, european, source   as those of `Table`

    >>> import pathlib, tempfile
    >>> place = pathlib.Path(tempfile.mkdtemp()) / "t.csv"
    >>> _ = place.write_text("x,town\\n1,Delft\\n2,Gouda\\n3,Delft\\n")
    >>> with TableStream(place) as stream:
    ...     stream.rows, [batch.columns["x"].tolist() for batch in stream.batches(2)]
    (3, [[1.0, 2.0], [3.0]])
    """

    def __init__(self, path: str | os.PathLike[str], european: Mapping[str, bool] | None = None):
        opened = ExitStack()
        self._open = opened
        self._file = opened.enter_context(loaded(path, european))
        self._end = weakref.finalize(self, opened.close)
        self.source = self._file.source
        self.rows = self._file.rows
        self.names = tuple(self._file.columns)
        self.notes = list(self._file.notes)
        self.european = dict(self._file.european)

    def __enter__(self) -> TableStream:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Delete the database; nothing can be read afterwards."""
        self._end()

    def __iter__(self) -> Iterator[Table]:
        return self.batches()

    def batches(self, rows: int = BATCH) -> Iterator[Table]:
        """All rows in the file's order, in tables of at most `rows` rows; as often as asked.

        Raises `InputError` for less than one row at once.
        """
        if rows < 1:
            raise InputError(f"{self.source}: batches of {rows} rows; expected at least 1")
        try:
            for start in range(0, self.rows, rows):
                yield self._table("rowid >= ? AND rowid < ?", [start, start + rows], self.names)
        finally:
            if self._end.alive:
                self._file.rest()

    def column(self, name: str) -> Values:
        """One column of all rows, such as the target; `InputError` when there is none so called."""
        self._table("false", [], self.names).column(name)
        values = self._file.values(name)
        self._file.rest()
        return values

    def sample(self, rows: int, seed: int) -> Table:
        """Rows drawn at random, each as likely as another, none twice, in the file's order; all if there are fewer.

        Column kinds, encoders and targets are fitted on such a sample. The same seed draws the same rows.
        Raises `InputError` for less than one row.
        """
        return self.numbered(rows, seed)[0]

    def numbered(self, rows: int, seed: int) -> tuple[Table, NDArray[np.int64]]:
        """A sample as `sample` draws it, and the number of each of its rows in the file, from 0."""
        if rows < 1:
            raise InputError(f"{self.source}: a sample of {rows} rows; expected at least 1")
        if rows >= self.rows:
            return self._table("true", [], self.names), np.arange(self.rows)
        chosen = np.sort(generator(seed, "sample").choice(self.rows, rows, replace=False, shuffle=False))
        self._file.connection.register("chosen", {"number": chosen})
        try:
            return self._table("rowid IN (SELECT number FROM chosen)", [], self.names), chosen
        finally:
            self._file.connection.unregister("chosen")
            self._file.rest()

    def encoded(self, encoder: TableEncoder, batch: int = BATCH) -> NDArray[np.float32]:
        """All rows as a network's inputs, (rows, width): four bytes a number, and one batch of the table beside."""
        encoded = np.empty((self.rows, encoder.width), dtype=np.float32)
        start = 0
        for table in self.batches(batch):
            encoded[start : start + table.rows] = encoder.transform(table)
            start += table.rows
        return encoded

    def scratch(self) -> Path:
        """A new folder for files that are needed as long as the stream is open."""
        made = tempfile.TemporaryDirectory(prefix="cutaway-", ignore_cleanup_errors=True)
        return Path(self._open.enter_context(made))

    def _table(self, where: str, values: list[Any], names: Sequence[str]) -> Table:
        columns = [self._file.columns[name] for name in names]
        chosen = ", ".join(f"{column.value} AS v{place}" for place, column in enumerate(columns))
        fetched = self._file.connection.execute(
            f"SELECT {chosen} FROM arrived WHERE {where} ORDER BY rowid", values
        ).fetchnumpy()
        arrays = {
            name: filled_in(fetched[f"v{place}"], column.filler, column.dtype)
            for place, (name, column) in enumerate(zip(names, columns, strict=True))
        }
        return Table(arrays, self.source, list(self.notes), dict(self.european))


class FetchedColumns(Mapping[str, Values]):
    """Columns by name, each made anew whenever it is asked for, and kept by nobody."""

    def __init__(self, names: Sequence[str], fetch: Callable[[str], Values]):
        self._names, self._fetch = dict.fromkeys(names), fetch

    def __getitem__(self, name: str) -> Values:
        if name not in self._names:
            raise KeyError(name)
        return self._fetch(name)

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


class StoredTable(Table):
    """A `Table` that stays where it is: a column is fetched when it is asked for, and rows are chosen by their places.

    So a large table takes the memory of a column or two, and a part of its rows that of their places (8 bytes a row),
    not that of a copy. What is fetched is the caller's own.

    whole    the columns of all rows, by name
    count    how many rows there are
    places   which of the rows are the table's, by position (None: all)
    stream   what the columns are fetched from, where that is a file

    >>> whole = Table({"x": np.array([1.0, 2.0, 3.0]), "y": np.array([4.0, 5.0, 6.0])})
    >>> chosen = StoredTable(whole.columns, whole.rows, "t.csv").select(np.array([2, 0]))
    >>> chosen.rows, chosen.column("y")
    (2, array([6., 4.]))
    """

    def __init__(
        self,
        whole: Mapping[str, Values],
        count: int,
        source: str,
        notes: Iterable[str] = (),
        european: Mapping[str, bool] | None = None,
        places: NDArray[np.int64] | None = None,
        stream: TableStream | None = None,
    ):
        self._whole, self._count, self._places, self.stream = whole, count, places, stream
        fetch = whole.__getitem__ if places is None else lambda name: whole[name][places]
        columns: Any = FetchedColumns(tuple(whole), fetch)
        self.columns = columns
        self.source, self.notes, self.european = source, list(notes), dict(european or {})

    @property
    def rows(self) -> int:
        """The number of rows."""
        return self._count if self._places is None else len(self._places)

    def select(self, rows: NDArray[Any]) -> Table:
        """The chosen rows, by position or by a mask of booleans, in the order given; nothing is copied yet."""
        places = np.arange(self._count)[rows] if self._places is None else self._places[rows]
        return StoredTable(self._whole, self._count, self.source, self.notes, self.european, places, self.stream)

    def without(self, names: Iterable[str]) -> Table:
        """The table without the named columns; a name that is not there is passed over."""
        left_out = set(names)
        kept = FetchedColumns([name for name in self._whole if name not in left_out], self._whole.__getitem__)
        return StoredTable(kept, self._count, self.source, self.notes, self.european, self._places, self.stream)

    def in_memory(self) -> Table:
        """The same table with its columns in memory."""
        return Table(dict(self.columns.items()), self.source, list(self.notes), dict(self.european))


def lean_table(data: Any, european: Mapping[str, bool] | None = None) -> Table:
    """A table as `table_from` makes it of whatever holds one; a `StoredTable` with the same rows where it is large.

    `european` is that of `table_from`. Large is a table of more than `HELD` bytes at eight a cell. Raises what
    `table_from` raises.

    >>> lean_table({"x": [1, 2]}).column("x")
    array([1., 2.])
    """
    if isinstance(data, (str, os.PathLike)):
        stream = TableStream(data, european)
        columns = FetchedColumns(stream.names, stream.column)
        stored = StoredTable(columns, stream.rows, stream.source, stream.notes, stream.european, stream=stream)
        if bytes_of(stored) > HELD:
            return stored
        with stream:
            return stored.in_memory()
    table = table_from(data, european)
    if isinstance(table, StoredTable) or bytes_of(table) <= HELD:
        return table
    return StoredTable(table.columns, table.rows, table.source, table.notes, table.european)


def bytes_of(table: Table) -> int:
    """What the cells of a table take as arrays, at eight bytes each."""
    return 8 * table.rows * len(table.columns)
