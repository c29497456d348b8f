"""Checkpoints: what a training needs to go on exactly where it was, on disk."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cutaway.atomic import write_complete
from cutaway.errors import InputError
from cutaway.storage.architecture import ModelFileError
from cutaway.storage.header import check_outer_header, strict_header

FORMAT = 1
HEADER = "cutaway checkpoint"  # the one entry of a file's metadata
KEPT = 2  # the last so many are kept: should the newest be damaged, there is another
DTYPES = {"F32", "F64", "I32", "I64", "U32", "U8", "BOOL"}


@dataclass(frozen=True)
class Checkpoint:
    """Arrays by name, and what else there is to know as plain data."""

    arrays: dict[str, np.ndarray]
    facts: dict[str, Any]


def write_checkpoint(folder: Path, step: int, checkpoint: Checkpoint) -> None:
    """Write a checkpoint of so many steps done, which appears complete or not at all; older ones go, but for one.

    Raises `InputError` where it cannot be written; what was there before is then still there.
    """
    content = packed(checkpoint)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise InputError(f"{folder}: cannot be made: {fault.strerror or fault}") from fault
    write_complete(folder / f"{step:012d}.safetensors", content)
    for old in _files(folder)[KEPT:]:
        old.unlink(missing_ok=True)


def packed(checkpoint: Checkpoint) -> bytes:
    """Return a checkpoint as the bytes of its file."""
    from safetensors.numpy import save

    text = json.dumps({"format": FORMAT, **checkpoint.facts}, ensure_ascii=False, allow_nan=False)
    return save({name: np.asarray(array, order="C") for name, array in checkpoint.arrays.items()}, {HEADER: text})


def unpacked(content: bytes) -> Checkpoint:
    """Return a checkpoint from the bytes of a file that was read, and found to be one, by another process.

    >>> found = unpacked(packed(Checkpoint({"weight": np.ones(2, np.float32)}, {"step": 3})))
    >>> found.arrays["weight"].tolist(), found.facts
    ([1.0, 1.0], {'step': 3})
    """
    from safetensors.numpy import load

    size = int.from_bytes(content[:8], "little")
    facts = strict_header(json.loads(content[8 : 8 + size])["__metadata__"][HEADER])
    del facts["format"]
    return Checkpoint(load(content), facts)


def latest_checkpoint(folder: Path) -> Checkpoint | None:
    """Return the newest checkpoint that is whole, None where there is none.

    Raises `ModelFileError` where there are checkpoints, and none of them can be read.
    """
    faults = []
    for place in _files(folder):
        try:
            return read_checkpoint(place)
        except ModelFileError as fault:
            faults.append(str(fault))
    if faults:
        raise ModelFileError("; ".join(faults))
    return None


def read_checkpoint(place: Path) -> Checkpoint:
    """Return the checkpoint of a file; `ModelFileError` says what is wrong with it."""
    from safetensors import SafetensorError, safe_open

    try:
        check_outer_header(place)
        with safe_open(place, framework="np") as file:
            text = (file.metadata() or {}).get(HEADER)
            if text is None:
                raise ModelFileError(f"{place}: is no checkpoint of cutaway")
            facts = strict_header(text)
            names = list(file.keys())
            kinds = {file.get_slice(name).get_dtype() for name in names}
            if not kinds <= DTYPES:
                raise ModelFileError(f"{place}: holds {', '.join(sorted(kinds - DTYPES))}, which no checkpoint does")
            arrays = {name: file.get_tensor(name) for name in names}
    except (SafetensorError, OSError, ValueError) as fault:
        if isinstance(fault, InputError):
            raise ModelFileError(f"{place}: {fault}") from fault
        raise ModelFileError(f"{place}: is damaged, or no checkpoint ({fault})") from fault
    if facts.pop("format", None) != FORMAT:
        raise ModelFileError(f"{place}: is not of format {FORMAT}, which this version of cutaway reads")
    return Checkpoint(arrays, facts)


def _files(folder: Path) -> list[Path]:
    """Return the checkpoints of a folder, the newest first."""
    return sorted(folder.glob("[0-9]*.safetensors"), reverse=True) if folder.is_dir() else []
