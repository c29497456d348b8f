"""`load`: a run or a network back from disk."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

from cutaway.data.strict_json import some_fields
from cutaway.data.suggestions import did_you_mean
from cutaway.errors import InputError
from cutaway.records import Event, LayerVitals, StepRecord
from cutaway.runs.run import Run
from cutaway.runs.table_run import TableRun
from cutaway.storage.architecture import ModelFileError
from cutaway.storage.network_file import NetworkFile, read_network, strict_header
from cutaway.storage.run_folder import NETWORK, RECORDS, RUN, is_run, read_facts


def load(path: str | Path, *, layers: Iterable[type] = ()) -> Run:
    """Return a run from its folder, or from a network's file alone; its predictions are those of before, bit by bit.

    path     a run's folder, or a `.safetensors` file written by this package
    layers   classes of your own that the network is made of; others are refused

    Nothing that the files hold is run. Raises `InputError` where there is no run, and its kind `ModelFileError` for
    files that are damaged or hold anything unknown.
    """
    place = Path(path)
    if not _is_there(place):
        runs = sorted(item.name for item in place.parent.iterdir() if is_run(item)) if place.parent.is_dir() else []
        hint = f"; in {place.parent}, {did_you_mean(place.name, runs)}" if runs else ""
        raise InputError(f"{place}: there is no such run{hint or f'; expected a folder with {RUN}, or a network file'}")
    if place.is_file():
        held = read_network(place, layers=layers)
        return _restored(held, None, network=held.network)
    facts = read_facts(place)
    held = read_network(place / NETWORK, layers=layers)
    records = read_records(place / RECORDS)
    try:
        told = some_fields(facts, "run", engine=str, engine_reason=str, seconds=float)
        return _restored(
            held,
            facts,
            network=held.network,
            history=[record for record in records if isinstance(record, StepRecord)],
            vitals=[record for record in records if isinstance(record, LayerVitals)],
            events=[record for record in records if isinstance(record, Event)],
            engine=told["engine"],
            reason=told["engine_reason"],
            seconds=told["seconds"],
            path=place,
        )
    except InputError as fault:
        raise ModelFileError(f"{place / RUN}: {fault}") from fault


def _restored(held: NetworkFile, facts: dict[str, Any] | None, **common: Any) -> Run:
    """Return the run of the file's kind."""
    if held.kind == "table":
        return TableRun.restored(held, facts, **common)
    return Run(**common)


def load_table(path: str | Path) -> TableRun:
    """Return a run on a table, as `load` does; raises `InputError` for one that was trained on arrays."""
    run = load(path)
    if not isinstance(run, TableRun):
        raise InputError(f"{path}: is a network trained on arrays, which does not say how a table becomes its inputs")
    return run


def _is_there(place: Path) -> bool:
    try:
        return place.exists()
    except OSError as fault:  # a name that is too long, a folder that may not be looked into
        raise InputError(f"{place}: cannot be read: {fault.strerror or fault}") from fault


RECORD_KINDS: dict[str, type] = {kind.__name__: kind for kind in (StepRecord, LayerVitals, Event)}


def read_records(place: Path) -> list[StepRecord | LayerVitals | Event]:
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
            records.append(_record(strict_header(line)))
        except ModelFileError as fault:
            raise ModelFileError(f"{place}, line {number}: {fault}") from fault
    return records


def _record(data: dict[str, Any]) -> Any:
    kind = RECORD_KINDS.get(str(data.pop("record", None)))
    if kind is None:
        raise ModelFileError(f"is no record; expected one of {', '.join(RECORD_KINDS)}")
    known = {item.name: item for item in fields(kind)}
    needed = {name for name, item in known.items() if item.default is MISSING and item.default_factory is MISSING}
    if not needed <= data.keys() <= known.keys():
        raise ModelFileError(f"{kind.__name__} has {sorted(data)}, expected {sorted(known)}")
    values = {name: _value(value, str(known[name].type), name) for name, value in data.items()}
    return kind(**values)


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
    elif isinstance(value, list):
        return tuple(_value(item, "float", name) for item in value)
    elif isinstance(value, dict):
        return {key: _value(item, "float", name) for key, item in value.items()}
    raise ModelFileError(f"{name} is {value!r}, expected {annotation}")
