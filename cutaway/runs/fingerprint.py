"""The fingerprint of data: whether a table is the one that a run learned from."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import numpy as np

from cutaway.data.shards import shards_of
from cutaway.data.table import Table, as_texts
from cutaway.errors import InputError


def fingerprint(data: Any, table: Table) -> str:
    """Return the SHA-256 of a file's bytes, or of a table's names and values where there is no file.

    Of a table in several files it is that of the SHA-256 of each, in their order.
    """
    if isinstance(data, (str, os.PathLike)):
        parts = shards_of(data)
        if parts is None:
            return f"sha256:{_of_file(Path(data)).hex()}"
        return f"sha256:{hashlib.sha256(b''.join(map(_of_file, parts))).hexdigest()}"
    digest = hashlib.sha256()
    for name, values in table.columns.items():
        content = repr(as_texts(values)).encode() if values.dtype.kind == "O" else values.tobytes()
        digest.update(f"{name}\n{len(content)}\n".encode())
        digest.update(content)
    return f"sha256:{digest.hexdigest()}"


def _of_file(place: Path) -> bytes:
    try:
        with place.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except OSError as fault:
        raise InputError(f"{place}: cannot be read: {fault.strerror or fault}") from fault


def fingerprint_of(*arrays: np.ndarray | None) -> str:
    """Return the SHA-256 of arrays: their types, shapes and values.

    >>> fingerprint_of(np.zeros(2), None) == fingerprint_of(np.zeros((2, 1)), None)
    False
    """
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(b"none\n" if array is None else f"{array.dtype.str} {array.shape}\n".encode())
        if array is not None:
            digest.update(np.ascontiguousarray(array).data)
    return f"sha256:{digest.hexdigest()}"
