"""A file brought into a database, which is in memory or, of a large file, on disk."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cutaway.data.delimited import load_delimited
from cutaway.data.loaded_file import LoadedFile, first_line
from cutaway.data.opening import FileKind, OpenedFile, opened
from cutaway.data.typed import load_typed
from cutaway.errors import InputError

LARGE = 64 << 20  # bytes; a file of this size or more is kept in a database on disk, not in memory
MEMORY = ("128MB", "1GB", "8GB")  # for the database on disk; the next one where a table is too wide for the first


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
                load_delimited(ready, file, european, large)
            else:
                load_typed(ready, file, european)
        except duckdb.OutOfMemoryException as fault:
            ready.connection.close()
            if memory in (None, MEMORY[-1]):
                raise InputError(f"{source}: its rows need more memory than there is: {first_line(fault)}") from fault
        except BaseException:
            ready.connection.close()
            raise
        else:
            ready.memory = memory
            return ready
    raise AssertionError("the last amount of memory either suffices or is an error")
