"""Write every record to `records.jsonl` as it is announced."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cutaway.errors import InputError
from cutaway.records import Progress, as_data


class RecordFile:
    """A listener that appends each record as a line of JSON; NaN and infinity are written as null."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("")
        except OSError as error:
            raise InputError(f"{path}: cannot be written ({error.strerror}); choose another folder") from None

    def __call__(self, record: Any) -> None:
        """Append one record; progress within an epoch is not kept."""
        if isinstance(record, Progress):
            return
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(_finite(as_data(record)), ensure_ascii=False) + "\n")


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if abs(value) < float("inf") else None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return value
