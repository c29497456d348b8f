"""Can it learn sixteen rows by heart? What cannot has its fault in the network, the loss or the labels."""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from cutaway.backends.threads import threads_for
from cutaway.diagnosis.alteration import Alteration
from cutaway.diagnosis.budget import Budget
from cutaway.diagnosis.examination import expected_loss
from cutaway.diagnosis.references import references
from cutaway.diagnosis.setup import Setup
from cutaway.diagnosis.trial import engines, measured, price_of, seconds_to_compile
from cutaway.layers import Cutout, Dropout, Identity, RandomFlip, RandomShift
from cutaway.losses import (
    BinaryCrossEntropy,
    CrossEntropy,
    Loss,
    MeanOverMembers,
    ResidualSumOfSquares,
    SquaredError,
)
from cutaway.optimizers import Adam
from cutaway.records import Finding, Fix, StepRecord
from cutaway.training.loop import StopTraining
from cutaway.training.plan import Plan
from cutaway.training.score import task_of
from cutaway.training.step import Batch
from cutaway.training.trainer import Trainer
from cutaway.training.watching import spaced

# Rows that are to be learned by heart, and the fewest that say anything; among how many, of how many numbers together,
# they are looked for.
BATCH, FEWEST, LOOKED_AMONG, NUMBERS = 16, 4, 2048, 1 << 21
# So many weights a network should have for each number that it is to learn.
WEIGHTS = 4
# Steps with each learning rate, and from look to look; the rates, the likeliest first.
STEPS, LOOK = 300, 10
RATES = (1e-3, 1e-2, 1e-4, 1e-1)
# What may be left of the loss of knowing nothing, and of the errors; and what a network that cannot leaves at least:
# between the two nothing is said, for a small one that is in order may be slow (one of 72 left 0.18 of the loss).
LEFT, ERRORS_LEFT = 0.1, 0.25
STUCK, ERRORS_STUCK = 0.3, 0.5
# How likely the fault is where it is said to be.
CONFIDENCE = 0.7
# Layers that draw lots at every step, so that nothing can be learned by heart.
DRAWING = (Dropout, RandomShift, RandomFlip, Cutout)


@dataclass(frozen=True)
class OneBatch:
    """What became of a batch that was to be learned by heart.

    rows      how many
    nothing   what knowing nothing costs on them: the loss of the best answer that is the same for all
    left      by learning rate, how much of that was left at the lowest loss
    courses   by learning rate, (step, mean loss of the last steps)
    score     whether errors were counted instead of the loss, of which nobody knows what is little
    """

    rows: int
    nothing: float
    left: dict[float, float]
    courses: dict[float, tuple[tuple[int, float], ...]]
    score: bool = False

    @property
    def rate(self) -> float:
        """The best learning rate."""
        return min(self.left, key=lambda rate: self.left[rate])

    @property
    def learned(self) -> bool:
        """Whether little enough is left."""
        return self.left[self.rate] <= self.enough

    @property
    def enough(self) -> float:
        """What may be left."""
        return ERRORS_LEFT if self.score else LEFT

    def __str__(self) -> str:
        course = self.courses[self.rate]
        best = min(course, key=lambda look: look[1] if math.isfinite(look[1]) else math.inf)
        how = f"Adam at {self.rate:g}, {best[0]} steps"
        if self.score:
            return f"{how}: errors are {self.left[self.rate]:.2g} times those of knowing nothing"
        return f"{how}: loss {course[0][1]:.3g}, then {best[1]:.3g}; knowing nothing costs {self.nothing:.3g}"


def one_batch(setup: Setup, budget: float | Budget) -> OneBatch | None:
    """Return how far a few rows can be learned by heart; None where that says nothing, or takes more than the budget.

        left = min over rates η and steps t of  L(t, η) / L₀        L₀ the loss of knowing nothing

    From the setup's own weights, by Adam, at each of `RATES` for `STEPS` steps, or until little enough is left: without
    dropout, augmentation, weight decay and smoothed labels. All steps see the same rows, each in another order, so that
    a network that mixes them up is seen; fewer rows where it has not `WEIGHTS` weights for each number that it is to
    learn, for a line goes through two points only. Where L₀ is not known or not above 0, or the loss is neither squared
    error nor cross-entropy, errors are counted instead: 1 − R² of numbers, and of classes the share of wrong answers
    over that of the commonest class.

    >>> import cutaway as ca
    >>> x = np.linspace(-1, 1, 64, dtype=np.float32).reshape(-1, 1)
    >>> net = ca.Sequential(ca.Dense(16), ca.Tanh(), ca.Dense(1)).build(1)
    >>> rows, plan = Batch(x, np.sin(3 * x), None), Plan(epochs=1, batch_size=32)
    >>> done = one_batch(Setup(net, ca.SquaredError(), ca.Adam(), rows, None, plan), 5.0)
    >>> done.rows, done.learned
    (12, True)
    """
    budget = budget if isinstance(budget, Budget) else Budget(budget)
    task = _task(setup)
    if task is None:
        return None
    engine, price = _cheapest(task.setup)
    if not budget.take(price):
        return None
    left: dict[float, float] = {}
    courses: dict[float, tuple[tuple[int, float], ...]] = {}
    with budget.running():
        for rate in RATES:
            optimizer = Adam(rate, learning_rate_factors=task.setup.optimizer.learning_rate_factors)
            trial = replace(task.setup, optimizer=optimizer)
            records, final = _trained(trial, engine, -math.inf if task.score else LEFT * task.nothing, budget)
            if budget.late:
                return None
            if not records:
                continue
            courses[rate] = tuple((record.step, record.loss) for record in records)
            lowest = min((loss for _, loss in courses[rate] if math.isfinite(loss)), default=math.inf)
            left[rate] = (1 - final) / (1 - task.chance) if task.score else lowest / task.nothing
            if left[rate] <= (ERRORS_LEFT if task.score else LEFT):
                break
    return OneBatch(task.rows, task.nothing, left, courses, task.score) if left else None


def seconds_of_one_batch(setup: Setup) -> float | None:
    """Return what learning a few rows by heart should take; None where it would say nothing."""
    task = _task(setup)
    return None if task is None else _cheapest(task.setup)[1]


class _Task(NamedTuple):
    """What is to be learned by heart: the setup, how many rows, what knowing nothing costs and scores on them."""

    setup: Setup
    rows: int
    nothing: float
    chance: float
    score: bool


def _task(setup: Setup) -> _Task | None:
    """Return what is to be learned by heart; None where there is too little of it, or nothing to learn."""
    outputs = setup.network(setup.rows.x[:BATCH])
    weights = sum(array.size for array in setup.network.parameters().values())
    batch = some_rows(setup.rows, min(BATCH, weights // (WEIGHTS * math.prod(outputs.shape[1:]))))
    if len(batch.x) < FEWEST:
        return None
    loss = without_smoothing(setup.loss)
    nothing = expected_loss(loss, batch, (len(batch.x), *outputs.shape[1:]))
    chance = references(loss, batch, len(batch.x), whole=True).chance
    if chance >= 1 - 1e-9 or (task_of(np.asarray(batch.y)) == "numbers" and not np.ptp(batch.y) > 0):
        return None
    still = _still(replace(setup, rows=batch, held_out=None, loss=loss))
    return _Task(still, len(batch.x), nothing, chance, not _known(loss, batch, nothing))


def cannot_overfit_one_batch(done: OneBatch) -> Finding | None:
    """Find a network that cannot learn a few rows by heart, which takes neither many rows nor a long training."""
    if done.left[done.rate] <= (ERRORS_STUCK if done.score else STUCK):
        return None
    rates = ", ".join(f"{rate:g}" for rate in sorted(done.left))
    return Finding(
        check="cannot_overfit_one_batch",
        sentence=f"even {done.rows} rows cannot be learned by heart, at none of the learning rates {rates} (best: "
        f"{done}): the fault is in the network, the loss or the labels, and not in how many rows there are or how long "
        "it trains",
        quantity=f"{'errors' if done.score else 'lowest loss'} on {done.rows} rows, over that of knowing nothing",
        measured=done.left[done.rate],
        normal=(None, done.enough),
        fix=Fix(
            "",
            "learn a few rows alone, and leave out one layer after another until it works; then look at the last one "
            "left out, or where none helps at the loss and these labels",
            f"ca.fit(net, X[:{done.rows}], y[:{done.rows}], loss=loss, batch_size={done.rows}, epochs={STEPS})",
        ),
        confidence=CONFIDENCE,
    )


def some_rows(rows: Batch, count: int = BATCH) -> Batch:
    """Return `count` rows whose inputs are all different, of as many classes as there are.

    >>> x = np.array([[0.0], [0.0], [1.0], [2.0], [3.0]])
    >>> some_rows(Batch(x, np.array([0, 1, 0, 0, 1]), None)).x.ravel().tolist()
    [0.0, 3.0, 1.0, 2.0]
    """
    few = spaced(rows, max(4 * BATCH, min(LOOKED_AMONG, NUMBERS // max(1, rows.x[0].size))))
    x, y = np.asarray(few.x), np.asarray(few.y)
    places = np.sort(np.unique(x.reshape(len(x), -1), axis=0, return_index=True)[1])
    if few.weight is not None:
        places = places[np.asarray(few.weight)[places] > 0]
    task = task_of(y)
    if (task == "classes" and y.ndim == 1) or task in ("one_hot", "yes_no"):
        names = y[places].argmax(axis=-1) if task == "one_hot" else y[places].ravel()
        turn = np.zeros(len(places))
        for name in np.unique(names):
            turn[names == name] = np.arange((names == name).sum())
        places = places[np.argsort(turn, kind="stable")][:count]
    else:
        places = places[:: max(1, len(places) // max(1, count))][:count]
    return Batch(x[places], y[places], None)


def without_smoothing(loss: Loss) -> Loss:
    """Return the loss whose lowest is 0 again, where labels were smoothed.

    >>> from cutaway.losses import CrossEntropy
    >>> without_smoothing(CrossEntropy(label_smoothing=0.1)).label_smoothing
    0.0
    """
    plain = copy.copy(loss)
    if isinstance(plain, MeanOverMembers):
        plain.loss = without_smoothing(plain.loss)
    if getattr(plain, "label_smoothing", 0.0):
        plain.__dict__["label_smoothing"] = 0.0
    return plain


def _known(loss: Loss, batch: Batch, nothing: float) -> bool:
    """Whether of a loss a share can be asked: knowing nothing costs something, and being right costs nothing."""
    inner = loss.loss if isinstance(loss, MeanOverMembers) else loss
    if not (math.isfinite(nothing) and nothing > 0):
        return False
    if isinstance(inner, (CrossEntropy, BinaryCrossEntropy)):
        return task_of(np.asarray(batch.y)) != "numbers"  # of a target that is a probability being right costs too
    return type(inner) in (SquaredError, ResidualSumOfSquares)


def _still(setup: Setup) -> Setup:
    """Return the setup of a training on its rows again and again, in which no layer draws lots."""
    alteration = Alteration(setup)
    for layer in list(alteration.layers.values()):
        if isinstance(layer, DRAWING):
            alteration.exchange(layer, Identity())
    random, count = np.random.default_rng(setup.plan.seed), len(setup.rows.x)
    order = np.concatenate([random.permutation(count) for _ in range(LOOK)])
    rows = Batch(setup.rows.x[order], setup.rows.y[order], None)
    plan = Plan(
        epochs=STEPS // LOOK, batch_size=count, seed=setup.plan.seed, shuffle=False, drop_last=True, watch=False
    )
    still = alteration.done()
    still.network.load({**setup.network.parameters(), **setup.network.state()})  # those that follow from rows too
    return replace(still, rows=rows, plan=plan)


def _cheapest(setup: Setup) -> tuple[str, float]:
    """Return the engine on which all rates should be tried soonest, and what that should take."""
    prices = [
        (len(RATES) * price_of(setup, None, engine) + seconds_to_compile(setup, engine, len(RATES)), engine)
        for engine in engines(setup)
    ]
    price, engine = min(prices)
    return engine, price


def _trained(setup: Setup, engine: str, enough: float, budget: Budget) -> tuple[list[StepRecord], float]:
    """Return the records of a training, which ends when the loss is low enough, and its score in the end."""
    records: list[StepRecord] = []

    def look(record: object) -> None:
        if budget.late:
            raise StopTraining("the budget is spent")
        if isinstance(record, StepRecord):
            records.append(record)
            if record.loss <= enough:
                raise StopTraining("the rows are known by heart")

    network = setup.network.bind(setup.network.parameters())
    trainer = Trainer(network, setup.loss, setup.optimizer, setup.plan, engine=engine, listeners=[look])
    with np.errstate(all="ignore"), threads_for():
        trained = trainer.train(setup.rows, None)
    if any(event.what == "interrupted" for event in trained.events):
        raise KeyboardInterrupt
    return records, measured(setup, network, {**trained.params, **trained.state}, setup.rows).score
