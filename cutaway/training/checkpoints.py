"""When a training writes down where it is, and where it finds that again."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cutaway.backends.processes import processes
from cutaway.errors import InputError
from cutaway.storage.checkpoint import Checkpoint, latest_checkpoint, packed, unpacked, write_checkpoint

# Writing takes no more than this share of the time, however large the network is.
SHARE = 0.01


def shared_checkpoint(folder: Path) -> Checkpoint | None:
    """Return the latest checkpoint of a folder, None where there is none; of several processes the first reads it."""
    group = processes()
    if not group.several:
        return latest_checkpoint(folder)
    found = latest_checkpoint(folder) if group.first else None
    content = group.told(b"" if found is None else packed(found))
    return unpacked(content) if content else None


@dataclass
class Checkpoints:
    """The checkpoints of one training.

    folder    where they are
    identity  what the training is, as plain data: its rows, settings and network; one of another is refused
    every     seconds from one to the next, at least
    resume    whether to go on from the last one
    read      the last one, where it was read already (None: it is read when asked for)
    """

    folder: Path
    identity: dict[str, Any]
    every: float = 30.0
    resume: bool = False
    read: Checkpoint | None = None
    spent: float = field(default=0.0, init=False)  # seconds, on all that were
    written: int = field(default=0, init=False)
    _next: float = field(init=False)

    def __post_init__(self) -> None:
        self._next = time.perf_counter() + self.every

    def due(self) -> bool:
        """Whether it is time to write one."""
        return time.perf_counter() >= self._next

    def write(self, step: int, checkpoint: Checkpoint, began: float | None = None) -> None:
        """Write the checkpoint of a step; what `latest` returns then is this one.

        began   when it began to be made, on the clock `time.perf_counter` (None: now)
        """
        began = time.perf_counter() if began is None else began
        if processes().first:
            write_checkpoint(
                self.folder, step, Checkpoint(checkpoint.arrays, {**checkpoint.facts, "identity": self.identity})
            )
        now = time.perf_counter()
        self.spent += now - began
        self.written += 1
        self._next = now + max(self.every, (now - began) / SHARE)

    def latest(self) -> Checkpoint | None:
        """Return the one to go on from, None where there is none or none is asked for.

        Raises `InputError` where it is of another training, and says what differs.
        """
        found, self.read = self.read, None  # not to be held for the length of the training
        if found is None and self.resume:
            found = shared_checkpoint(self.folder)
        if found is None:
            return None
        theirs = found.facts.get("identity")
        theirs = theirs if isinstance(theirs, dict) else {}
        differing = [name for name in {**self.identity, **theirs} if theirs.get(name) != self.identity.get(name)]
        if differing:
            told = "; ".join(f"{name} was {theirs.get(name)!r}, is {self.identity.get(name)!r}" for name in differing)
            raise InputError(
                f"{self.folder}: is of another training: {told}; give what it was begun with, or train without resuming"
            )
        return found
