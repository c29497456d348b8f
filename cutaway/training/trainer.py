"""The loop: epochs of chunks, the best weights kept, non-finite steps undone, records announced."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cutaway.layers import Layer
from cutaway.losses import Loss
from cutaway.optimizers import Optimizer
from cutaway.records import Event, LayerVitals, Progress, StepRecord
from cutaway.training.cost import Cost, cost_of_step, seconds_of_step
from cutaway.training.engines import Engine
from cutaway.training.interrupt import Interrupt
from cutaway.training.observe import PROBE_ROWS, observe
from cutaway.training.order import epoch_order
from cutaway.training.step import Batch, Carry

Listener = Callable[[Any], None]
Metric = Callable[[np.ndarray, np.ndarray], float]

# A chunk is about this long: long enough to hide the call, short enough to show progress and to be interrupted.
CHUNK_SECONDS = 0.2
# A copy of the last good weights is kept about this often.
STEPS_BETWEEN_COPIES = 2000
# Once a step has gone non-finite, the learning rate is multiplied by this; a second time ends the training.
SLOWER = 0.1
# Vitals are taken at epochs 0, 1, 2, 4, 8, … while they cost less than this share of the time since the first.
OBSERVED_SHARE = 0.01


class StopTraining(Exception):  # noqa: N818 - it is a request, not an error
    """Raised by a listener to end the training after the record it heard."""


@dataclass
class Trained:
    """What a training leaves behind: the weights to use, the last carry, and what was recorded.

    With members every array has a leading member axis. `diverged` says what happened where no member could go on.
    """

    params: dict[str, np.ndarray]
    state: dict[str, np.ndarray]
    history: list[StepRecord] = field(default_factory=list)
    vitals: list[LayerVitals] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    seconds: float = 0.0
    diverged: str = ""


class Trainer:
    """Trains `network` on rows by `loss` and `optimizer`, and tells listeners.

    epochs, batch_size, seed, shuffle   the plan: every row once an epoch, in an order keyed by (seed, epoch)
    engine      "numpy" or "xla"
    members     None for one network, else how many train side by side, seeded seed, seed + 1, …
    patience    end when the validation loss has not improved for so many epochs (None: never)
    metrics     figures on validation outputs, by name
    listeners   called with each record; one may raise `StopTraining`
    watch       whether vitals are taken
    """

    def __init__(
        self,
        network: Layer,
        loss: Loss,
        optimizer: Optimizer,
        *,
        epochs: int,
        batch_size: int,
        seed: int = 0,
        shuffle: bool = True,
        engine: str = "numpy",
        members: int | None = None,
        patience: int | None = None,
        metrics: dict[str, Metric] | None = None,
        listeners: Sequence[Listener] = (),
        watch: bool = True,
    ) -> None:
        self.network, self.loss, self.optimizer = network, loss, optimizer
        self.epochs, self.batch_size, self.shuffle = epochs, batch_size, shuffle
        self.engine, self.members, self.patience = engine, members, patience
        self.seeds = [seed + member for member in range(members or 1)]
        self.metrics = metrics or {}
        self.listeners, self.watch = listeners, watch

    def train(
        self, rows: Batch, validation: Batch | None = None, cost: Cost | None = None, first: Event | None = None
    ) -> Trained:
        """Train on `rows`, watching `validation`, and return the best weights (the last ones without validation).

        `first` is told and kept before anything else.
        """
        with Interrupt() as interrupt:
            training = _Training(self, rows, validation, cost, interrupt)
            if first is not None:
                training.tell(first, training.trained.events)
            return training.run()

    def first_carry(self, rows: Batch) -> Carry:
        """Return the weights before the first step: the network's own, or for each member its own draw."""
        if self.members is None:
            params = self.network.parameters()
            return Carry(params, self.network.state(), self.optimizer.init(params))
        drawn = []
        for seed in self.seeds:
            self.network.build(rows.x[:1], seed, self.network.dtype)
            params = self.network.parameters()
            drawn.append(Carry(params, self.network.state(), self.optimizer.init(params)))
        return Carry(*({key: np.stack([c[part][key] for c in drawn]) for key in drawn[0][part]} for part in range(3)))

    def order(self, rows: int, epoch: int) -> np.ndarray:
        """Return which rows each step of the epoch takes, with a leading member axis where there are members."""
        orders = [epoch_order(rows, self.batch_size, seed, epoch, self.shuffle) for seed in self.seeds]
        return orders[0] if self.members is None else np.stack(orders)


class _Training:
    """One training under way: where the weights are, the best and the last good ones, what was told."""

    def __init__(
        self, plan: Trainer, rows: Batch, validation: Batch | None, cost: Cost | None, interrupt: Interrupt
    ) -> None:
        self.began = time.perf_counter()
        self.plan, self.interrupt = plan, interrupt
        self.count = len(rows.x)
        self.per_epoch = -(-self.count // plan.batch_size)
        self.steps = self.per_epoch * plan.epochs
        self.weights = np.ones(self.count) if rows.weight is None else np.asarray(rows.weight, np.float64)
        self.probe = Batch(*(None if part is None else part[:PROBE_ROWS] for part in rows))
        self.truth = None if validation is None else validation.y
        masked = rows.weight is not None or self.count % plan.batch_size != 0
        self.engine = Engine(plan.engine, plan.network, plan.loss, plan.optimizer, masked=masked, members=plan.members)
        if cost is None:
            first = slice(0, plan.batch_size)
            cost = cost_of_step(plan.network, plan.loss, Batch(rows.x[first], rows.y[first], None))
        seconds = seconds_of_step(plan.engine, cost, plan.members or 1)
        parts = -(-self.per_epoch // max(1, int(CHUNK_SECONDS / seconds)))
        self.chunk_steps = -(-self.per_epoch // parts)

        seeds = np.asarray(plan.seeds, np.int64).astype(np.uint32)
        self.zero = np.zeros(seeds.shape if plan.members else (), plan.network.dtype)
        self.seed = self.engine.backend.asarray(seeds if plan.members else seeds[0])
        self.planned = self.engine.backend.asarray(np.float32(self.steps))
        self.carry = self.engine.start(plan.first_carry(rows))
        self.good = self.best = self.engine.copy(self.carry)
        self.rows = self.engine.place(rows)
        self.held_out = None if validation is None else self.engine.place(validation)
        self.members = _Members(plan.members or 1, plan.patience)
        self.trained = Trained({}, {})
        self.stop, self.step = "", 0
        self.observed, self.looked, self.next_look = 0.0, -1, 0
        self.compiled = 0.0

    def elapsed(self) -> float:
        return time.perf_counter() - self.began

    def tell(self, record: Any, kept: list[Any] | None = None) -> None:
        """Keep a record and announce it; a listener that raises `StopTraining` ends the training after this."""
        if kept is not None:
            kept.append(record)
        for listener in self.plan.listeners:
            try:
                listener(record)
            except StopTraining as request:
                self.stop = str(request) or "a listener asked to stop"

    def run(self) -> Trained:
        """Run the epochs and return what is delivered."""
        plan, engine, trained = self.plan, self.engine, self.trained
        self.look(0)
        order = plan.order(self.count, 0)
        epoch = 0
        while epoch < plan.epochs and not self.stop:
            epoch += 1
            total, done = self.take_steps(order, epoch)
            weight = self.weight_of(order, done)
            if epoch < plan.epochs:
                order = plan.order(self.count, epoch)  # while XLA still computes
            losses = np.atleast_1d(np.asarray(total) / weight)
            self.compiled = self.compiled or self.elapsed()  # the first epoch compiles; it is no measure of time
            self.step = (epoch - 1) * self.per_epoch + done
            self.undo(losses)
            if epoch % max(1, STEPS_BETWEEN_COPIES // self.per_epoch) == 0:
                self.good = engine.copy(self.carry)
                self.members.undone &= self.members.gave_up
            self.record(epoch, losses)
            self.stop = self.stop or self.members.reason(epoch)
            if self.interrupt.asked:
                self.stop = f"Ctrl-C in epoch {epoch} of {plan.epochs}; what was learned is kept"
            if epoch < plan.epochs and not self.stop:
                self.look(epoch)
        if self.stop:
            what = "interrupted" if self.interrupt.asked else "stopped"
            self.tell(Event(self.step, what, self.stop), trained.events)
        self.look(epoch, last=True)
        final = self.carry if self.held_out is None else self.best
        trained.params, trained.state = engine.fetch(final.params), engine.fetch(final.state)
        trained.seconds = self.elapsed()
        if self.members.gave_up.all():
            trained.diverged = f"training diverged in epoch {epoch}; {self.stop}"
        return trained

    def take_steps(self, order: np.ndarray, epoch: int) -> tuple[Any, int]:
        """Run the epoch's steps, chunk by chunk, and return Σ loss · weight and how many steps were taken."""
        total: Any = self.zero
        done = 0
        for begin in range(0, self.per_epoch, self.chunk_steps):
            part = order[..., begin : begin + self.chunk_steps, :]
            length = part.shape[-2]
            self.carry, total = self.engine.chunk(
                self.carry, total, self.rows, _padded(part, self.chunk_steps), length, self.seed, self.planned
            )
            done = begin + length
            if self.chunk_steps < self.per_epoch:
                np.asarray(total)  # wait for it: progress is told of steps that are done
                step = (epoch - 1) * self.per_epoch + done
                self.tell(Progress(epoch, step, self.steps, self.elapsed()))
            if self.interrupt.asked or self.stop:
                break
        return total, done

    def weight_of(self, order: np.ndarray, done: int) -> Any:
        """Return what the rows of the epoch's first `done` steps weigh together, for each member."""
        if done == self.per_epoch:
            return self.weights.sum()
        seen = order[..., :done, :]
        return np.sum(np.where(seen >= 0, self.weights[seen], 0), axis=(-2, -1))

    def undo(self, losses: np.ndarray) -> None:
        """Put members whose loss or weights are not finite back to their last good weights, at a lower rate.

        One to whom that happens a second time before it was good for long enough has given up: it is told no more of,
        and goes on being put back, so that what is delivered is finite.
        """
        broken = ~np.isfinite(losses)
        if not broken.any():
            return
        new = broken & ~self.members.gave_up
        again = new & self.members.undone
        self.members.gave_up |= again
        self.members.undone |= broken
        if new.any():
            which = "" if self.plan.members is None else f" for member {', '.join(map(str, np.flatnonzero(new)))}"
            message = f"the loss or a weight became non-finite{which}: back to the last good weights" + (
                f", learning rate × {SLOWER:g}" if not again.any() else "; a tenth of the learning rate did not help"
            )
            self.tell(Event(self.step, "not finite", message), self.trained.events)
        factors = np.where(broken, np.float32(SLOWER), np.float32(1))
        flag: Any = broken if self.plan.members is not None else broken[0]
        factor: Any = factors if self.plan.members is not None else factors[0]
        self.carry = self.engine.slower(self.engine.choose(flag, self.good, self.carry), factor)

    def record(self, epoch: int, losses: np.ndarray) -> None:
        """Measure the validation rows, keep the weights that are the best on them, and tell the epoch's figures."""
        figures: dict[str, float] = {}
        values = None
        if self.held_out is not None:
            value, outputs = self.engine.evaluate(self.carry, self.held_out, outputs=bool(self.plan.metrics))
            values = np.atleast_1d(value)
            improved = self.members.improved(values, epoch)
            if improved.all():
                self.best = self.engine.copy(self.carry)
            elif improved.any():
                self.best = self.engine.choose(improved, self.carry, self.best)
            if outputs is not None and self.truth is not None:
                averaged = outputs if self.plan.members is None else outputs.mean(axis=0)
                judged = self.plan.loss.judged(averaged, self.truth)
                figures = {name: metric(*judged) for name, metric in self.plan.metrics.items()}
        self.tell(
            StepRecord(
                epoch=epoch,
                step=self.step,
                loss=_mean(losses),
                validation=None if values is None else _mean(values),
                learning_rate=self.learning_rate(),
                seconds=self.elapsed(),
                best=values is not None and self.members.better_together(values),
                metrics=figures,
                members=() if self.plan.members is None or values is None else tuple(map(float, values)),
            ),
            self.trained.history,
        )

    def learning_rate(self) -> float:
        """Return the rate of the last step, with what undoing took from it; with members the mean."""
        step, factor = self.step, 1.0
        if self.members.undone.any():
            step = int(np.max(np.asarray(self.carry.moments["step"])))
            factor = float(np.mean(np.asarray(self.carry.moments["learning_rate_factor"])))
        return factor * float(self.plan.optimizer.learning_rate(max(0, step - 1) / self.steps))

    def look(self, epoch: int, last: bool = False) -> None:
        """Take vitals, if it is time and they have cost little so far, or at the last; with members, the first's."""
        stepping = self.elapsed() - self.compiled
        early = epoch < self.next_look or (epoch and self.observed > OBSERVED_SHARE * stepping)
        if not self.plan.watch or epoch == self.looked or (early and not last):
            return
        start = time.perf_counter()
        carry = Carry(*(self.engine.fetch(part) for part in self.carry))
        if self.plan.members is not None:
            carry = Carry(*({key: array[0] for key, array in part.items()} for part in carry))
        plan = self.plan
        for vitals in observe(plan.network, plan.loss, plan.optimizer, carry, self.probe, epoch, self.steps):
            self.tell(vitals, self.trained.vitals)
        self.observed += time.perf_counter() - start
        self.looked, self.next_look = epoch, max(1, 2 * epoch)


class _Members:
    """Which members improved and when, which were undone, gave up or stopped; one member where there are none."""

    def __init__(self, count: int, patience: int | None) -> None:
        self.patience = patience
        self.best = np.full(count, np.inf)
        self.best_mean = np.inf
        self.best_epoch = np.zeros(count, int)
        self.waiting_ended = np.zeros(count, bool)
        self.undone = np.zeros(count, bool)
        self.gave_up = np.zeros(count, bool)

    def improved(self, values: np.ndarray, epoch: int) -> np.ndarray:
        """Note the validation losses and return which are the best so far; NaN never is."""
        better = (values < self.best) & ~self.waiting_ended
        self.best = np.where(better, values, self.best)
        self.best_epoch = np.where(better, epoch, self.best_epoch)
        if self.patience is not None:
            self.waiting_ended |= epoch - self.best_epoch >= self.patience
        return better

    def better_together(self, values: np.ndarray) -> bool:
        """Note the mean of the validation losses and return whether it is the lowest so far."""
        lower = _mean(values) < self.best_mean
        self.best_mean = min(self.best_mean, _mean(values))
        return lower

    def reason(self, epoch: int) -> str:
        """Return why the training should end now, "" if it should not."""
        if self.gave_up.all():
            return (
                "the loss is not finite, at a tenth of the learning rate either; lower it, or scale inputs and targets"
            )
        if (self.waiting_ended | self.gave_up).all():
            return f"no better validation loss for {self.patience} epochs; the best was epoch {self.best_epoch.max()}"
        return ""


def _mean(values: np.ndarray) -> float:
    """Return the mean of what is finite, NaN where nothing is."""
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if len(finite) else float("nan")


def _padded(order: np.ndarray, steps: int) -> np.ndarray:
    """Return the order with its step axis lengthened to `steps`, so that one compiled program fits every chunk."""
    missing = steps - order.shape[-2]
    if not missing:
        return order
    return np.concatenate([order, np.zeros((*order.shape[:-2], missing, order.shape[-1]), order.dtype)], axis=-2)
