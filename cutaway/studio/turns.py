"""Turns: the training makes room after a step for whoever waits."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

# Seconds after which a thread that waits for the interpreter is given it. A step of a small network gives it up and
# takes it back many times in the usual 5 ms, and whoever waits begins to count anew each time: an answer needs the
# interpreter some ten times, and came after 70 ms; with this one after 4, and the steps are as fast.
PROMPT = 1e-4


@contextmanager
def prompt() -> Iterator[None]:
    """Have the interpreter change threads promptly while entered, in this whole process."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(PROMPT)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


class Turns:
    """One lock, which those who ask for a turn get before the one who takes steps all the time.

    waiting   how many ask, or have a turn
    """

    def __init__(self) -> None:
        self.lock, self._count = threading.RLock(), threading.Lock()
        self.waiting = 0
        self._free = threading.Event()  # nobody asks, and nobody has a turn
        self._free.set()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait until the training has finished its step, and hold it up meanwhile; within a turn, another is free."""
        with self._count:
            self.waiting += 1
            self._free.clear()
        try:
            with self.lock:
                yield
        finally:
            with self._count:
                self.waiting -= 1
                if not self.waiting:
                    self._free.set()

    @contextmanager
    def stepping(self) -> Iterator[None]:
        """What the training takes for a few steps."""
        while self.waiting:
            self._free.wait()
        with self.lock:
            yield
