"""`load`: a run or a network back from disk."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import Any, TypeVar

from cutaway.data.strict_json import some_fields
from cutaway.data.suggestions import did_you_mean
from cutaway.diagnosis.evidence import Evidence
from cutaway.diagnosis.verdict import Verdict
from cutaway.errors import InputError
from cutaway.records import Event, LayerVitals, NetworkVitals, StepRecord
from cutaway.runs.origin import Origin
from cutaway.runs.run import Run, single
from cutaway.runs.table_run import TableRun
from cutaway.storage.architecture import ModelFileError
from cutaway.storage.diagnosis_file import read_diagnosis
from cutaway.storage.moments import Moments
from cutaway.storage.network_file import NetworkFile, read_network
from cutaway.storage.record_lines import read_records
from cutaway.storage.run_folder import DIAGNOSIS, MOMENTS, NETWORK, RECORDS, RUN, TRAJECTORY, is_run, read_facts
from cutaway.storage.way import read_way

AnyRun = TypeVar("AnyRun", bound=Run)
LEARNED_FROM = {"TableRun": "a table", "PictureRun": "pictures", "TextRun": "a text"}


def load(path: str | Path, *, layers: Iterable[type] = ()) -> Run:
    """Return a run from its folder, or from a network's file alone; its predictions are those of before, bit by bit.

    path     a run's folder, or a `.safetensors` file written by this package
    layers   classes of your own that the network is made of; others are refused

    Nothing that the files hold is run. Raises `InputError` where there is no run, and its kind `ModelFileError` for
    files that are damaged or hold anything unknown.
    """
    if not isinstance(path, (str, PathLike)):
        raise InputError(f"load: {path!r} is no place; expected a run's folder, or a network's file")
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
    first = single(held.network)
    followed, kept = place / TRAJECTORY, place / MOMENTS
    way = read_way(followed, first.parameters()) if followed.exists() else None
    moments = Moments(kept, {**first.parameters(), **first.state()}) if kept.exists() else []
    found = place / DIAGNOSIS
    known = read_diagnosis(found, evidence=Evidence, verdict=Verdict, origin=Origin | None) if found.exists() else {}
    evidence, verdict = known.get("evidence"), known.get("verdict")
    try:
        told = some_fields(facts, "run", engine=str, engine_reason=str, seconds=float)
        run = _restored(
            held,
            facts,
            network=held.network,
            history=[record for record in records if isinstance(record, StepRecord)],
            vitals=[record for record in records if isinstance(record, LayerVitals)],
            network_vitals=[record for record in records if isinstance(record, NetworkVitals)],
            events=[record for record in records if isinstance(record, Event)],
            verdict=verdict,
            engine=told["engine"],
            reason=told["engine_reason"],
            seconds=told["seconds"],
            path=place,
            way=way,
            moments=moments,
            origin=known.get("origin"),
        )
        if evidence is not None:
            run.evidence = replace(
                evidence, layer_vitals=tuple(run.vitals), network_vitals=tuple(run.network_vitals),
                history=tuple(run.history), events=tuple(run.events),
            )  # fmt: skip
        return run
    except InputError as fault:
        raise ModelFileError(f"{place / RUN}: {fault}") from fault


def _restored(held: NetworkFile, facts: dict[str, Any] | None, **common: Any) -> Run:
    """Return the run of the file's kind."""
    if held.kind == "table":
        return TableRun.restored(held, facts, **common)
    if held.kind == "text":
        from cutaway.runs.text_run import TextRun

        return TextRun.restored(held, facts, **common)
    if held.kind == "pictures":
        from cutaway.runs.picture_run import PictureRun

        return PictureRun.restored(held, facts, **common)
    return Run(**common)


def load_as(kind: type[AnyRun], path: str | Path) -> AnyRun:
    """Return a run of one kind, `TableRun`, `PictureRun` or `TextRun`, as `load` does; `InputError` for others."""
    run = load(path)
    if not isinstance(run, kind):
        learned, expected = (LEARNED_FROM.get(each.__name__, "arrays") for each in (type(run), kind))
        raise InputError(f"{path}: is a run that learned from {learned}; expected one that learned from {expected}")
    return run


def _is_there(place: Path) -> bool:
    try:
        return place.exists()
    except OSError as fault:  # a name that is too long, a folder that may not be looked into
        raise InputError(f"{place}: cannot be read: {fault.strerror or fault}") from fault
