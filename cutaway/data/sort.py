"""Which sort of data a person has: a table, pictures, or a text."""

from __future__ import annotations

import codecs
import gzip
import os
import re
import zlib
from enum import StrEnum
from pathlib import Path
from typing import Any

from cutaway.data.picture_arrays import ARRAY_FILES
from cutaway.data.picture_folders import PICTURES, hold_pictures
from cutaway.data.pictures import Pictures
from cutaway.data.shards import shards_of
from cutaway.data.text import Text
from cutaway.errors import InputError

TABLES = re.compile(
    r"\.(csv|tsv|tab|parquet|pq|json|jsonl|ndjson|xlsx?)(\.(gz|bz2|xz|zip))?$|\.(gz|bz2|xz|zip)$", re.IGNORECASE
)
"""Names of files that hold a table, packed or not."""

TEXTS = re.compile(r"\.(txt|text|md|rst|tex|log)$", re.IGNORECASE)
"""Names of files that hold running text, whatever packs them."""

LOOKED_AT = 1 << 16  # bytes of a file by which a text is told


class Sort(StrEnum):
    """What there is to learn from."""

    TABLE = "a table"
    PICTURES = "pictures"
    TEXT = "a text"


def sort_of(data: Any, target: str | None = None) -> Sort:
    """Return which sort of data this is: told by its content, and by the names of files; a target means a table.

    Raises `InputError` where a path holds none, or it is a table and no target is named.
    """
    if target is not None:
        if isinstance(data, (str, os.PathLike)) and Path(data).is_dir() and any(hold_pictures(Path(data))):
            raise InputError(
                f"{data}: holds pictures, whose classes are the names of their folders; a target is for tables: leave "
                "out --target"
            )
        return Sort.TABLE
    if isinstance(data, Text):
        return Sort.TEXT
    if isinstance(data, Pictures):
        return Sort.PICTURES
    if not isinstance(data, (str, os.PathLike)):
        raise InputError("train: a table needs a target: the column to predict")
    place = Path(data)
    if not place.is_dir() and shards_of(place):
        raise InputError(f"{place}: is a table in files, which needs a target, the column to predict: --target COLUMN")
    if place.is_dir():
        return _sort_of_folder(place)
    if ARRAY_FILES.search(place.name):
        return Sort.PICTURES
    if place.suffix.lower() in PICTURES:
        raise InputError(f"{place}: is one picture; give a folder that has one folder of pictures for each class")
    if not place.is_file():
        raise InputError(f"{place}: there is no such file or folder")
    if TABLES.search(_unpacked_name(place)):
        raise InputError(f"{place}: is a table, which needs a target, the column to predict: --target COLUMN")
    if not _is_text(place):
        raise InputError(
            f"{place}: is neither a text nor, by its name, a table or pictures; of a table name the column to predict: "
            "--target COLUMN"
        )
    return Sort.TEXT


def _sort_of_folder(place: Path) -> Sort:
    try:
        classes, loose = hold_pictures(place)
    except OSError as fault:
        raise InputError(f"{place}: cannot be read: {fault.strerror or fault}") from fault
    if classes:
        return Sort.PICTURES
    if loose:
        raise InputError(
            f"{place}: holds pictures, but says not of which class each is; make a folder in it for each class, and "
            "put the pictures there"
        )
    if shards_of(place):
        raise InputError(f"{place}: is a table in files, which needs a target, the column to predict: --target COLUMN")
    raise InputError(
        f"{place}: is a folder without pictures; expected one folder of pictures for each class "
        f"({', '.join(PICTURES)}), or a file: a table or a text"
    )


def _unpacked_name(place: Path) -> str:
    """Return the name of what a gzip file holds, where its ending says that this is a text; else the name."""
    inside = place.name[:-3] if place.suffix.lower() == ".gz" else ""
    return inside if TEXTS.search(inside) else place.name


def _is_text(place: Path) -> bool:
    """Whether a file's first bytes are text: UTF-8, UTF-16 with its mark, or one byte a character; packed or not."""
    with place.open("rb") as file:
        begin = file.read(LOOKED_AT)
    if begin[:2] == b"\x1f\x8b":
        try:
            with gzip.open(place) as unpacked:
                begin = unpacked.read(LOOKED_AT)
        except (EOFError, OSError, zlib.error):
            return False
    if begin[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return True
    try:
        codecs.getincrementaldecoder("utf-8")().decode(begin)  # a character may be cut in two at the end
    except UnicodeDecodeError:
        return b"\0" not in begin and _mostly_printable(begin)
    return b"\0" not in begin


def _mostly_printable(begin: bytes) -> bool:
    return sum(byte >= 32 or byte in (9, 10, 13) for byte in begin) > 0.99 * len(begin)
