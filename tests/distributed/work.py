"""Small trainings, run by each of several processes: `python -m tests.distributed.work NAME FOLDER`.

The first process leaves what it found in FOLDER/NAME.npz; the same functions give the reference in one process.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

import numpy as np

import cutaway as ca
from cutaway.records import StepRecord
from cutaway.runs import keeping

EPOCHS = 8


def rows() -> tuple[np.ndarray, np.ndarray]:
    x = np.random.default_rng(0).normal(size=(203, 6))
    return x, (x[:, 0] * x[:, 1] > 0).astype(int)


def network() -> ca.Sequential:
    """Batch statistics and dropout: what a batch has in common, and what is drawn for each of its rows."""
    return ca.Sequential(
        ca.Dense(16, bias=False), ca.BatchNorm(), ca.ReLU(), ca.Dropout(0.2), ca.Dense(8), ca.Tanh(), ca.Dense(2)
    )


def fitted(**options: Any) -> dict[str, np.ndarray]:
    """Train on batches of 33 rows, which neither two nor four divide, and return what there is to compare."""
    x, y = rows()
    net = network()
    how = {"epochs": EPOCHS, "validation": 0.2, "metrics": ["accuracy"], "seed": 1, "observe": False} | options
    run = ca.fit(
        net, x, y, loss="cross_entropy", optimizer=ca.Adam(1e-2), batch_size=33, engine="xla", progress=False, **how
    )
    kept = run.network
    first = kept[0] if isinstance(kept, ca.Ensemble) else kept
    found = {path: np.asarray(array) for path, array in first.parameters().items()}
    found |= {f"state {path}": np.asarray(array) for path, array in first.state().items()}
    told = run.history
    found["losses"] = np.array([[each.loss, each.validation] for each in told])
    found["accuracy"] = np.array([each.metrics["accuracy"] for each in told])
    found["answers"] = kept(x.astype(np.float32))
    return found


def single(place: Path, **options: Any) -> dict[str, np.ndarray]:
    return fitted(observe=True, **options)


def members(place: Path, **options: Any) -> dict[str, np.ndarray]:
    return fitted(members=4, epochs=3, **options)


def odd_members(place: Path, **options: Any) -> dict[str, np.ndarray]:
    """Three networks, which two processes cannot divide: they divide the rows of each batch."""
    return fitted(members=3, epochs=2, **options)


def stopped(place: Path, **options: Any) -> dict[str, np.ndarray]:
    """A training that ends early; each process must come to the same end."""
    return fitted(epochs=60, early_stopping=2, **options)


def resumed(place: Path, **options: Any) -> dict[str, np.ndarray]:
    return fitted(path=place / "begun", resume=True, **options)


def killed(place: Path, **options: Any) -> dict[str, np.ndarray]:
    """The second process is killed in the fifth epoch."""
    from cutaway.backends.processes import processes

    def die(record: Any) -> None:
        if isinstance(record, StepRecord) and record.epoch == 5 and not processes().first:
            os.kill(os.getpid(), signal.SIGKILL)

    keeping.EVERY = 0.0  # a checkpoint after each chunk
    from cutaway.distributed import together

    with together():
        return fitted(path=place / "killed", callbacks=[die], **options)


def ended(place: Path, **options: Any) -> dict[str, np.ndarray]:
    """The first process is asked to end, and all do, after one step: what is left is a checkpoint."""
    from cutaway.backends.processes import processes
    from cutaway.training.interrupt import Terminated

    def ask(record: Any) -> None:
        if isinstance(record, StepRecord) and record.epoch == 2 and processes().first:
            os.kill(os.getpid(), signal.SIGTERM)

    try:
        fitted(path=place / "ended", callbacks=[ask])
    except Terminated:
        return {"ended": np.ones(1)}
    return {"ended": np.zeros(1)}


def halted(place: Path, **options: Any) -> dict[str, np.ndarray]:
    """A listener of the second process asks to stop, and all do in the same epoch."""
    from cutaway.backends.processes import processes
    from cutaway.training.loop import StopTraining

    def ask(record: Any) -> None:
        if isinstance(record, StepRecord) and record.epoch == 3 and not processes().first:
            raise StopTraining("enough")

    return fitted(callbacks=[ask])


DONE = {each.__name__: each for each in (single, members, odd_members, stopped, resumed, killed, ended, halted)}


def main() -> int:
    names, place = sys.argv[1].split(","), Path(sys.argv[2])
    from cutaway.distributed import join
    from cutaway.errors import InputError

    group = join()
    sys.stdout.write(f"hello from {group.index}\n")
    try:
        for name in names:
            found = DONE[name](place)
            np.savez(place / f"{name}-{group.index}.npz", **found)
    except InputError as fault:
        sys.stderr.write(f"{fault}\n")
        sys.stderr.flush()
        os._exit(2)
    return 0


if __name__ == "__main__":
    sys.exit(main())
