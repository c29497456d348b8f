"""Ctrl-C asks the training to stop after the chunk at hand; a second one stops at once. So does a request to end."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Any


class Terminated(KeyboardInterrupt):
    """The system asked the program to end (SIGTERM), and what was learned until then is in a checkpoint."""


class Interrupt:
    """While entered, `asked` turns true on the first Ctrl-C; what was there before is put back on leaving.

    ending   whether SIGTERM, by which the system asks a program to end, is heard too: for a training that keeps
             checkpoints; `leave` then raises `Terminated`

    Outside the main thread, where Python allows no signal handlers, it stays false.
    """

    def __init__(self, ending: bool = False) -> None:
        self.asked = self.ended = False
        self.signals = [signal.SIGINT, signal.SIGTERM] if ending else [signal.SIGINT]
        self._before: list[Any] = []

    def _heard(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            raise Terminated if self.ended else KeyboardInterrupt
        self.asked = True
        self.ended = number == signal.SIGTERM

    def leave(self) -> None:
        """Raise `Terminated` where the system asked the program to end."""
        if self.ended:
            raise Terminated

    def __enter__(self) -> Interrupt:
        if threading.current_thread() is threading.main_thread():
            self._before = [signal.signal(number, self._heard) for number in self.signals]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, before in zip(self.signals, self._before, strict=False):
            signal.signal(number, before)
