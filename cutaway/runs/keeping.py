"""Checkpoints of a whole job: those of each of its trainings, in the run's folder, until it is finished."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from cutaway.backends.processes import processes
from cutaway.errors import InputError
from cutaway.runs.run import Run
from cutaway.storage.checkpoint import Checkpoint, latest_checkpoint
from cutaway.storage.run_folder import CHECKPOINT, beside, is_run
from cutaway.storage.run_lock import locked
from cutaway.training.checkpoints import Checkpoints, shared_checkpoint

AnyRun = TypeVar("AnyRun", bound=Run)
EVERY = 30.0  # seconds from one checkpoint to the next, at least


@dataclass
class Keeping:
    """Where the trainings of a job keep their checkpoints, one after another: `checkpoint/0`, `checkpoint/1`, …

    folder    the run's folder
    identity  what the job is, as plain data: its data's fingerprint and its settings
    resume    whether to go on with the job that was begun there; else the checkpoints of another job are removed

    Raises `InputError` where there is nothing to go on with, and where this very job is to begin anew though it was
    begun there and is not finished.
    """

    folder: Path
    identity: dict[str, Any]
    resume: bool = False
    every: float = 30.0
    begun: int = field(default=0, init=False)
    _read: Checkpoint | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        if self.resume and self._last() is None:
            raise InputError(
                f"{self.folder}: there is no training to go on with: it was finished, or stopped before its first "
                "checkpoint; train without --resume"
            )

    def next(self, **identity: Any) -> Checkpoints:
        """Return the checkpoints of the next training, which is known by what is said here besides."""
        place = self.folder / CHECKPOINT / str(self.begun)
        known = {**self.identity, **identity}
        if not self.resume and not self.begun and processes().first:
            self._clear(place, known)
        self.begun += 1
        read, self._read = self._read, None
        return Checkpoints(place, known, self.every, self.resume, read)

    def _last(self) -> Checkpoint | None:
        """Return the last checkpoint of the next training, None where it is new; read once, for it may be large."""
        if self.resume and self._read is None:
            self._read = shared_checkpoint(self.folder / CHECKPOINT / str(self.begun))
        return self._read

    def _clear(self, place: Path, known: dict[str, Any]) -> None:
        """Remove the checkpoints of another job; `InputError` where they are those of this one."""
        try:
            found = latest_checkpoint(place)
        except InputError:  # none that could be gone on with
            found = None
        if found is not None and found.facts.get("identity") == known:
            raise InputError(
                f"{self.folder}: this training was begun there and is not finished: --resume (resume=True) goes on "
                f"where it stopped; to begin anew choose another folder, or delete {place.parent}"
            )
        shutil.rmtree(place.parent, ignore_errors=True)

    def engine(self) -> str | None:
        """Return the engine that the next training was begun with, None where it is new."""
        found = self._last()
        identity = {} if found is None else found.facts.get("identity")
        engine = identity.get("engine") if isinstance(identity, dict) else None
        return engine if engine in ("numpy", "xla") else None


@contextmanager
def keeping_in(
    folder: str | Path | None, identity: dict[str, Any], resume: bool, name: str = "out"
) -> Iterator[Keeping | None]:
    """Give a job the place of its checkpoints, and its folder to itself while entered; None where nothing is written.

    folder    the run's folder, None for none; `name` is what the argument is called
    identity  what the job is, as plain data

    Raises `InputError` where it is to be gone on with and there is no place or no such training, and where another
    process is training into the folder.
    """
    if folder is None:
        if resume:
            raise InputError(f"resume: goes on with the training in a folder; name it: {name}=")
        yield None
        return
    with locked(Path(folder)) if processes().first else nullcontext():
        yield Keeping(Path(folder), identity, resume, EVERY)


def keeping_of(out: str | Path | None, run: Any, resume: bool) -> AbstractContextManager[Keeping | None]:
    """Give `keeping_in` for a run that has just begun: its data's fingerprint and its settings say what it is."""
    return keeping_in(out, {"data": run.data["fingerprint"], **run.settings}, resume)


def put_away(run: AnyRun, keeping: Keeping | None) -> AnyRun:
    """Save a run in the folder of its job; beside it where it is interrupted and another's is there.

    Of several processes the first does.
    """
    if keeping is not None and processes().first:
        folder = keeping.folder
        run.path = run.save(beside(folder) if run.interrupted and is_run(folder) and not keeping.resume else folder)
    return run
