"""Records of a training as lines of JSON, and back."""

from __future__ import annotations

import json
import math
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

from cutaway.records import Event, LayerVitals, NetworkVitals, StepRecord, as_data
from cutaway.storage.architecture import ModelFileError
from cutaway.storage.header import strict_header

# Made once: `json.dumps` makes one anew for every record. What is not finite it refuses, and is told by null.
STRICT = json.JSONEncoder(ensure_ascii=False, allow_nan=False)


def line_of(record: Any) -> str:
    """Return a record as a line of JSON without its end; NaN and infinity become null.

    >>> line_of(Event(3, "stopped", "asked to"))
    '{"record": "Event", "step": 3, "what": "stopped", "message": "asked to", "layer": null, "operation": ""}'
    """
    try:
        return STRICT.encode(as_data(record))
    except ValueError:
        return STRICT.encode(data_of(record))


def data_of(record: Any) -> dict[str, Any]:
    """Return a record as data for JSON, its kind first; NaN and infinity become null.

    >>> data_of(Event(3, "stopped", "asked to"))["record"]
    'Event'
    """
    data: dict[str, Any] = _finite(as_data(record))
    return data


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if abs(value) < float("inf") else None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return value


RECORD_KINDS: dict[str, type] = {kind.__name__: kind for kind in (StepRecord, LayerVitals, NetworkVitals, Event)}


def read_records(place: Path) -> list[StepRecord | LayerVitals | NetworkVitals | Event]:
    """Return the records of a training from their file, none where there is no file.

    A loss that was not finite was written as null and comes back as NaN. Raises `ModelFileError` with the line of what
    is no record.
    """
    if not place.is_file():
        return []
    records = []
    try:
        # Not splitlines(): a text in a record may hold what Unicode counts as the end of a line, and JSON does not.
        text = place.read_text(encoding="utf-8").removesuffix("\n")
    except (OSError, UnicodeDecodeError) as fault:
        raise ModelFileError(f"{place}: cannot be read ({fault})") from fault
    for number, line in enumerate(text.split("\n") if text else [], 1):
        try:
            records.append(record_from(strict_header(line)))
        except ModelFileError as fault:
            raise ModelFileError(f"{place}, line {number}: {fault}") from fault
    return records


def record_from(data: dict[str, Any]) -> StepRecord | LayerVitals | NetworkVitals | Event:
    """Return the record that `data_of` told of; `ModelFileError` says what is none."""
    kind = RECORD_KINDS.get(str(data.pop("record", None)))
    if kind is None:
        raise ModelFileError(f"is no record; expected one of {', '.join(RECORD_KINDS)}")
    known = {item.name: item for item in fields(kind)}
    needed = {name for name, item in known.items() if item.default is MISSING and item.default_factory is MISSING}
    if not needed <= data.keys() <= known.keys():
        raise ModelFileError(f"{kind.__name__} has {sorted(data)}, expected {sorted(known)}")
    values = {name: _value(value, str(known[name].type), name) for name, value in data.items()}
    record: StepRecord | LayerVitals | NetworkVitals | Event = kind(**values)
    return record


def _value(value: Any, annotation: str, name: str) -> Any:
    """Return a record's value, after checking it against its annotation."""
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if annotation == "float":
        if value is None or number:
            return math.nan if value is None else float(value)
    elif annotation == "float | None":
        if value is None or number:
            return value
    elif annotation == "int":
        if isinstance(value, int) and not isinstance(value, bool):
            return value
    elif annotation in ("str", "bool"):
        if isinstance(value, str if annotation == "str" else bool):
            return value
    elif annotation == "str | None":
        if value is None or isinstance(value, str):
            return value
    elif isinstance(value, list):
        return tuple(_value(item, "float", name) for item in value)
    elif isinstance(value, dict):
        return {key: _value(item, "float", name) for key, item in value.items()}
    raise ModelFileError(f"{name} is {value!r}, expected {annotation}")
