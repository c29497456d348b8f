"""Files and folders that appear complete or not at all, whatever happens meanwhile."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from cutaway.errors import InputError


@contextmanager
def complete_file(place: Path, mode: str = "wb", **text: Any) -> Iterator[IO[Any]]:
    """Give a file to fill beside `place`; it takes `place`'s name when the block ends without an error.

    Its bytes are flushed to the disk before the renaming: a reader sees the old file or the new one, never a part,
    and so does who starts the machine again. The mode of a file that is replaced is kept. `text` are the encoding and
    newline of `open`. Raises `InputError` when the place cannot be written to.
    """
    if not place.parent.is_dir():
        raise InputError(
            f"{place}: cannot be written: there is no folder {place.parent}; make it or choose another place"
        )
    try:
        handle, name = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name}.", suffix=".part")
        part = Path(name)
        try:
            with os.fdopen(handle, mode, **text) as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            part.chmod(place.stat().st_mode & 0o777 if place.exists() else 0o666 & ~_mask())
            part.replace(place)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        _flush_folder(place.parent)
    except OSError as fault:
        raise InputError(f"{place}: cannot be written: {fault.strerror or fault}") from fault


def write_complete(place: Path, content: bytes) -> None:
    """Write `content` as the file `place`, complete or not at all."""
    with complete_file(place) as file:
        file.write(content)


@contextmanager
def complete_folder(place: Path) -> Iterator[Path]:
    """Give an empty folder to fill beside `place`; it takes `place`'s name when the block ends without an error.

    A folder that is there is replaced as a whole. Raises `InputError` when the place cannot be written to.
    """
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(dir=place.parent, prefix=f".{place.name}.", suffix=".part"))
    except OSError as fault:
        raise InputError(f"{place}: cannot be written: {fault.strerror or fault}") from fault
    try:
        yield part
        part.chmod(0o777 & ~_mask())
        _flush_folder(part)
        _put(part, place)
    except OSError as fault:
        raise InputError(f"{place}: cannot be written: {fault.strerror or fault}") from fault
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _put(part: Path, place: Path) -> None:
    """Rename the folder `part` to `place`; what was there goes back if that fails."""
    if not place.exists():
        part.rename(place)
    elif _exchanged(part, place):
        shutil.rmtree(part, ignore_errors=True)
    else:
        old = part.with_suffix(".old")
        place.rename(old)
        try:
            part.rename(place)
        except OSError:
            old.rename(place)
            raise
        shutil.rmtree(old, ignore_errors=True)
    _flush_folder(place.parent)


def _exchanged(part: Path, place: Path) -> bool:
    """Have two folders change names in one step; false where the system or its file system knows no such step.

    With two renamings, a process that is killed between them would leave nothing under the name.
    """
    if sys.platform != "linux":
        return False
    import ctypes

    here, exchange = -100, 2  # AT_FDCWD and RENAME_EXCHANGE of renameat2(2)
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):  # an older C library
        return False
    return bool(rename(here, os.fsencode(part), here, os.fsencode(place), exchange) == 0)


def _flush_folder(folder: Path) -> None:
    """Have the disk remember the names in a folder, where the system can do that."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _mask() -> int:
    mask = os.umask(0)  # the only way to ask for it is to set it
    os.umask(mask)
    return mask
