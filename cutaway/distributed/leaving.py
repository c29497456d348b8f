"""How one of several processes ends where something went wrong: at once, and with whoever started it."""

from __future__ import annotations

import atexit
import os
import signal
import stat
import sys
import threading
import time
from contextlib import suppress
from types import TracebackType

from cutaway.backends.processes import processes

# Where a process of `cutaway launch` finds the end of a pipe whose other end the launcher holds as long as it lives.
LAUNCHER = "CUTAWAY_LAUNCHER"
# Seconds that a process without a launcher has to leave a checkpoint, and that the first process stays after a fault:
# it is the one through which JAX finds the others, who would be ended before they have said why they end.
ORPHANED, FIRST_STAYS = 30.0, 0.5
FAULT, INTERRUPTED, ENDED = 1, 130, 143


def leave(code: int, now: bool = False) -> int:
    """End this process at once with an exit code, if it is one of several or is to end now; else return the code.

    At a regular end JAX waits for the others, and they may be waiting for this one's share of a step. A second Ctrl-C
    breaks off a step that XLA's threads are still at; the interpreter's regular end takes its arrays from under them.
    """
    group = processes()
    if group.several or now:
        for stream in (sys.stdout, sys.stderr):
            with suppress(Exception):  # nobody may be there any more to read it
                stream.flush()
        if group.several and group.first:
            time.sleep(FIRST_STAYS)
        os._exit(code)
    return code


def leave_at_faults() -> None:
    """Have an exception that nobody catches end this process at once, once it is printed, if it is one of several.

    And have Ctrl-C do nothing to one that is done, and only waits for the first, for whom it is.
    """
    atexit.register(_done)
    before = sys.excepthook

    def said(kind: type[BaseException], fault: BaseException, trace: TracebackType | None) -> None:
        with suppress(Exception):
            before(kind, fault, trace)
        leave(INTERRUPTED if issubclass(kind, KeyboardInterrupt) else FAULT)

    sys.excepthook = said


def _done() -> None:
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_DFL if processes().first else signal.SIG_IGN)


def follow_launcher() -> None:
    """End this process, by SIGTERM and so with a checkpoint, should the `cutaway launch` that started it be gone."""
    number = os.environ.pop(LAUNCHER, "")  # for this process alone: to one that it starts the number says nothing
    if not number.isdecimal():
        return
    with suppress(OSError):
        if stat.S_ISFIFO(os.fstat(int(number)).st_mode):
            threading.Thread(target=_wait, args=(int(number),), name="cutaway-launcher", daemon=True).start()


def _wait(pipe: int) -> None:
    with suppress(OSError):
        os.read(pipe, 1)  # nothing is ever written: it returns when the other end is closed
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(ORPHANED)
    os._exit(ENDED)
