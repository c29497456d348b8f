"""Several processes of one command on this machine: started, listened to, and ended together."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import IO, Any

from cutaway.distributed.joining import ADDRESS, BIND, COUNT, INDEX

HERE = "127.0.0.1"
# Seconds that the others have to end by themselves when one has failed, and then to end as they are asked.
GRACE, ASKED = 8.0, 3.0
POLL = 0.05


@dataclass(frozen=True)
class Ended:
    """How the processes ended.

    codes   of each, in order: 0 done, a signal's number below 0
    failed  the one that failed first, None where none did
    """

    codes: tuple[int, ...]
    failed: int | None

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

    What the first writes to its standard output is passed on as it is. Everything else is told line by line on the
    standard error, with the process it comes from, and once where several say the same. The cores that may be used are
    divided among the processes, each of which has them all where there are fewer. Ctrl-C, and a request to end, are
    for the first, which stops all of them after the step at hand. When one fails, the others, which could only wait
    for it, are ended.
    """
    address = f"{HERE}:{_free_port()}"
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else list(range(os.cpu_count() or 1))
    teller = Teller(count)
    running: list[subprocess.Popen[bytes]] = []
    listening: list[threading.Thread] = []
    try:
        with _forwarding(running):
            for index in range(count):
                own = cores[index * len(cores) // count : (index + 1) * len(cores) // count] or [
                    cores[index % len(cores)]
                ]
                environment = {
                    "JAX_NUM_CPU_DEVICES": str(len(own)), **os.environ, "PYTHONUNBUFFERED": "1",
                    ADDRESS: address, BIND: address, COUNT: str(count), INDEX: str(index),
                }  # fmt: skip
                child = subprocess.Popen(
                    command, env=environment, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
                    stdout=None if index == 0 else subprocess.PIPE, start_new_session=True,
                )  # fmt: skip
                if hasattr(os, "sched_setaffinity"):
                    with suppress(OSError):
                        os.sched_setaffinity(child.pid, own)
                running.append(child)
                for stream in (child.stdout, child.stderr):
                    if stream is not None:
                        listening.append(threading.Thread(target=teller.listen, args=(index, stream), daemon=True))
                        listening[-1].start()
            failed = _waited(running)
    finally:
        _end(running)
    for thread in listening:
        thread.join(timeout=1)
    return Ended(tuple(child.returncode for child in running), failed)


class Teller:
    """Passes on what the processes say, each line with the process that says it."""

    def __init__(self, count: int) -> None:
        self.count, self.said = count, dict[str, int]()
        self.lock = threading.Lock()

    def listen(self, index: int, stream: IO[bytes]) -> None:
        """Pass on the lines of one process."""
        with stream:
            for raw in stream:
                line = raw.decode("utf-8", "replace").rstrip()
                with self.lock:
                    if line and self.said.setdefault(line, index) == index:
                        sys.stderr.write(f"[{index}] {line}\n")
                        sys.stderr.flush()


def _waited(running: Sequence[subprocess.Popen[bytes]]) -> int | None:
    """Wait until all have ended, or one has failed and the others had time to; return which failed first."""
    failed, until = None, float("inf")
    while None in [child.poll() for child in running] and time.monotonic() < until:
        if failed is None:
            broken = [index for index, child in enumerate(running) if child.returncode not in (None, 0)]
            # Of several that are found at once the one that was killed is the cause.
            failed = min(broken, key=lambda index: running[index].returncode, default=None)
            until = until if failed is None else time.monotonic() + GRACE
        time.sleep(POLL)
    if failed is None:
        broken = [index for index, child in enumerate(running) if child.returncode not in (None, 0)]
        failed = min(broken, key=lambda index: running[index].returncode, default=None)
    return failed


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
def _forwarding(running: Sequence[subprocess.Popen[bytes]]) -> Iterator[None]:
    """Hand Ctrl-C, and a request to end, to the first process; a second one to all."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    times = 0

    def heard(number: int, frame: Any) -> None:
        nonlocal times
        times += 1
        for child in running[: 1 if times == 1 else None]:
            with suppress(ProcessLookupError):
                child.send_signal(number)

    before = {number: signal.signal(number, heard) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _free_port() -> int:
    with socket.socket() as door:
        door.bind((HERE, 0))
        return int(door.getsockname()[1])
