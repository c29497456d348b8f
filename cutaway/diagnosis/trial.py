"""A trial: short trainings side by side that differ in their order, what they should cost, and what they came to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import Any

import numpy as np

from cutaway.backends.threads import threads_for
from cutaway.diagnosis.alteration import redrawn
from cutaway.diagnosis.budget import Budget
from cutaway.diagnosis.gain import balanced_accuracy
from cutaway.diagnosis.setup import Setup
from cutaway.layers import Context, Layer
from cutaway.training.cost import EPOCH, cost_of_step, seconds_of_start, seconds_of_step
from cutaway.training.loop import StopTraining
from cutaway.training.plan import Plan
from cutaway.training.score import score_of
from cutaway.training.step import Batch
from cutaway.training.trainer import Trainer
from cutaway.training.watching import spaced

# Rows that a training is judged on, at most.
JUDGED = 2000
# What a training costs beside its steps: a loop made, a first pass; and what steps cost on a busy machine over what
# they are reckoned to cost on a quiet one.
START, BUSY = 0.01, 1.6


@dataclass(frozen=True)
class Length:
    """How long the trainings of an experiment are: `steps` each (None: the whole plan), and on which engine."""

    steps: int | None
    engine: str


@dataclass(frozen=True)
class Result:
    """What a training came to on the rows it is judged on; `balanced` is balanced accuracy, None of numbers."""

    score: float
    loss: float
    balanced: float | None = None


def alone(setup: Setup) -> Setup:
    """Return the training of the first member, or of the first fold, by itself; listeners and limits left out."""
    plan = setup.plan
    rows, held_out = setup.rows, setup.held_out
    if plan.folds is not None:
        learned, watched = plan.folds[0]
        held_out = _taken(rows, watched) if len(watched) else held_out
        rows = _taken(rows, learned)
    rate = None if plan.rates is None else [plan.rates[0]]
    network = setup.network
    first = replace(setup, rows=rows, held_out=held_out)
    if plan.members is not None:
        network = redrawn(first, plan.seed).network
    clean = replace(
        plan, members=None, folds=None, start=None, rates=rate, metrics={}, shown=None, followed=None, limit=None,
        watch=False, together=False,
    )  # fmt: skip
    return replace(first, network=network, plan=clean)


def _taken(rows: Batch, places: np.ndarray) -> Batch:
    return Batch(*(None if part is None else np.asarray(part)[places] for part in rows))


def steps_of(setup: Setup) -> int:
    """Return how many steps the setup's plan takes."""
    return setup.plan.epochs * setup.plan.steps_of_epoch(len(setup.rows.x))


def engines(setup: Setup) -> list[str]:
    """Return the engines that a setup can be trained on, the one that compiles nothing first."""
    compiled = find_spec("jax") is not None and setup.network.dtype != np.float64 and setup.engine != "numpy"
    return ["numpy", "xla"] if compiled else ["numpy"]


def price_of(setup: Setup, steps: int | None, engine: str) -> float:
    """Return what a training of so many steps (None: of all) should take, in seconds."""
    size = min(setup.plan.batch_size, len(setup.rows.x))
    cost = cost_of_step(setup.network, setup.loss, Batch(setup.rows.x[:size], setup.rows.y[:size], None))
    many = steps_of(setup) if steps is None else steps
    held = 0 if setup.held_out is None else len(setup.held_out.x)
    wide = cost._replace(flops=cost.flops * held / size, elements=cost.elements * held / size)
    epoch = EPOCH[engine] + (seconds_of_step(engine, wide) / 3 if held else 0.0)
    epochs = many / setup.plan.steps_of_epoch(len(setup.rows.x))
    return START + BUSY * (many * seconds_of_step(engine, cost) + epochs * epoch)


def price_of_one_step(setup: Setup, engine: str) -> float:
    """Return what a step of a long training should take, in seconds, its share of an epoch's end with it."""
    return (price_of(setup, 1000, engine) - START) / 1000


def seconds_to_compile(setup: Setup, engine: str, programs: int) -> float:
    """Return what compiling so many programs should take."""
    if engine == "numpy":
        return 0.0
    size = min(setup.plan.batch_size, len(setup.rows.x))
    return programs * seconds_of_start(
        cost_of_step(setup.network, setup.loss, Batch(setup.rows.x[:size], setup.rows.y[:size], None))
    )


def shortened(plan: Plan, rows: int, steps: int | None, members: int) -> Plan:
    """Return the plan of so many steps (None: all of them), of `members` networks side by side."""
    size = min(plan.batch_size, rows)
    plan = replace(
        plan, batch_size=size, members=members, rates=None if plan.rates is None else [*plan.rates] * members
    )
    if steps is None:
        return plan
    per_epoch = plan.steps_of_epoch(rows)
    if steps >= per_epoch:
        return replace(plan, epochs=min(plan.epochs, max(1, round(steps / per_epoch))))
    return replace(plan, epochs=1, steps=steps)


def results_of(setups: Sequence[Setup], length: Length, budget: Budget | None = None) -> list[Result] | None:
    """Train setups that differ in their first weights and their order alone; None where the budget does not allow it.

    They are judged on the rows that they hold out, else on those that they learn from.
    """
    first, count = setups[0], len(setups)
    plan = shortened(first.plan, len(first.rows.x), length.steps, count)
    arrays = [{**setup.network.parameters(), **setup.network.state()} for setup in setups]
    start = {path: np.stack([each[path] for each in arrays]) for path in arrays[0]}
    network = first.network.bind(first.network.parameters())
    late = False

    def in_time(record: Any) -> None:
        nonlocal late
        if budget is not None and budget.late:
            late = True
            raise StopTraining("the budget of the experiment is spent")

    trainer = Trainer(
        network, first.loss, first.optimizer, replace(plan, start=start), engine=length.engine, listeners=[in_time]
    )
    with np.errstate(all="ignore"), threads_for():
        trained = trainer.train(first.rows, first.held_out)
    if any(event.what == "interrupted" for event in trained.events):
        raise KeyboardInterrupt
    if late:
        return None
    rows = spaced(first.held_out or first.rows, JUDGED)
    return [
        measured(
            first, network, {path: array[place] for path, array in {**trained.params, **trained.state}.items()}, rows
        )
        for place in range(count)
    ]


def measured(setup: Setup, network: Layer, arrays: dict[str, np.ndarray], rows: Batch) -> Result:
    """Return the score and the loss of a network with these weights on these rows."""
    with np.errstate(all="ignore"):
        states = network.state()
        bound = network.bind(
            {path: array for path, array in arrays.items() if path not in states},
            {path: arrays[path] for path in states},
        )
        outputs = np.asarray(bound(rows.x, ctx=Context()))
        return Result(
            score_of(setup.loss, outputs, rows.y)[0], float(setup.loss.value(outputs, rows.y, rows.weight)),
            balanced_accuracy(setup.loss, outputs, np.asarray(rows.y)),
        )  # fmt: skip
