"""Turns: the training makes room after a step for whoever waits."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

LOOK = 0.0002  # seconds between two looks of the training whether somebody still waits


class Turns:
    """One lock, which those who ask for a turn get before the one who takes steps all the time.

    waiting   how many ask, or have a turn
    """

    def __init__(self) -> None:
        self.lock, self._count = threading.RLock(), threading.Lock()
        self.waiting = 0

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait until the training has finished its step, and hold it up meanwhile; within a turn, another is free."""
        with self._count:
            self.waiting += 1
        try:
            with self.lock:
                yield
        finally:
            with self._count:
                self.waiting -= 1

    @contextmanager
    def stepping(self) -> Iterator[None]:
        """What the training takes for a few steps."""
        while self.waiting:
            time.sleep(LOOK)
        with self.lock:
            yield
