"""From a path to a file that can be read as it is: unpacked, known by its content, and in UTF-8."""

from __future__ import annotations

import bz2
import codecs
import gzip
import lzma
import os
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from cutaway.data.shards import put_together, shards_of
from cutaway.data.suggestions import did_you_mean
from cutaway.errors import InputError

_DAMAGED = (EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, gzip.BadGzipFile, RuntimeError)
PARQUET = frozenset({".parquet", ".pq"})
# Byte order marks, and the encodings that begin with them.
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark is how this one begins
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
CHUNK = 1 << 20  # bytes; a chunk is decoded or copied at a time, so a large file needs little memory


class FileKind(StrEnum):
    """What a table's file is, told from its first bytes."""

    DELIMITED = "delimited"
    JSON = "json"
    PARQUET = "parquet"


@dataclass(frozen=True)
class OpenedFile:
    """A file ready to be read: where it lies now, what it is, where scratch may lie, and repairs made.

    more    the other files of a table in several, which are read after it
    marked  whether it began with a byte order mark, as spreadsheets on Windows write and expect it
    """

    path: Path
    kind: FileKind
    scratch: Path
    notes: tuple[str, ...]
    more: tuple[Path, ...] = ()
    marked: bool = False

    @property
    def paths(self) -> list[Path]:
        """All files, in order."""
        return [self.path, *self.more]

    @property
    def bytes(self) -> int:
        """How large all files are together."""
        return sum(path.stat().st_size for path in self.paths)


@contextmanager
def opened(path: str | os.PathLike[str]) -> Iterator[OpenedFile]:
    """Unpack and decode what lies at `path` for the length of a `with` block.

    gzip, bzip2, xz and zip (with one file inside) are unpacked; UTF-8 with a byte order mark, UTF-16,
    UTF-32 and Latin-1 are rewritten as UTF-8. The original is never changed. Of a folder or a pattern it is all of its
    files, see `shards_of`: texts are put together to one, parquet files are read one after another.
    Raises `InputError` when there is no readable file, or it is not a table, or it changed meanwhile.
    """
    parts = shards_of(path)
    originals = [Path(path)] if parts is None else parts
    before = [_state_of(original) for original in originals]
    with tempfile.TemporaryDirectory(prefix="cutaway-") as folder:
        scratch = Path(folder)
        files = []
        for number, original in enumerate(originals):
            own = scratch if parts is None else scratch / str(number)
            own.mkdir(exist_ok=True)
            try:
                files.append(_ready(original, own))
            except OSError as fault:
                raise InputError(f"{original}: cannot be read: {fault.strerror or fault}") from fault
        yield files[0] if parts is None else _one_table(files, originals, scratch)
    for original, state in zip(originals, before, strict=True):
        if _state_of(original) != state:
            raise InputError(f"{original}: the file changed while it was being read; try again when it is complete")


def _ready(original: Path, scratch: Path) -> OpenedFile:
    """Return a file unpacked, known by its content, and in UTF-8."""
    ready, notes = _unpacked(original, scratch)
    kind, marked = _kind_of(ready, original), False
    if kind is not FileKind.PARQUET:
        with ready.open("rb") as file:
            marked = file.read(4).startswith(tuple(mark for mark, _ in MARKS))
        ready, more = _as_utf8(ready, original, scratch)
        notes += more
    if any(sign in str(ready) for sign in "*?["):  # such a name would be taken for a pattern
        plain = scratch / "table"
        shutil.copyfile(ready, plain)
        ready = plain
    return OpenedFile(ready, kind, scratch, tuple(notes), marked=marked)


def _one_table(files: list[OpenedFile], originals: list[Path], scratch: Path) -> OpenedFile:
    """Return the parts of a table as one."""
    kind = files[0].kind
    for file, original in zip(files, originals, strict=True):
        if file.kind is not kind:
            raise InputError(
                f"{original}: is {file.kind.value}, {originals[0].name} is {kind.value}; expected parts of one kind: "
                "name them by a pattern, such as 'shards/*.parquet'"
            )
    notes = [f"{original.name}: {note}" for file, original in zip(files, originals, strict=True) for note in file.notes]
    notes.insert(0, f"{len(files):,} files are read as one table, from {originals[0].name} to {originals[-1].name}")
    if kind is not FileKind.DELIMITED:
        return OpenedFile(files[0].path, kind, scratch, tuple(notes), tuple(file.path for file in files[1:]))
    whole = scratch / "together"
    put_together([(file.path, original) for file, original in zip(files, originals, strict=True)], whole, header=True)
    return OpenedFile(whole, kind, scratch, tuple(notes), marked=files[0].marked)


def _state_of(path: Path) -> tuple[int, int]:
    try:
        if path.is_dir():
            raise InputError(f"{path}: is a folder without tables; expected a file, or files in it (csv, tsv, parquet)")
        status = path.stat()
        if not path.is_file():  # a pipe can be read only once, and telling what it is takes several passes
            raise InputError(f"{path}: is not a regular file; save what it delivers to a file first")
    except FileNotFoundError as fault:
        siblings = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
        hint = f"in {path.parent}, {did_you_mean(path.name, sorted(siblings))}" if siblings else ""
        raise InputError(f"{path}: there is no such file; {hint or 'check the path'}") from fault
    except OSError as fault:
        raise InputError(f"{path}: cannot be read: {fault.strerror}") from fault
    if status.st_size == 0:
        if PARQUET.intersection(suffix.lower() for suffix in path.suffixes):
            raise InputError(f"{path}: has 0 bytes, and is no parquet file; write it again, or delete it")
        raise InputError(f"{path}: the file is empty; expected a header line and at least one row")
    return status.st_size, status.st_mtime_ns


def _unpacked(path: Path, scratch: Path) -> tuple[Path, list[str]]:
    with path.open("rb") as file:
        start = file.read(8)
    target = scratch / "unpacked"
    try:
        if start.startswith(b"PK\x03\x04"):
            with zipfile.ZipFile(path) as archive, archive.open(_only_member(archive, path)) as packed:
                _copy(packed, target)
        elif start.startswith(b"\x1f\x8b"):
            with gzip.open(path) as packed:
                _copy(packed, target)
        elif start.startswith(b"BZh"):
            with bz2.open(path) as packed:
                _copy(packed, target)
        elif start.startswith(b"\xfd7zXZ\x00"):
            with lzma.open(path) as packed:
                _copy(packed, target)
        else:
            return path, []
    except _DAMAGED as fault:
        raise InputError(f"{path}: cannot be unpacked ({fault}): it is damaged or encrypted") from fault
    if target.stat().st_size == 0:
        raise InputError(f"{path}: the archive holds an empty file; expected a header line and rows")
    return target, []


def _only_member(archive: zipfile.ZipFile, path: Path) -> str:
    members = [name for name in archive.namelist() if not name.endswith("/") and "__MACOSX" not in name]
    if "[Content_Types].xml" in members:
        raise InputError(f"{path}: is an office document; save the sheet as CSV and give that file")
    if len(members) != 1:
        raise InputError(f"{path}: the archive holds {len(members)} files {members[:5]}; expected exactly one table")
    return members[0]


def _copy(packed: Any, target: Path) -> None:
    with target.open("wb") as plain:
        shutil.copyfileobj(packed, plain, CHUNK)


def _kind_of(ready: Path, original: Path) -> FileKind:
    with ready.open("rb") as file:
        start = file.read(4096)
    if start.startswith(b"PAR1"):
        return FileKind.PARQUET
    suffixes = {suffix.lower() for suffix in original.suffixes}
    if suffixes & PARQUET:
        raise InputError(f"{original}: is named as parquet, but does not begin as a parquet file does")
    looks_json = start.removeprefix(codecs.BOM_UTF8).lstrip()[:1] in (b"{", b"[")
    if suffixes & {".json", ".jsonl", ".ndjson"} or (looks_json and not suffixes & {".csv", ".tsv", ".txt"}):
        return FileKind.JSON
    return FileKind.DELIMITED


def _encoding_of(ready: Path, original: Path) -> str:
    with ready.open("rb") as file:
        start = file.read(CHUNK)
        for mark, encoding in MARKS:
            if start.startswith(mark):
                return encoding
        zeros = start.count(0)
        even, odd = start[0::2].count(0), start[1::2].count(0)
        # Latin letters in UTF-16 have a zero byte each, always the same one: it tells the byte order.
        if max(even, odd) > len(start) // 4 and min(even, odd) <= len(start) // 1000:
            return "utf-16-le" if odd > even else "utf-16-be"
        controls = sum(start[:4096].count(byte) for byte in range(32) if byte not in (9, 10, 11, 12, 13, 27))
        if zeros or controls > len(start[:4096]) // 50:
            raise InputError(f"{original}: is not text; expected csv, tsv, json or parquet (or one of them packed)")
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            while start:
                decoder.decode(start)
                start = file.read(CHUNK)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "latin-1"
    return "utf-8"


def _as_utf8(ready: Path, original: Path, scratch: Path) -> tuple[Path, list[str]]:
    encoding = _encoding_of(ready, original)
    if encoding == "utf-8":
        return ready, []
    target = scratch / "utf8"
    # Windows' code page 1252 is what nearly every file called Latin-1 really is: it adds € and curly quotes.
    for attempt in ("cp1252", "latin-1") if encoding == "latin-1" else (encoding,):
        try:
            with (
                ready.open(encoding=attempt, newline="") as source,
                target.open("w", encoding="utf-8", newline="") as text,
            ):
                shutil.copyfileobj(source, text, CHUNK)
        except UnicodeError as fault:
            if attempt == "cp1252":
                continue
            raise InputError(f"{original}: begins like {encoding} text but is not: {fault}") from fault
        if encoding == "utf-8-sig":
            return target, []
        return target, [f"the file is not UTF-8; its text was read as {attempt}"]
    raise AssertionError("latin-1 decodes every byte")
