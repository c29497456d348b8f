"""The loop: epochs of chunks, the best weights kept, non-finite steps undone, records announced."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from cutaway.backends.processes import processes
from cutaway.records import Event, Progress
from cutaway.training import snapshot
from cutaway.training.alike import check_alike, parts_of
from cutaway.training.cost import Cost, cost_of_step, seconds_of_step
from cutaway.training.engines import TILE, Engine
from cutaway.training.following import follow
from cutaway.training.footprint import affordable_tile, footprint_of
from cutaway.training.interrupt import Interrupt
from cutaway.training.members import Members
from cutaway.training.order import distinct
from cutaway.training.placing import Placing
from cutaway.training.recording import record
from cutaway.training.step import Batch, Carry, Steps
from cutaway.training.trained import Trained
from cutaway.training.undoing import undo
from cutaway.training.watching import PROBE_ROWS, Watching, spaced

if TYPE_CHECKING:
    from cutaway.training.trainer import Trainer

Listener = Callable[[Any], None]

# A chunk is about this long: long enough to hide the call, short enough to show progress and to be interrupted.
CHUNK_SECONDS = 0.2
# XLA takes its working memory anew for each chunk: where steps are long, so many share it, if they take no longer than
# this.
FEWEST_STEPS, LONGEST_CHUNK = 8, 1.0
# A copy of the last good weights is kept about this often.
STEPS_BETWEEN_COPIES = 2000
# Numbers that a pass over the rows of an evaluation, and over those that vitals are taken on, computes at most: the
# larger a network is, the fewer rows.
TILE_NUMBERS, PROBE_NUMBERS = 1 << 26, 1 << 24
# The share of a time limit that is planned for; what follows the training takes some, too.
PLANNED_SHARE = 0.95


class StopTraining(Exception):  # noqa: N818 - it is a request, not an error
    """Raised by a listener to end the training after the record it heard."""


class Loop:
    """One training under way: where the weights are, the best and the last good ones, what was told."""

    def __init__(
        self, trainer: Trainer, rows: Batch, validation: Batch | None, cost: Cost | None, interrupt: Interrupt
    ) -> None:
        self.began = time.perf_counter()
        self.trainer, self.plan, self.interrupt = trainer, trainer.plan, interrupt
        self.group, self.checkpoints = processes(), trainer.checkpoints
        plan, network = trainer.plan, trainer.network
        self.followed = bool(self.group.most([plan.followed is not None])[0])  # by any of the processes
        self.rows, self.count = rows, len(rows.x)
        self.first_order = plan.order(self.count, 0)
        self.per_epoch = self.first_order.shape[-2]
        self.epochs: int = plan.epochs
        self.weights = None if rows.weight is None else np.asarray(rows.weight, np.float64)
        if cost is None:
            first = slice(0, plan.batch_size)
            cost = cost_of_step(network, trainer.loss, Batch(rows.x[first], rows.y[first], None))
        numbers = cost.elements / plan.batch_size
        most = rows_within(PROBE_ROWS, PROBE_NUMBERS, numbers)
        held_out = plan.watched(rows, validation, network.dtype)
        self.truth = None if validation is None else validation.y
        masked = rows.weight is not None or bool((distinct(self.first_order) < 0).any())
        self.engine = Engine(
            trainer.engine, network, trainer.loss, trainer.optimizer,
            masked=masked, members=plan.members, judge=plan.judge, apart=held_out is not validation,
            devices=trainer.devices, precision=plan.precision,
        )  # fmt: skip
        # Before anything large is made: what there is no memory for is refused, rather than ended by the system.
        needed = footprint_of(
            trainer.engine, network, trainer.optimizer, plan, rows, cost, TILE_NUMBERS,
            self.engine.division, self.engine.together(),
        )  # fmt: skip
        affordable = affordable_tile(trainer.engine, needed, TILE_NUMBERS, self.engine.elsewhere())
        # Processes that share the rows of each tile take equal ones, as the one with the least memory can.
        self.engine.tile = -int(self.group.most(-rows_within(TILE, affordable, numbers * (plan.members or 1))))
        seconds = seconds_of_step(trainer.engine, cost, plan.members or 1)
        wanted = max(1, int(CHUNK_SECONDS / seconds), min(FEWEST_STEPS, int(LONGEST_CHUNK / seconds)))
        parts = -(-self.per_epoch // wanted)
        self.chunk_steps = -(-self.per_epoch // parts)

        seeds = np.asarray(plan.seeds, np.int64).astype(np.uint32)
        self.zero = np.zeros(seeds.shape if plan.members else (), network.dtype)
        self.seed = seeds if plan.members else seeds[0]
        first_carry = plan.first_carry(network, trainer.optimizer, rows)
        if self.group.several:
            check_alike(self.group, parts_of(self, first_carry, held_out))
        self.carry = self.engine.start(first_carry)
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
        self.compiled = 0.0
        self.watching = Watching(
            self, spaced(rows, most), None if validation is None else spaced(validation, most), cost
        )
        # Where the training goes on: epochs done, and of the one under way steps done and Σ loss · weight.
        self.from_epoch, self.from_step, self.from_total = 0, 0, self.zero
        found = None if self.checkpoints is None else self.checkpoints.latest()
        self.resumed = found is not None
        if found is not None:
            snapshot.restore(self, found)

    @property
    def steps(self) -> int:
        """How many steps are planned."""
        return int(self.per_epoch * self.epochs)

    def elapsed(self) -> float:
        """Return the seconds since the training began, those before it was gone on with included."""
        return time.perf_counter() - self.began

    def tell(self, record: Any, kept: list[Any] | None = None) -> None:
        """Keep a record and announce it; a listener that raises `StopTraining` ends the training after this."""
        if kept is not None:
            kept.append(record)
        for listener in self.trainer.listeners:
            try:
                listener(record)
            except StopTraining as request:
                self.stop = str(request) or "a listener asked to stop"

    def run(self) -> Trained:
        """Run the epochs and return what is delivered."""
        plan, engine, trained = self.plan, self.engine, self.trained
        order, self.first_order = self.first_order, np.zeros(0, np.int32)  # nobody asks for it again
        if plan.limit is not None and not self.resumed:
            self.epochs = self.affordable(order, plan.limit)
            self.tell(Progress(0, 0, self.steps, self.elapsed(), self.epochs))
        self.watching.plan()
        if not self.resumed:
            self.watching.look(0)
        epoch = self.from_epoch
        if epoch:
            order = plan.order(self.count, epoch)
        while epoch < self.epochs and not self.stopped(epoch):
            epoch += 1
            total, done = self.take_steps(order, epoch)
            weight = self.weight_of(order, done)
            if epoch < self.epochs:
                order = plan.order(self.count, epoch)  # while XLA still computes
                self.placing.ahead(order[..., : self.chunk_steps, :])
            # Rows taken that all weigh nothing have no loss: 0 as it was summed, rather than 0/0.
            losses = np.atleast_1d(self.engine.read(total) / np.where(weight > 0, weight, 1))
            losses = self.group.first_says(losses)  # what is decided by them, all processes decide alike
            self.compiled = self.compiled or self.elapsed()  # the first epoch compiles; it is no measure of time
            self.step = (epoch - 1) * self.per_epoch + done
            undo(self, losses, epoch)
            if epoch % max(1, STEPS_BETWEEN_COPIES // self.per_epoch) == 0:
                self.good = engine.copy(self.carry)
                self.members.undone &= self.members.gave_up
                self.members.since[:] = epoch
            record(self, epoch, losses)
            if self.group.several:
                self.agree(due=False)
            if plan.shown is not None:
                plan.shown(epoch, Carry(*(engine.fetch(part) for part in self.carry.kept())))
            self.stop = self.stop or self.members.reason(epoch)
            if self.interrupt.asked:
                if done == self.per_epoch and epoch < self.epochs:  # asked after the last chunk of the epoch
                    self.keep(epoch + 1, 0, self.zero)
                self.stop = f"Ctrl-C in epoch {epoch} of {self.epochs}; what was learned is kept"
            if self.followed:
                follow(self, epoch, last=epoch == self.epochs or bool(self.stop))
            if epoch < self.epochs and not self.stop:
                self.watching.look(epoch)
        if self.stop:
            what = "interrupted" if self.interrupt.asked else "stopped"
            self.tell(Event(self.step, what, self.stop), trained.events)
        self.watching.look(epoch, last=True)
        final = self.carry if self.held_out is None or plan.last else self.best
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
            self.engine.read(total)
            spent = chunks * (time.perf_counter() - start)
            if self.held_out is not None:
                start = time.perf_counter()
                self.engine.evaluate(self.carry, self.held_out, outputs=False)
                spent += time.perf_counter() - start
        left = PLANNED_SHARE * limit - self.elapsed()
        return int(self.group.first_says(np.array(max(1, min(int(left / spent), int(self.epochs))))))

    def run_chunk(
        self, carry: Carry, total: Any, taken: tuple[Batch | Steps, np.ndarray], count: int
    ) -> tuple[Carry, Any]:
        """Run `count` steps on the rows taken, and return the carry and Σ loss · weight; `carry` is used up."""
        return self.engine.chunk(carry, total, *taken, count, self.seed, np.float32(self.steps))

    def take_steps(self, order: np.ndarray, epoch: int) -> tuple[Any, int]:
        """Run the epoch's steps, chunk by chunk, and return Σ loss · weight and how many steps were taken."""
        total: Any = self.from_total
        done = self.from_step
        self.from_step, self.from_total = 0, self.zero
        taken = self.placing.taken(order[..., done : done + self.chunk_steps, :])
        for begin in range(done, self.per_epoch, self.chunk_steps):
            done = min(begin + self.chunk_steps, self.per_epoch)
            if done < self.per_epoch:
                self.placing.ahead(order[..., done : done + self.chunk_steps, :])
            self.carry, total = self.run_chunk(self.carry, total, taken, done - begin)
            if done < self.per_epoch:
                taken = self.placing.taken(order[..., done : done + self.chunk_steps, :])  # while XLA still computes
            if self.chunk_steps < self.per_epoch:
                self.engine.read(total)  # wait for it: progress is told of steps that are done
                step = (epoch - 1) * self.per_epoch + done
                self.tell(Progress(epoch, step, self.steps, self.elapsed(), self.epochs))
            last = epoch == self.epochs and done == self.per_epoch
            due = self.checkpoints is not None and self.checkpoints.due()
            if self.group.several:
                due = self.agree(due)
            if last or self.interrupt.asked or due:
                self.keep(epoch, done, total)
            if self.interrupt.asked or self.stop:
                break
        return total, done

    def stopped(self, epoch: int) -> bool:
        """Whether to end after an epoch: what a look told after it, or before the first, each process heard alone."""
        if self.group.several and (epoch == self.from_epoch or epoch == self.watching.looked):
            self.agree(due=False)
        return bool(self.stop)

    def agree(self, due: bool) -> bool:
        """Do what any of the processes was asked for, and return whether a checkpoint is due for the first.

        A process that stopped by itself would leave the others waiting for its share of the next step.
        """
        first_due = due and self.group.first
        heard, stopped, now = self.group.most([self.interrupt.heard, bool(self.stop), first_due])
        self.interrupt.obey(int(heard))
        if stopped and not self.stop:
            self.stop = "a listener of another process asked to stop"
        return bool(now)

    def keep(self, epoch: int, done: int, total: Any) -> None:
        """Write a checkpoint of so many steps of an epoch, if any is kept, and leave if the system asked for it."""
        if self.checkpoints is not None:
            began, step = time.perf_counter(), (epoch - 1) * self.per_epoch + done
            self.checkpoints.write(step, snapshot.of(self, epoch, done, total), began)
        if self.checkpoints is not None or self.group.several:
            self.interrupt.leave()

    def weight_of(self, order: np.ndarray, done: int) -> Any:
        """Return what the rows of the epoch's first `done` steps weigh together, for each member."""
        whole = self.plan.folds is None and not self.plan.drop_last and self.plan.steps is None
        if done == self.per_epoch and whole:
            return self.count if self.weights is None else self.weights.sum()
        seen = distinct(order[..., :done, :])
        if self.weights is None:
            return np.count_nonzero(seen >= 0, axis=(-2, -1))
        return np.sum(np.where(seen >= 0, self.weights[seen], 0), axis=(-2, -1))


def rows_within(most: int, numbers: float, each: float) -> int:
    """Return how many rows, at most `most`, may compute `each` numbers a row; at least one.

    >>> rows_within(4096, 1000, 0.5), rows_within(4096, 1000, 300), rows_within(4096, 1000, 2000)
    (2000, 3, 1)
    """
    return max(1, min(most, int(numbers // max(each, 1e-9))))
