"""One process at a time on a run's folder: the second is refused, and told which the first is."""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from cutaway.errors import InputError

locks: Any = None  # those of the system, which has none where it is Windows
with suppress(ImportError):
    import fcntl

    locks = fcntl

LOCK = "lock"  # the file's name, in the run's folder


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep a run's folder to this process while entered; it is made if it is not there.

    The file `lock` in it says which process has it. Where the system knows locks, it takes one back itself from a
    process that is gone, however it went; elsewhere one counts for nothing whose process is not there any more. It is
    released however the block ends, and a folder with nothing else in it goes, too. Raises `InputError` where another
    training has the folder, or nothing can be written there.

    >>> import tempfile
    >>> place = Path(tempfile.mkdtemp()) / "run"
    >>> with locked(place):
    ...     [item.name for item in place.iterdir()]
    ['lock']
    >>> place.exists()
    False
    """
    place = folder / LOCK
    try:
        handle = _taken(folder, place)
    except OSError as fault:
        raise InputError(f"{folder}: cannot be written: {fault.strerror or fault}; choose another folder") from fault
    mine = os.fstat(handle).st_ino if locks is not None else None
    if locks is None:
        os.close(handle)  # Windows renames no folder in which a file is open
    try:
        yield
    finally:
        with suppress(OSError):
            if mine in (None, place.stat().st_ino):  # else the folder was replaced, and the lock went with the old one
                place.unlink()
        with suppress(OSError):
            folder.rmdir()
        if locks is not None:
            os.close(handle)


def holder(folder: Path) -> str:
    """Return who is training into a folder, in words; "" where nobody is, or it is this process itself.

    >>> holder(Path("nowhere"))
    ''
    """
    place = folder / LOCK
    try:
        handle = os.open(place, os.O_RDWR)
    except OSError:
        return ""
    try:
        number, machine = _written(place)
        mine = number == os.getpid() and machine == platform.node()
        return "" if mine or not _is_taken(handle, number, machine) else _told(number, machine)
    finally:
        os.close(handle)


def _taken(folder: Path, place: Path) -> int:
    """Return the handle of the lock's file, which is this process's now."""
    while True:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(place, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            number, machine = _written(place)
            if _is_taken(handle, number, machine):
                raise InputError(
                    f"{folder}: another training writes to this folder ({_told(number, machine)}); let it end, or "
                    "choose another folder"
                )
            # Whoever had it before may have removed the file after it was opened here and before it was locked.
            if place.exists() and place.stat().st_ino == os.fstat(handle).st_ino:
                os.ftruncate(handle, 0)
                os.write(handle, json.dumps({"process": os.getpid(), "machine": platform.node()}).encode())
                return handle
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)


def _is_taken(handle: int, number: int | None, machine: str) -> bool:
    """Whether another has the lock; where the system has locks, asking takes it if nobody has."""
    if locks is not None:
        try:
            locks.flock(handle, locks.LOCK_EX | locks.LOCK_NB)
            return False
        except BlockingIOError:
            return True
        except OSError:  # a file system without locks: what is written must do
            pass
    return number is not None and (machine != platform.node() or is_alive(number))


def is_alive(number: int) -> bool:
    """Whether there is a process of that number on this machine.

    >>> is_alive(os.getpid())
    True
    """
    if sys.platform == "win32":
        import ctypes

        handle = ctypes.windll.kernel32.OpenProcess(0x1000, False, number)  # to ask for its state, and no more
        if handle:
            ctypes.windll.kernel32.CloseHandle(handle)
        return bool(handle)
    try:
        os.kill(number, 0)  # sends nothing
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:  # another user's
        return True
    return True


def _written(place: Path) -> tuple[int | None, str]:
    """Return the number and the machine that the file holds; none where it was not written to its end."""
    try:
        data = json.loads(place.read_text(encoding="utf-8"))
        number, machine = data["process"], data["machine"]
    except (OSError, ValueError, KeyError, TypeError):
        return None, ""
    right = isinstance(number, int) and number > 0 and isinstance(machine, str)
    return (number, machine) if right else (None, "")


def _told(number: int | None, machine: str) -> str:
    where = "" if machine == platform.node() else f" on {machine}"
    return "its process is not known" if number is None else f"process {number}{where}"
