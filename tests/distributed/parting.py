"""What would part processes that train together: each decides something by itself, and all must know of it."""

from __future__ import annotations

import os
import signal
import time
import warnings
from importlib import import_module
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

import cutaway as ca
from cutaway.records import NetworkVitals
from cutaway.training.bystander import RAISES
from tests.distributed import work


def small(**options: Any) -> Any:
    """Train a network that compiles soon."""
    x, y = work.rows()
    net = ca.Sequential(ca.Dense(4), ca.Tanh(), ca.Dense(1))
    how = {"optimizer": ca.GradientDescent(0.1), "epochs": 3, "seed": 1, "observe": False} | options
    return ca.fit(net, x, y, loss="squared_error", batch_size=33, engine="xla", progress=False, **how)


def diverged(place: Path, **options: Any) -> dict[str, np.ndarray]:
    """Steps that blow up, looked for as long as the first process's clock says; the second's has enough at once."""
    from cutaway.backends.processes import processes

    looking = import_module("cutaway.training.first_non_finite")
    with warnings.catch_warnings(), patch.object(looking, "SECONDS", 600.0 if processes().first else -1.0):
        warnings.simplefilter("ignore")
        events = small(optimizer=ca.GradientDescent(1e20), **options).events
    return {"told": np.array([f"{event.what} {event.layer} {event.operation}" for event in events[1:]])}


def diverged_members(place: Path) -> dict[str, np.ndarray]:
    return diverged(place, members=2)


def blind(place: Path) -> dict[str, np.ndarray]:
    """The second process cannot take vitals; the others take none either, after the first time."""
    from cutaway.backends.processes import processes
    from cutaway.training import watching

    def fail(*arguments: Any) -> None:
        raise ZeroDivisionError

    told = patch.dict(os.environ, {RAISES: ""})
    with told, patch.object(watching, "observe", watching.observe if processes().first else fail):
        run = small(observe=True)
    return {"epochs": np.array([each.epoch for each in run.history]), "looks": np.array([len(run.vitals)])}


def halted_at_vitals(place: Path) -> dict[str, np.ndarray]:
    """A listener of the second process asks to stop after the last thing that is told of an epoch."""
    from cutaway.backends.processes import processes
    from cutaway.training import watching

    def ask(record: Any) -> None:
        if isinstance(record, NetworkVitals) and record.epoch == 1 and not processes().first:
            raise ca.StopTraining("enough")

    with patch.object(watching, "MOST", np.inf):  # the look after the first epoch is not left out
        run = small(observe=True, callbacks=[ask])
    return {"epochs": np.array([each.epoch for each in run.history])}


def followed(place: Path) -> dict[str, np.ndarray]:
    """Networks divided among the processes, whose weights the first process alone asks for, after the second epoch."""
    from cutaway.backends.processes import processes

    class Follower:
        def __init__(self) -> None:
            self.seen: list[np.ndarray] = []

        def __call__(self, record: Any) -> None:
            """Hear nothing."""

        def begins(self, setup: Any) -> None:
            """Hear nothing."""

        def weights(self, epoch: int, last: bool, fetch: Any) -> None:
            if epoch == 2:
                self.seen.append(np.concatenate([array.ravel() for array in fetch().values()]))

    follower = Follower()
    small(members=4, callbacks=[follower] if processes().first else [])
    return {"seen": np.array(follower.seen)}


def refused(place: Path) -> dict[str, np.ndarray]:
    """The second process has two devices and the first one: both must say that two are too many."""
    try:
        small(devices=2)
    except ca.InputError as fault:
        return {"said": np.array(str(fault))}
    return {"said": np.array("")}


def terminated(place: Path) -> dict[str, np.ndarray]:
    """The launch is asked to end where no training hears of it."""
    from cutaway.backends.processes import processes

    if processes().first:
        os.kill(os.getppid(), signal.SIGTERM)
    time.sleep(100)
    return {}


TOGETHER = ("diverged", "diverged_members", "blind", "halted_at_vitals", "followed", "refused")
