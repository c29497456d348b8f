"""The loop: epochs of chunks, the best weights kept, non-finite steps undone, records announced."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cutaway.errors import InputError
from cutaway.layers import Layer
from cutaway.losses import Loss
from cutaway.optimizers import Optimizer
from cutaway.records import Event, LayerVitals, Progress, StepRecord
from cutaway.training.cost import Cost, cost_of_step, seconds_of_step
from cutaway.training.engines import Engine, Watched
from cutaway.training.interrupt import Interrupt
from cutaway.training.members import Members, finite_mean
from cutaway.training.observe import PROBE_ROWS, observe
from cutaway.training.order import block_order, epoch_order, member_orders
from cutaway.training.placing import Fold as Fold
from cutaway.training.placing import Placing, watched_in_folds
from cutaway.training.step import Batch, Carry

Listener = Callable[[Any], None]
Metric = Callable[[np.ndarray, np.ndarray], float]

# A chunk is about this long: long enough to hide the call, short enough to show progress and to be interrupted.
CHUNK_SECONDS = 0.2
# A copy of the last good weights is kept about this often.
STEPS_BETWEEN_COPIES = 2000
# Once a step has gone non-finite, the learning rate is multiplied by this; a second time ends the training.
SLOWER = 0.1
# Rows that data-driven first weights are fitted to, at most.
FIRST_ROWS = 8192
# The share of a time limit that is planned for; what follows the training takes some, too.
PLANNED_SHARE = 0.95
# Vitals are taken at epochs 0, 1, 2, 4, 8, … while they cost less than this share of the time since the first.
OBSERVED_SHARE = 0.01


class StopTraining(Exception):  # noqa: N818 - it is a request, not an error
    """Raised by a listener to end the training after the record it heard."""


@dataclass
class Trained:
    """What a training leaves behind: the weights to use, the last carry, and what was recorded.

    With members every array has a leading member axis. `outputs` are those of the delivered weights on the rows that
    each member watched, where there were folds. `epochs` is how many were planned. `diverged` says what happened where
    no member could go on.
    """

    params: dict[str, np.ndarray]
    state: dict[str, np.ndarray]
    history: list[StepRecord] = field(default_factory=list)
    vitals: list[LayerVitals] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    seconds: float = 0.0
    epochs: int = 0
    outputs: np.ndarray | None = None
    diverged: str = ""


class Trainer:
    """Trains `network` on rows by `loss` and `optimizer`, and tells listeners.

    epochs, batch_size, seed, shuffle   the plan: every row once an epoch, in an order keyed by (seed, epoch)
    engine      "numpy" or "xla"
    members     None for one network, else how many train side by side, seeded seed, seed + 1, …
    folds       for each member, or for the one network, the rows it learns from and those it watches (None: all learn
                from all rows)
    rates       what each member's learning rate is multiplied by (None: 1)
    start       first weights and state, with a leading member axis (None: the network's own, or each its own draw)
    judge       the loss on watched rows by which the best weights are chosen (None: that of training)
    block       take so many neighbouring rows together, in random order, and let members share that order: for rows in
                a file, see `block_order`; not with folds (None: rows are shuffled one by one)
    lean        whether many rows stay where they are instead of being copied to where the steps run, where that is
                the same memory: each chunk then takes a little longer
    together    whether members keep the weights of one epoch, that with the best mean of their figures, rather than
                each those of its own best epoch
    drop_last   whether rows that fill no batch are left out, others each epoch, instead of padding
    limit       seconds that the training may take, by which fewer epochs are planned (None: no limit)
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
        folds: Sequence[Fold] | None = None,
        rates: Sequence[float] | None = None,
        start: dict[str, np.ndarray] | None = None,
        judge: Loss | None = None,
        block: int | None = None,
        lean: bool = False,
        together: bool = False,
        drop_last: bool = False,
        limit: float | None = None,
        patience: int | None = None,
        metrics: dict[str, Metric] | None = None,
        listeners: Sequence[Listener] = (),
        watch: bool = True,
    ) -> None:
        if block is not None and folds is not None:
            raise InputError(
                f"training: got blocks of {block} rows, whose order members share, and folds, which give each rows of "
                "its own; leave one of the two out"
            )
        self.network, self.loss, self.optimizer = network, loss, optimizer
        self.epochs, self.batch_size, self.shuffle = epochs, batch_size, shuffle
        self.engine, self.members, self.patience = engine, members, patience
        self.rates, self.start, self.block, self.lean = rates, start, block, lean
        self.folds, self.judge, self.drop_last, self.limit = folds, judge or loss, drop_last, limit
        self.seeds = [seed + member for member in range(members or 1)]
        self.together = together
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
        drawn = []
        for member, (seed, learned) in enumerate(zip(self.seeds, self.parts(len(rows.x)), strict=True)):
            if self.start is not None:
                self.network.load({path: array[member] for path, array in self.start.items()})
            elif self.members is not None or self.folds is not None:
                self.network.build(rows.x[_some(learned)], seed, self.network.dtype)
            params = self.network.parameters()
            drawn.append(Carry(params, self.network.state(), self.optimizer.init(params)))
        first = Carry(*({key: np.stack([c[part][key] for c in drawn]) for key in drawn[0][part]} for part in range(3)))
        if self.rates is not None:
            first.moments["learning_rate_factor"] *= np.asarray(self.rates, np.float32)
        if self.members is not None:
            return first
        return Carry(*({key: array[0] for key, array in part.items()} for part in first))

    def parts(self, rows: int) -> list[int | np.ndarray]:
        """Return which rows each member learns from; a number stands for all of them."""
        return [rows] * len(self.seeds) if self.folds is None else [learned for learned, _ in self.folds]

    def order(self, rows: int, epoch: int) -> np.ndarray:
        """Return which rows each step of the epoch takes, with a leading member axis where there are members."""
        how = (self.shuffle, self.drop_last)
        if self.block is not None and self.shuffle:
            size, seed = self.batch_size, self.seeds[0]
            order = block_order(rows, size, seed, epoch, self.block, drop_last=self.drop_last)
            return order if self.members is None else np.broadcast_to(order, (self.members, *order.shape))
        if self.members is None:
            return epoch_order(self.parts(rows)[0], self.batch_size, self.seeds[0], epoch, *how)
        return member_orders(self.parts(rows), self.batch_size, self.seeds, epoch, *how)

    def watched(self, rows: Batch, validation: Batch | None) -> Batch | Watched | None:
        """Return the rows to validate on; with folds those of each member, padded with rows of weight 0.

        Where there are many, only their places: a copy of them would be large.
        """
        if self.folds is None:
            return validation
        found = watched_in_folds(rows, self.folds, alone=self.members is None, lean=self.lean, dtype=self.network.dtype)
        return validation if found is None else found


class _Training:
    """One training under way: where the weights are, the best and the last good ones, what was told."""

    def __init__(
        self, plan: Trainer, rows: Batch, validation: Batch | None, cost: Cost | None, interrupt: Interrupt
    ) -> None:
        self.began = time.perf_counter()
        self.plan, self.interrupt = plan, interrupt
        self.count = len(rows.x)
        self.first_order = plan.order(self.count, 0)
        self.per_epoch = self.first_order.shape[-2]
        self.epochs: int = plan.epochs
        self.weights = None if rows.weight is None else np.asarray(rows.weight, np.float64)
        self.probe = Batch(*(None if part is None else part[:PROBE_ROWS] for part in rows))
        held_out = plan.watched(rows, validation)
        self.truth = None if validation is None else validation.y
        masked = rows.weight is not None or bool((self.first_order < 0).any())
        self.engine = Engine(
            plan.engine, plan.network, plan.loss, plan.optimizer,
            masked=masked, members=plan.members, judge=plan.judge, apart=held_out is not validation,
        )  # fmt: skip
        if cost is None:
            first = slice(0, plan.batch_size)
            cost = cost_of_step(plan.network, plan.loss, Batch(rows.x[first], rows.y[first], None))
        seconds = seconds_of_step(plan.engine, cost, plan.members or 1)
        parts = -(-self.per_epoch // max(1, int(CHUNK_SECONDS / seconds)))
        self.chunk_steps = -(-self.per_epoch // parts)

        seeds = np.asarray(plan.seeds, np.int64).astype(np.uint32)
        self.zero = np.zeros(seeds.shape if plan.members else (), plan.network.dtype)
        self.seed = seeds if plan.members else seeds[0]
        self.carry = self.engine.start(plan.first_carry(rows))
        self.good = self.engine.copy(self.carry)
        self.best = self.engine.copy(self.carry.kept())
        self.placing = Placing(
            self.engine, rows,
            steps=self.chunk_steps, batch_size=plan.batch_size,
            orders=1 if plan.members is None or plan.block is not None else plan.members,
            lean=plan.lean,
        )  # fmt: skip
        self.chunk_steps = self.placing.steps
        self.held_out = self.placing.watched(held_out)
        self.members = Members(plan.members or 1, plan.patience)
        self.trained = Trained({}, {})
        self.stop, self.step = "", 0
        self.observed, self.looked, self.next_look = 0.0, -1, 0
        self.compiled = 0.0

    @property
    def steps(self) -> int:
        """How many steps are planned."""
        return int(self.per_epoch * self.epochs)

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
        order = self.first_order
        if plan.limit is not None:
            self.epochs = self.affordable(order, plan.limit)
            self.tell(Progress(0, 0, self.steps, self.elapsed(), self.epochs))
        self.look(0)
        epoch = 0
        while epoch < self.epochs and not self.stop:
            epoch += 1
            total, done = self.take_steps(order, epoch)
            weight = self.weight_of(order, done)
            if epoch < self.epochs:
                order = plan.order(self.count, epoch)  # while XLA still computes
            # Rows taken that all weigh nothing have no loss: 0 as it was summed, rather than 0/0.
            losses = np.atleast_1d(np.asarray(total) / np.where(weight > 0, weight, 1))
            self.compiled = self.compiled or self.elapsed()  # the first epoch compiles; it is no measure of time
            self.step = (epoch - 1) * self.per_epoch + done
            self.undo(losses)
            if epoch % max(1, STEPS_BETWEEN_COPIES // self.per_epoch) == 0:
                self.good = engine.copy(self.carry)
                self.members.undone &= self.members.gave_up
            self.record(epoch, losses)
            self.stop = self.stop or self.members.reason(epoch)
            if self.interrupt.asked:
                self.stop = f"Ctrl-C in epoch {epoch} of {self.epochs}; what was learned is kept"
            if epoch < self.epochs and not self.stop:
                self.look(epoch)
        if self.stop:
            what = "interrupted" if self.interrupt.asked else "stopped"
            self.tell(Event(self.step, what, self.stop), trained.events)
        self.look(epoch, last=True)
        final = self.carry if self.held_out is None else self.best
        trained.params, trained.state = engine.fetch(final.params), engine.fetch(final.state)
        if plan.folds is not None and self.held_out is not None:
            trained.outputs = engine.evaluate(final, self.held_out, outputs=True)[1]
        trained.epochs, trained.seconds = self.epochs, self.elapsed()
        if self.members.gave_up.all():
            trained.diverged = f"training diverged in epoch {epoch}; {self.stop}"
        return trained

    def affordable(self, order: np.ndarray, limit: float) -> int:
        """Return how many epochs fit into what is left of the limit, by the time a chunk and an evaluation take."""
        part = order[..., : self.chunk_steps, :]
        chunks = -(-self.per_epoch // self.chunk_steps)
        spent = 0.0
        for _ in range(2):  # the first time compiles
            carry = self.engine.copy(self.carry)
            start = time.perf_counter()
            _, total = self.run_chunk(carry, self.zero, self.placing.taken(part), part.shape[-2])
            np.asarray(total)
            spent = chunks * (time.perf_counter() - start)
            if self.held_out is not None:
                start = time.perf_counter()
                self.engine.evaluate(self.carry, self.held_out, outputs=False)
                spent += time.perf_counter() - start
        left = PLANNED_SHARE * limit - self.elapsed()
        return max(1, min(int(left / spent), int(self.epochs)))

    def run_chunk(self, carry: Carry, total: Any, taken: tuple[Batch, np.ndarray], count: int) -> tuple[Carry, Any]:
        """Run `count` steps on the rows taken, and return the carry and Σ loss · weight; `carry` is used up."""
        return self.engine.chunk(carry, total, *taken, count, self.seed, np.float32(self.steps))

    def take_steps(self, order: np.ndarray, epoch: int) -> tuple[Any, int]:
        """Run the epoch's steps, chunk by chunk, and return Σ loss · weight and how many steps were taken."""
        total: Any = self.zero
        done = 0
        taken = self.placing.taken(order[..., : self.chunk_steps, :])
        for begin in range(0, self.per_epoch, self.chunk_steps):
            done = min(begin + self.chunk_steps, self.per_epoch)
            self.carry, total = self.run_chunk(self.carry, total, taken, done - begin)
            if done < self.per_epoch:
                taken = self.placing.taken(order[..., done : done + self.chunk_steps, :])  # while XLA still computes
            if self.chunk_steps < self.per_epoch:
                np.asarray(total)  # wait for it: progress is told of steps that are done
                step = (epoch - 1) * self.per_epoch + done
                self.tell(Progress(epoch, step, self.steps, self.elapsed(), self.epochs))
            if self.interrupt.asked or self.stop:
                break
        return total, done

    def weight_of(self, order: np.ndarray, done: int) -> Any:
        """Return what the rows of the epoch's first `done` steps weigh together, for each member."""
        if done == self.per_epoch and self.plan.folds is None and not self.plan.drop_last:
            return self.count if self.weights is None else self.weights.sum()
        seen = order[..., :done, :]
        if self.weights is None:
            return np.count_nonzero(seen >= 0, axis=(-2, -1))
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
        best = False
        if self.held_out is not None:
            value, outputs = self.engine.evaluate(self.carry, self.held_out, outputs=bool(self.plan.metrics))
            values = np.atleast_1d(value)
            improved, best = self.members.improved(values, epoch), self.members.better_together(values)
            if self.plan.together:
                improved = np.full(len(values), best)
            if improved.all():
                self.best = self.engine.copy(self.carry.kept())
            elif improved.any():
                self.best = self.engine.choose(improved, self.carry.kept(), self.best)
            if outputs is not None and self.truth is not None:
                averaged = outputs if self.plan.members is None else outputs.mean(axis=0)
                judged = self.plan.loss.judged(averaged, self.truth)
                figures = {name: metric(*judged) for name, metric in self.plan.metrics.items()}
        self.tell(
            StepRecord(
                epoch=epoch,
                step=self.step,
                loss=finite_mean(losses),
                validation=None if values is None else finite_mean(values),
                learning_rate=self.learning_rate(),
                seconds=self.elapsed(),
                best=best,
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


def _some(learned: int | np.ndarray) -> Any:
    """Return up to `FIRST_ROWS` of the rows, evenly over them."""
    count = learned if isinstance(learned, int) else len(learned)
    places = slice(None, None, -(-count // FIRST_ROWS))
    return places if isinstance(learned, int) else learned[places]
