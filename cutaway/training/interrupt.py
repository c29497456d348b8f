"""Ctrl-C asks the training to stop after the chunk at hand; a second one stops at once. So does a request to end."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Any

ASKED, ENDED = 1, 2  # to stop, by Ctrl-C; to end, by the system


class Terminated(KeyboardInterrupt):
    """The system asked the program to end (SIGTERM), and what was learned until then is in a checkpoint."""


class Interrupt:
    """While entered, `asked` turns true on the first Ctrl-C; what was there before is put back on leaving.

    ending   whether SIGTERM, by which the system asks a program to end, is heard too: for a training that keeps
             checkpoints; `leave` then raises `Terminated`

    alone    whether this process trains alone; else `heard` says what it was asked (1 to stop, 2 to end), and it does
             so by `obey`, together with the others. A signal may reach each of them: only the second that reaches this
             one itself stops it at once

    Outside the main thread, where Python allows no signal handlers, it stays false.
    """

    def __init__(self, ending: bool = False, alone: bool = True) -> None:
        self.asked = self.ended = False
        self.alone, self.heard, self._own = alone, 0, 0
        self.signals = [signal.SIGINT, signal.SIGTERM] if ending else [signal.SIGINT]
        self._before: list[Any] = []

    def _heard(self, number: int, frame: FrameType | None) -> None:
        if self._own:
            raise Terminated if self._own == ENDED else KeyboardInterrupt
        self._own = ENDED if number == signal.SIGTERM else ASKED
        self.heard = max(self.heard, self._own)
        if self.alone:
            self.obey(self.heard)

    def obey(self, heard: int) -> None:
        """Do what this process, or another that trains with it, was asked."""
        self.heard = max(self.heard, heard)  # what was heard since all were asked is for the next time
        self.asked, self.ended = bool(heard), heard == ENDED

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
