"""From rows and a network to a run: the engine chosen, the training listened to, the weights put where they belong."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from cutaway.backends.processes import processes
from cutaway.backends.threads import threads_for
from cutaway.diagnosis.setup import Setup
from cutaway.errors import InputError, TrainingWarning
from cutaway.layers import ColumnEmbedding, Embedding, Ensemble, Layer, Sequential
from cutaway.losses import Loss
from cutaway.optimizers import Optimizer
from cutaway.records import Event
from cutaway.runs.followers import followed_by
from cutaway.runs.keeping import Keeping
from cutaway.runs.run import Run
from cutaway.runs.sharing import sharing
from cutaway.storage.run_folder import RECORDS
from cutaway.training.callbacks.progress import ProgressBar
from cutaway.training.callbacks.records import RecordFile
from cutaway.training.cost import Choice, choose_engine, cost_of_step
from cutaway.training.engines import TILE
from cutaway.training.plan import Plan
from cutaway.training.step import Batch
from cutaway.training.trainer import Trainer


@dataclass(kw_only=True, repr=False)
class Learned(Run):
    """A run, with what only the one who asked for it needs.

    outputs  of the members, each on the rows it watched (members, rows, ...); None where there were no folds
    epochs   how many were planned: a time limit may leave fewer than were asked for
    """

    outputs: np.ndarray | None = None
    epochs: int = 0


def learn(
    network: Layer,
    loss: Loss,
    optimizer: Optimizer,
    rows: Batch,
    held_out: Batch | None,
    plan: Plan,
    *,
    engine: str = "auto",
    listeners: Sequence[Callable[[Any], None]] = (),
    progress: bool | None = None,
    folder: Path | None = None,
    keeping: Keeping | None = None,
    devices: int | None = None,
) -> Learned:
    """Train a built network on checked rows as planned, and return the run; see `fit` and `Plan` for the arguments.

    With members (not None) the network is untouched and the run holds their `Ensemble`. Records are written to
    `folder` as training goes on, checkpoints as `keeping` says. A batch is at most as large as the rows are many.
    `devices` says how many of them share the work, see `sharing`.
    Raises `InputError` where the engine asked for cannot do it.
    """
    size = min(plan.batch_size, *(part if isinstance(part, int) else len(part) for part in plan.parts(len(rows.x))))
    plan = replace(plan, batch_size=size)
    cost = cost_of_step(network, loss, Batch(rows.x[:size], rows.y[:size], None))
    engine, devices, shared = sharing(engine, devices, plan.members)
    if engine == "auto" and plan.precision != "float32":
        engine, shared = "xla", shared or f"the precision is {plan.precision}"
    choice = Choice(engine, "as asked")
    begun = None if keeping is None else keeping.engine()
    if engine == "auto" and begun is not None:
        choice = Choice(begun, "as it was begun with")
    elif engine == "auto":
        steps = plan.steps_of_epoch(len(rows.x))
        choice = choose_engine(cost, plan.epochs, steps, plan.members or 1, plan.limit)
    if network.dtype == np.float64 and choice.engine == "xla":
        if engine == "xla":
            raise InputError(
                "fit: engine 'xla' computes in float32, the network is float64; build it so, or use 'numpy'"
            )
        choice = Choice("numpy", "the network is float64, XLA computes in float32")
    if choice.engine == "xla":
        for part in (rows, held_out):
            _look_up(network, part)
    if shared:
        choice = choice._replace(reason=shared if choice.reason == "as asked" else f"{choice.reason}; {shared}")
    chosen = Event(0, "engine", f"{choice.engine}: {choice.reason}")
    plan = followed_by(listeners, Setup(network, loss, optimizer, rows, held_out, plan, choice.engine))
    before = {**network.parameters(), **network.state()}
    with ExitStack() as entered:
        first = processes().first
        bar = ProgressBar(plan.epochs, progress if first else False)
        heard: list[Callable[[Any], None]] = [*listeners, entered.enter_context(bar)]
        if folder is not None and first:
            heard.append(entered.enter_context(RecordFile(folder / RECORDS)))
        entered.enter_context(threads_for(cost.flops if choice.engine == "numpy" else 0.0))
        checkpoints = None
        if keeping is not None:
            checkpoints = keeping.next(
                engine=choice.engine, network=repr(network), loss=repr(loss), optimizer=repr(optimizer),
                epochs=plan.epochs, batch_size=size, members=plan.members, seed=plan.seed,
                **({} if plan.precision == "float32" else {"precision": plan.precision}),
            )  # fmt: skip
        trainer = Trainer(
            network, loss, optimizer, plan,
            engine=choice.engine, listeners=heard, checkpoints=checkpoints, devices=devices,
        )  # fmt: skip
        trained = trainer.train(rows, held_out, cost, chosen)
    network.load({**trained.params, **trained.state} if plan.members is None else before)
    if trained.diverged:
        warnings.warn(f"fit: {trained.diverged}", TrainingWarning, stacklevel=3)
    return Learned(
        network=network if plan.members is None else Ensemble(network, trained.params, trained.state),
        history=trained.history,
        vitals=trained.vitals,
        network_vitals=trained.network_vitals,
        events=trained.events,
        engine=choice.engine,
        reason=choice.reason,
        seconds=trained.seconds,
        outputs=trained.outputs,
        epochs=trained.epochs,
    )


def _look_up(network: Layer, rows: Batch | None) -> None:
    """Raise `InputError` for a number that the network cannot look up: XLA would clamp it.

    Where looking up comes first, the lowest and the highest number tell; else all rows are evaluated once on NumPy.
    """
    if rows is None:
        return
    first = network[0] if isinstance(network, Sequential) and len(network) else network
    if isinstance(first, Embedding) and rows.x.dtype.kind in "iu":
        first.check(np.array([rows.x.min(), rows.x.max()]))
    elif any(isinstance(layer, (Embedding, ColumnEmbedding)) for _, layer in network.named_layers()):
        for begin in range(0, len(rows.x), TILE):
            network(rows.x[begin : begin + TILE])
