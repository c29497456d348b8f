"""A run as a folder: what was done (`run.json`), the network, and the records of its training."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cutaway.atomic import complete_folder, write_complete
from cutaway.backends.processes import processes
from cutaway.errors import InputError
from cutaway.storage.architecture import ModelFileError
from cutaway.storage.header import strict_header
from cutaway.storage.run_lock import LOCK, holder

RUN, NETWORK, RECORDS = "run.json", "network.safetensors", "records.jsonl"
SAMPLE = "sample.txt"  # what a run on a text wrote
MISTAKES, FILTERS = "mistakes.png", "filters.png"  # sheets of a run on pictures
TRAJECTORY = "trajectory.safetensors"  # the way that the training took, in its plane
MOMENTS = "moments.safetensors"  # weights that it had on the way
DIAGNOSIS = "diagnosis.json"  # what its diagnosis knows, and what it found
REPORT = "report.html"  # one page about it all
CHECKPOINT = "checkpoint"  # of a training that is not finished
KNOWN = frozenset({
    RUN, NETWORK, RECORDS, CHECKPOINT, SAMPLE, MISTAKES, FILTERS, TRAJECTORY, MOMENTS, DIAGNOSIS, LOCK, REPORT,
})  # fmt: skip
FORMAT = 1
LARGEST = 64 << 20  # bytes of run.json


def is_run(folder: Path) -> bool:
    """Whether a folder holds a run of this program."""
    try:
        return isinstance(read_facts(folder), dict)
    except InputError:
        return False


def check_place(folder: Path) -> bool:
    """Return whether a run is there that a new one will replace.

    Raises `InputError` when something else is there, which is never touched, or nothing can be made there.
    """
    if not processes().first:
        return False  # the first process looks, which is the one that writes
    try:
        return _checked(folder)
    except OSError as fault:  # a name that is too long, a folder that may not be looked into
        raise InputError(f"{folder}: cannot be written: {fault.strerror or fault}; choose another folder") from fault


def _checked(folder: Path) -> bool:
    parent = next(part for part in folder.absolute().parents if part.exists())
    if not parent.is_dir():
        raise InputError(f"{folder}: cannot be made, since {parent} is a file; choose another folder")
    if not folder.exists() and not folder.is_symlink():
        _try_to_write(folder, parent)
        return False
    if not folder.is_dir():
        raise InputError(f"{folder}: is a file; choose another folder for the run")
    if other := holder(folder):
        raise InputError(
            f"{folder}: another training writes to this folder ({other}); let it end, or choose another folder"
        )
    held = sorted(item.name for item in folder.iterdir() if item.name != LOCK)
    if {RECORDS, CHECKPOINT}.issuperset(held):  # what a training leaves that did not come to its end
        _try_to_write(folder, parent)
        return bool(held)
    if not is_run(folder):
        raise InputError(f"{folder}: holds something that is not a run of cutaway; choose another folder for the run")
    foreign = _foreign(folder)
    if foreign:
        raise InputError(
            f"{folder}: holds {', '.join(foreign[:5])} beside an earlier run, which would be lost; move that away or "
            "choose another folder for the run"
        )
    _try_to_write(folder, parent)
    return True


def is_finished_run(folder: Path) -> bool:
    """Whether a folder holds a run whose training came to its end."""
    return is_run(folder) and not read_facts(folder).get("interrupted", False)


def beside(folder: Path) -> Path:
    """Return a place for an interrupted run, beside the one that it must not replace."""
    first = folder.with_name(f"{folder.name}-interrupted")
    place, number = first, 2
    while place.exists():
        place, number = first.with_name(f"{first.name}-{number}"), number + 1
    return place


def _foreign(folder: Path) -> list[str]:
    return sorted(item.name for item in folder.iterdir() if item.name not in KNOWN)


def _try_to_write(folder: Path, parent: Path) -> None:
    """Make and remove a folder where the run's is to appear: what rights say and what happens may differ."""
    try:
        Path(tempfile.mkdtemp(dir=parent, prefix=f".{folder.name}.", suffix=".part")).rmdir()
    except OSError as fault:
        raise InputError(
            f"{folder}: cannot be written: nothing can be made in {parent} ({fault.strerror or fault}); choose another "
            "folder for the run"
        ) from fault


@contextmanager
def new_run(folder: Path, facts: dict[str, Any]) -> Iterator[Path]:
    """Give a folder to put the network and records in; with `run.json` it becomes `folder` when the block ends.

    An earlier run there is replaced, and its checkpoints go, unless the facts say that this one is interrupted: then
    there is more to learn. Raises `InputError` as `check_place` does.
    """
    check_place(folder)
    with complete_folder(folder) as part:
        yield part
        if facts.get("interrupted") and (folder / CHECKPOINT).is_dir():
            shutil.copytree(folder / CHECKPOINT, part / CHECKPOINT)
        text = json.dumps({"cutaway": FORMAT, **facts}, ensure_ascii=False, allow_nan=False, indent=1)
        write_complete(part / RUN, f"{text}\n".encode())


def read_facts(folder: Path) -> dict[str, Any]:
    """Return what `run.json` says; `InputError` where there is none, `ModelFileError` where it is damaged."""
    place = folder / RUN
    try:
        if place.stat().st_size > LARGEST:
            raise ModelFileError(f"{place}: is larger than {LARGEST >> 20} MiB, which no run's is")
        text = place.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        raise InputError(f"{folder}: is not a run; expected a folder with {RUN} and {NETWORK}") from None
    except (OSError, UnicodeDecodeError) as fault:
        raise ModelFileError(f"{place}: cannot be read ({fault})") from fault
    try:
        facts = strict_header(text)
    except ModelFileError as fault:
        raise ModelFileError(f"{place}: {fault}") from fault
    if facts.pop("cutaway", None) != FORMAT:
        raise ModelFileError(f"{place}: is not of format {FORMAT}, which this version of cutaway reads")
    return facts
