"""Write every record to `records.jsonl` as it is announced."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from cutaway.errors import InputError
from cutaway.records import Progress
from cutaway.storage.record_lines import line_of


class RecordFile:
    """A listener that writes each record as a line of JSON while it is entered; NaN and infinity become null."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("w", encoding="utf-8", buffering=1)  # a line is there once it is written
        except OSError as error:
            raise InputError(f"{path}: cannot be written ({error.strerror}); choose another folder") from None

    def __enter__(self) -> RecordFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            with self._told():
                self._file.close()
        else:
            with suppress(OSError):  # what is on its way already says more
                self._file.close()

    def __call__(self, record: Any) -> None:
        """Write one record; progress within an epoch is not kept."""
        if not isinstance(record, Progress):
            with self._told():
                self._file.write(line_of(record) + "\n")

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise InputError(f"{self.path}: cannot be written ({error.strerror}); choose another folder") from error
