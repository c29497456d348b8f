"""Several processes of one command on this machine: started, listened to, and ended together."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import IO, Any

from cutaway.distributed.joining import ADDRESS, BIND, COUNT, INDEX, LOST_ANOTHER
from cutaway.distributed.leaving import LAUNCHER
from cutaway.distributed.shares import cores, divided, graphics, share

HERE = "127.0.0.1"
# Seconds that the others have to end by themselves when one has failed, and then to end as they are asked.
GRACE, ASKED = 8.0, 3.0
POLL = 0.05
# Lines that wait until the processes have ended, at most.
HELD_LINES = 1000
# How lines begin that JAX's own libraries write when they end a process: "F1121 10:15:02 …", and the stack below it.
OF_LIBRARIES = re.compile(r"[IWEF]\d{4} \d\d:\d\d|\*\*\* |\s+@ +0x|terminate called|\s+what\(\)")


@dataclass
class Asked:
    """Which signal asked the processes to end, 0 for none, and how often."""

    number: int = 0
    times: int = 0
    since: float = field(default=float("inf"))  # when it asked for the second time


@dataclass(frozen=True)
class Ended:
    """How the processes ended.

    codes   of each, in order: 0 done, a signal's number below 0
    failed  the one that failed first, None where none did
    asked   the signal by which all were asked to end, 0 where they were not
    """

    codes: tuple[int, ...]
    failed: int | None
    asked: int = 0

    @property
    def alike(self) -> bool:
        """Whether each ended with the same code, by itself: all were refused, interrupted or done."""
        return len(set(self.codes)) == 1 and self.codes[0] >= 0

    @property
    def words(self) -> str:
        """What became of the one that failed first.

        >>> Ended((2, -9), 1).words
        'process 1 of 2 was killed (SIGKILL)'
        """
        if self.failed is None:
            return "all processes are done"
        code, which = self.codes[self.failed], f"process {self.failed} of {len(self.codes)}"
        if code >= 0:
            return f"{which} ended with code {code}"
        with suppress(ValueError):
            return f"{which} was killed ({signal.Signals(-code).name})"
        return f"{which} was ended by signal {-code}"


def launch(command: Sequence[str], count: int) -> Ended:
    """Run so many processes of a command, which find each other on this machine, and return how they ended.

    What the first writes to its standard output is passed on as it is, and so is what it writes to the standard error,
    where that is a terminal. Everything else is told line by line on the standard error, with the process it comes
    from, and once where several say the same. The cores and graphics processors that may be used are divided among the
    processes; each has one of the cores where there are fewer. Ctrl-C, and a request to end (SIGTERM, or SIGHUP when a
    terminal is closed), are passed on to all, which stop together after the step at hand. When one fails, the others,
    which could only wait for it, are ended; and so they are, by themselves, when the launch itself is killed.

    Raises `InputError` where there are graphics processors, and fewer than processes.
    """
    address, usable = f"{HERE}:{_free_port()}", cores()
    processors = divided(graphics(os.environ), count)
    shown = sys.stderr.isatty()
    running: list[subprocess.Popen[bytes]] = []
    broken = Broken(running)
    teller = Teller(count, held=shown, broken=broken)
    listening: list[threading.Thread] = []
    alive, ours = os.pipe()  # nothing is written: the other end is closed with us, however we end
    inherited: Any = {"pass_fds": (alive,)} if os.name == "posix" else {}
    try:
        with _forwarding(running) as asked:
            teller.asked = asked
            for index in range(count):
                own = share(usable, count, index)
                environment = {
                    "JAX_NUM_CPU_DEVICES": str(len(own)), **os.environ, **processors[index], "PYTHONUNBUFFERED": "1",
                    ADDRESS: address, BIND: address, COUNT: str(count), INDEX: str(index), LAUNCHER: str(alive),
                }  # fmt: skip
                child = subprocess.Popen(
                    command, env=environment, stdin=subprocess.DEVNULL, start_new_session=True,
                    stdout=None if index == 0 else subprocess.PIPE,
                    stderr=None if index == 0 and shown else subprocess.PIPE, **inherited,
                )  # fmt: skip
                if hasattr(os, "sched_setaffinity"):
                    with suppress(OSError):
                        os.sched_setaffinity(child.pid, own)
                running.append(child)
                for stream in (child.stdout, child.stderr):
                    if stream is not None:
                        listening.append(threading.Thread(target=teller.listen, args=(index, stream), daemon=True))
                        listening[-1].start()
            _wait(running, asked, broken)
    finally:
        _end(running)
        os.close(alive)
        os.close(ours)
    for thread in listening:
        thread.join(timeout=1)
    # Those that did not end when asked to were ended now.
    ended = Ended(tuple(child.returncode for child in running), broken(), asked.number)
    teller.rest(ended)
    return ended


class Teller:
    """Passes on what the processes say, each line with the process that says it.

    held    whether it waits until all have ended: where the first speaks for itself, what the others say is mostly the
            same, and is needed where they end otherwise than it
    broken  says which process has failed by now, None for none: what the others then say of having lost it, and what
            libraries say of how they end, is needed where the one that failed said nothing
    """

    def __init__(self, count: int, held: bool = False, broken: Callable[[], int | None] = lambda: None) -> None:
        self.count, self.said, self.held, self.broken = count, dict[str, int](), held, broken
        self.lines: deque[str] = deque(maxlen=HELD_LINES)
        self.late: deque[str] = deque(maxlen=HELD_LINES)
        self.spoke: set[int] = set()
        self.failed: int | None = None
        self.asked = Asked()
        self.lock = threading.Lock()

    def listen(self, index: int, stream: IO[bytes]) -> None:
        """Pass on the lines of one process."""
        with stream:
            for raw in stream:
                line = raw.decode("utf-8", "replace").rstrip()
                with self.lock:
                    if line and self.said.setdefault(line, index) == index:
                        self._hear(index, f"[{index}] {line}\n", bool(OF_LIBRARIES.match(line)))

    def _hear(self, index: int, line: str, of_library: bool) -> None:
        if self.failed is None:
            self.failed = self.broken()
        ending = self.failed is not None or self.asked.times > 1
        if ending and (of_library or (LOST_ANOTHER in line and self.failed not in (None, index))):
            self.late.append(line)
            return
        self.spoke.add(index)
        self.lines.append(line)
        if not self.held:
            self._pass_on()

    def rest(self, ended: Ended) -> None:
        """Pass on what waits, where it is needed."""
        with self.lock:
            if ended.alike:
                return
            spoke = self.spoke | ({0} if self.held else set())  # the first is not heard here where it has the terminal
            said_why = ended.failed is not None and ended.codes[ended.failed] > 0 and ended.failed in spoke
            if not (ended.asked or said_why):
                self.lines.extend(self.late)
            self._pass_on()

    def _pass_on(self) -> None:
        while self.lines:
            sys.stderr.write(self.lines.popleft())
        sys.stderr.flush()


class Broken:
    """Says which process failed first, None while none has; it is known from the moment on at which it was first seen.

    Of several that are seen at once the one that was killed is the cause.
    """

    def __init__(self, running: Sequence[subprocess.Popen[bytes]]) -> None:
        self.running = running
        self.first: int | None = None

    def __call__(self) -> int | None:
        """Return which one it was, by its place."""
        if self.first is None:
            codes = {index: child.poll() for index, child in enumerate(self.running)}
            failed = (index for index, code in codes.items() if code)
            self.first = min(failed, key=lambda index: codes[index] or 0, default=None)
        return self.first


def _wait(running: Sequence[subprocess.Popen[bytes]], asked: Asked, broken: Broken) -> None:
    """Wait until all have ended, or had time to, once one failed or all were asked twice."""
    until = float("inf")
    while None in [child.poll() for child in running] and time.monotonic() < min(until, asked.since + GRACE):
        if until == float("inf") and broken() is not None:
            until = time.monotonic() + GRACE
        time.sleep(POLL)
    broken()


def _end(running: Sequence[subprocess.Popen[bytes]]) -> None:
    """End those that are still there."""
    for child in running:
        if child.poll() is None:
            child.terminate()
    until = time.monotonic() + ASKED
    for child in running:
        with suppress(subprocess.TimeoutExpired):
            child.wait(max(0.0, until - time.monotonic()))
        if child.poll() is None:
            child.kill()
            child.wait()


@contextmanager
def _forwarding(running: Sequence[subprocess.Popen[bytes]]) -> Iterator[Asked]:
    """Hand Ctrl-C, and a request to end, to all processes: those that train agree on the step after which they stop."""
    asked = Asked()
    if threading.current_thread() is not threading.main_thread():
        yield asked
        return

    def heard(number: int, frame: Any) -> None:
        asked.number = signal.SIGINT if number == signal.SIGINT else signal.SIGTERM
        asked.times += 1
        if asked.times == 2:
            asked.since = time.monotonic()
        for child in running:
            with suppress(ProcessLookupError):
                child.send_signal(asked.number)

    signals = [signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]
    before = {number: signal.signal(number, heard) for number in signals}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _free_port() -> int:
    with socket.socket() as door:
        door.bind((HERE, 0))
        return int(door.getsockname()[1])
