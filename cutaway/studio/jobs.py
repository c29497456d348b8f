"""Long computations in threads: how far they are, and their results, told to every client."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from cutaway.errors import InputError

Told = Callable[[int, int], None]
MOST = 4  # at once


class Cancelled(Exception):  # noqa: N818 - it is a request, not an error
    """Raised inside a job that was cancelled, where it tells how far it is."""


class Jobs:
    """Starts and cancels them.

    push     sends a message to every client
    results  the last result of each kind
    """

    def __init__(self, push: Callable[[dict[str, Any]], None]) -> None:
        self.push = push
        self._lock = threading.Lock()
        self._running: dict[int, threading.Event] = {}
        self._what: dict[int, str] = {}
        self._number = 0
        self.results: dict[str, Any] = {}

    def start(self, what: str, work: Callable[[Told], Any]) -> int:
        """Begin one and return its number; `work` tells how much of how much is done, and returns the result.

        Raises `InputError` where too many run already.
        """
        with self._lock:
            if len(self._running) >= MOST:
                raise InputError(f"{what}: {MOST} computations are under way; wait for one of them, or cancel it")
            self._number += 1
            number, cancelled = self._number, threading.Event()
            self._running[number], self._what[number] = cancelled, what
        threading.Thread(
            target=self._run, args=(number, what, work, cancelled), name=f"cutaway studio {what}", daemon=True
        ).start()
        return number

    def cancel(self, number: int) -> None:
        """End one: its clients are told at once, its thread ends where it next says how far it is.

        One that has ended already is passed over.
        """
        with self._lock:
            cancelled = self._running.get(number)
        if cancelled is not None and not cancelled.is_set():
            cancelled.set()
            self.push({"push": "job", "job": number, "what": self._what[number], "done": 0, "total": 1,
                       "state": "cancelled"})  # fmt: skip

    def close(self) -> None:
        """Ask all to end."""
        with self._lock:
            for cancelled in self._running.values():
                cancelled.set()

    def forget(self) -> None:
        """Ask all to end, and forget what others found: another network is on show, which it is not about."""
        self.close()
        with self._lock:
            self.results.clear()

    def _run(self, number: int, what: str, work: Callable[[Told], Any], cancelled: threading.Event) -> None:
        def told(done: int, total: int) -> None:
            if cancelled.is_set():
                raise Cancelled
            self.push({**about, "done": int(done), "total": int(total), "state": "running"})

        about: dict[str, Any] = {"push": "job", "job": number, "what": what}
        ended: dict[str, Any]
        try:
            told(0, 1)
            ended = {"done": 1, "total": 1, "state": "done", "result": work(told)}
        except Cancelled:
            ended = {}
        except InputError as fault:
            ended = {"done": 0, "total": 1, "state": "failed", "error": {"kind": "input", "message": str(fault)}}
        except Exception as fault:
            message = f"{what}: this is a fault of ours ({type(fault).__name__}: {fault})"
            ended = {"done": 0, "total": 1, "state": "failed", "error": {"kind": "fault", "message": message}}
        with self._lock:  # told within: nothing of another network comes after that is forgotten
            del self._running[number], self._what[number]
            if ended and not cancelled.is_set():
                if "result" in ended:
                    self.results[what] = ended["result"]
                self.push({**about, **ended})
