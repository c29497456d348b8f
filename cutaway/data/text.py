"""Running text from a file: unpacked, decoded, and with one kind of line end."""

from __future__ import annotations

import gzip
import io
import os
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from cutaway.errors import InputError

FEWEST = 500
"""Characters that a text must have to learn from: below, there is nothing to hold out and hardly anything to learn."""

LARGEST = 1 << 30
"""Bytes that a text may have, unpacked: it is held in memory several times over, and a small packed file may hold \
any number of them."""

CHUNK = 1 << 20  # bytes that are read at once

_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
# Bytes below 32 that stand in running text: tab, line ends, a new page.
_USUAL = frozenset(b"\t\n\r\f")
_MOST_UNUSUAL = 0.01  # share of other bytes below 32, beyond which a file is no text


@dataclass(frozen=True)
class Text:
    r"""A text in memory.

    content   the characters; lines end with \n alone
    source    where it is from, for messages
    notes     what was done to read it
    """

    content: str
    source: str = "the text"
    notes: list[str] = field(default_factory=list)


def read_text(path: str | os.PathLike[str]) -> Text:
    r"""Return the text of a file: UTF-8, UTF-16 with its mark, or else Latin-1; packed with gzip or not.

    A byte order mark is left out, and lines that end with \r\n or \r end with \n. Raises `InputError` where there is
    no such file, it is empty, damaged, larger than 1 GiB when unpacked, or no text.
    """
    place = Path(path)
    content, notes = _decoded(_unpacked(place), place)
    plain = content.replace("\r\n", "\n").replace("\r", "\n")
    if len(plain) < len(content):
        notes.append("line ends of Windows (\\r\\n) read as \\n")
    if not plain.strip():
        raise InputError(f"{place}: the file holds no text, only blanks; expected running text")
    return Text(plain, str(place), notes)


def as_text(data: str | os.PathLike[str] | Text) -> Text:
    """Return a text as it is, and that of a file by its path; `InputError` for anything else."""
    if isinstance(data, Text):
        return data
    if not isinstance(data, (str, os.PathLike)):
        raise InputError(f"a text was expected: the path of a file, or a Text; got {type(data).__name__}")
    return read_text(data)


def check_length(text: Text, fewest: int = FEWEST) -> None:
    """Raise `InputError` for a text that is too short to learn from, and say how short that is.

    >>> check_length(Text("To be."))
    Traceback (most recent call last):
    cutaway.errors.InputError: the text: has 6 characters, too few to learn from; expected at least 500, and thousands \
for words to be learned
    """
    if len(text.content) < fewest:
        raise InputError(
            f"{text.source}: has {len(text.content):,} characters, too few to learn from; expected at least "
            f"{fewest:,}, and thousands for words to be learned"
        )


def _unpacked(place: Path) -> bytes:
    """Return a file's bytes, unpacked where gzip packed them."""
    try:
        if place.is_dir():
            raise InputError(f"{place}: is a folder; expected a file of text")
        if place.exists() and not place.is_file():
            raise InputError(f"{place}: is not a regular file; save what it delivers to a file first")
        with place.open("rb") as file:
            content = _at_most(file)
    except FileNotFoundError as fault:
        raise InputError(f"{place}: there is no such file; check the path") from fault
    except OSError as fault:
        raise InputError(f"{place}: cannot be read: {fault.strerror or fault}") from fault
    if content.startswith(b"\x1f\x8b"):
        try:
            with gzip.GzipFile(fileobj=io.BytesIO(content)) as packed:
                content = _at_most(packed)
        except (EOFError, zlib.error, gzip.BadGzipFile) as fault:
            raise InputError(f"{place}: cannot be unpacked ({fault}): it is damaged; fetch it again") from fault
    if len(content) > LARGEST:
        raise InputError(
            f"{place}: has more than {LARGEST:,} bytes of text, which is all that is read; give a part of it, such as "
            f"`head -c {LARGEST}` writes"
        )
    if not content:
        raise InputError(f"{place}: the file is empty; expected running text")
    return content


def _at_most(file: IO[bytes] | gzip.GzipFile) -> bytes:
    """Return what a file holds, or a little more than `LARGEST` bytes of it."""
    parts, length = [], 0
    while length <= LARGEST and (part := file.read(CHUNK)):
        parts.append(part)
        length += len(part)
    return b"".join(parts)


def _decoded(content: bytes, place: Path) -> tuple[str, list[str]]:
    """Return the characters that bytes stand for, and what there is to say of it."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            try:
                decoded = content[len(mark) :].decode(encoding)
            except UnicodeDecodeError as fault:
                raise InputError(
                    f"{place}: begins as {encoding.upper()} and holds what is none at byte {fault.start:,}; save it "
                    "as UTF-8"
                ) from fault
            return decoded, [] if encoding == "utf-8" else [f"read as {encoding.upper()}"]
    if b"\0" in content:
        raise InputError(f"{place}: holds bytes that no text has (at {content.index(0):,}); expected running text")
    unusual = sum(content.count(byte) for byte in range(32) if byte not in _USUAL)
    if unusual > _MOST_UNUSUAL * len(content):
        raise InputError(
            f"{place}: {unusual / len(content):.0%} of its bytes are control characters, which no text has; expected "
            "running text"
        )
    try:
        return content.decode("utf-8"), []
    except UnicodeDecodeError as fault:
        return content.decode("latin-1"), [
            f"is no UTF-8 (byte {fault.start:,}); read as Latin-1, one byte a character; save it as UTF-8 if letters "
            "look wrong"
        ]
