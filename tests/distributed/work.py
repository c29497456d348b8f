"""Small trainings, run by each of several processes: `python -m tests.distributed.work NAME FOLDER`.

The first process leaves what it found in FOLDER/NAME.npz; the same functions give the reference in one process.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
from pathlib import Path
from typing import Any

import numpy as np

import cutaway as ca
from cutaway.losses import SquaredError
from cutaway.records import StepRecord
from cutaway.runs import keeping
from cutaway.training.plan import Plan
from cutaway.training.step import Batch
from cutaway.training.trainer import Trainer

EPOCHS = 8
LONGEST = 240  # seconds


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


def differing(place: Path, **options: Any) -> dict[str, np.ndarray]:
    """Each process has a seed, or a number of epochs, of its own: all refuse, by name, and can go on."""
    from cutaway.backends.processes import processes
    from cutaway.errors import InputError

    index, found = processes().index, {}
    for name, own in {"seed": {"seed": 1 + index}, "epochs": {"epochs": 2 + index}}.items():
        try:
            fitted(**own)
        except InputError as fault:
            found[name] = np.array(str(fault))
    return found


def files(place: Path, **options: Any) -> dict[str, np.ndarray]:
    """Rows in a file, of which each process reads its share, on a thread; for one network and for three."""
    import threading

    from cutaway.training.engines import Engine

    x, y = (np.float32(part) for part in rows())
    path = place / f"rows-{os.getpid()}"
    x.tofile(path)
    stored = Batch(np.memmap(path, np.float32, "r", shape=x.shape), y[:, None], None)
    found, handed = {}, []
    hand_over = Engine.hand_over

    def heard(self: Any, *given: Any, **how: Any) -> Any:
        result = hand_over(self, *given, **how)
        rows_here = max(part.data.shape[1] for part in result[0].x.addressable_shards)
        handed.append([rows_here, threading.current_thread() is threading.main_thread()])
        return result

    Engine.hand_over = heard  # type: ignore[method-assign]
    try:
        for count in (1, 3):
            net = ca.Sequential(ca.Dense(8), ca.Tanh(), ca.Dense(1)).build(6, 0)
            plan = Plan(epochs=4, batch_size=34, seed=1, members=count, block=8, lean=True, watch=False, drop_last=True)
            trained = Trainer(net, SquaredError(), ca.GradientDescent(0.1), plan, engine="xla").train(stored)
            found |= {f"{count} {name}": array for name, array in trained.params.items()}
    finally:
        Engine.hand_over = hand_over  # type: ignore[method-assign]
    return {**found, "handed": np.array(handed)}


def surface(place: Path, **options: Any) -> dict[str, np.ndarray]:
    """The first process alone asks for the loss at eight places: none of the others computes any of them."""
    from cutaway.backends.processes import processes
    from cutaway.explain.surface import Surface

    if not processes().first:
        return {}
    x, y = (np.float32(part) for part in rows())
    net = ca.Sequential(ca.Dense(4), ca.Tanh(), ca.Dense(1)).build(6, 0)
    scales = np.linspace(0.5, 2, 8, dtype=np.float32)
    places = {name: np.multiply.outer(scales, array) for name, array in net.parameters().items()}
    losses = Surface(net, SquaredError(), Batch(x, y[:, None], None), points=8, engine="xla").at(places)
    return {"losses": losses}


ALL = (single, members, odd_members, stopped, resumed, killed, ended, halted, differing, files, surface)
DONE = {each.__name__: each for each in ALL}


def main() -> int:
    names, place = sys.argv[1].split(","), Path(sys.argv[2])
    from cutaway.distributed import join
    from tests.distributed import parting

    # Processes that wait for each other in vain end as failed.
    faulthandler.dump_traceback_later(LONGEST, exit=True)
    if os.environ["JAX_NUM_PROCESSES"] == "2":  # machines need not be equal
        os.environ["JAX_NUM_CPU_DEVICES"] = str(1 + int(os.environ["JAX_PROCESS_ID"]))
    group = join()
    sys.stdout.write(f"hello from {group.index}\n")
    for name in names:
        found = DONE[name](place) if name in DONE else getattr(parting, name)(place)
        np.savez(place / f"{name}-{group.index}.npz", **found)
    faulthandler.cancel_dump_traceback_later()
    return 0


if __name__ == "__main__":
    sys.exit(main())
