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
from cutaway.training.cost import Cost, cost_of_step, seconds_numpy, seconds_xla
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
STEPS_BETWEEN_COPIES = 1000
# Once a step has gone non-finite, the learning rate is multiplied by this; a second time ends the training.
SLOWER = 0.1
# Vitals are taken at epochs 0, 1, 2, 4, 8, … while they cost less than this share of the time so far.
OBSERVED_SHARE = 0.02


class StopTraining(Exception):  # noqa: N818 - it is a request, not an error
    """Raised by a listener to end the training after the record it heard."""


@dataclass
class Trained:
    """What a training leaves behind: the weights to use, the last carry, and what was recorded.

    With members every array has a leading member axis.
    """

    params: dict[str, np.ndarray]
    state: dict[str, np.ndarray]
    history: list[StepRecord] = field(default_factory=list)
    vitals: list[LayerVitals] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    seconds: float = 0.0


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
        self.epochs, self.batch_size, self.seed, self.shuffle = epochs, batch_size, seed, shuffle
        self.engine_name, self.members, self.patience = engine, members, patience
        self.metrics = metrics or {}
        self.listeners, self.watch = listeners, watch

    # ---- the plan ---------------------------------------------------------------------------------------------

    def _carry(self, rows: Batch) -> Carry:
        """Return the first carry: the network's weights as they are, or each member's own draw."""
        if self.members is None:
            params = self.network.parameters()
            return Carry(params, self.network.state(), self.optimizer.init(params))
        drawn = []
        for seed in self._seeds():
            self.network.build(rows.x[:1], seed, self.network.dtype)
            params = self.network.parameters()
            drawn.append(Carry(params, self.network.state(), self.optimizer.init(params)))
        return Carry(*({key: np.stack([c[i][key] for c in drawn]) for key in drawn[0][i]} for i in range(3)))

    def _seeds(self) -> list[int]:
        return [self.seed + m for m in range(self.members or 1)]

    def _order(self, rows: int, epoch: int) -> np.ndarray:
        """Return the epoch's order, with a leading member axis where there are members."""
        orders = [epoch_order(rows, self.batch_size, seed, epoch, self.shuffle) for seed in self._seeds()]
        return orders[0] if self.members is None else np.stack(orders)

    def _chunk_steps(self, cost: Cost, per_epoch: int) -> int:
        """Return how many steps one call runs: a whole epoch, or an even part of it of about CHUNK_SECONDS."""
        seconds = seconds_numpy(cost, 1) if self.engine_name == "numpy" else seconds_xla(cost, 101) - seconds_xla(cost, 1)
        step_seconds = seconds if self.engine_name == "numpy" else seconds / 100
        longest = max(1, int(CHUNK_SECONDS / (step_seconds * (self.members or 1))))
        parts = -(-per_epoch // longest)
        return -(-per_epoch // parts)

    # ---- the loop ---------------------------------------------------------------------------------------------

    def train(self, rows: Batch, validation: Batch | None = None, cost: Cost | None = None) -> Trained:
        """Train on `rows`, watching `validation`, and return the best weights (the last ones without validation)."""
        began = time.perf_counter()
        count = len(rows.x)
        per_epoch = -(-count // self.batch_size)
        steps = per_epoch * self.epochs
        cost = cost or cost_of_step(self.network, self.loss, Batch(rows.x[: self.batch_size], rows.y[: self.batch_size], None))
        masked = rows.weight is not None or count % self.batch_size != 0
        engine = Engine(
            self.engine_name, self.network, self.loss, self.optimizer, masked=masked, members=self.members
        )
        chunk_steps = self._chunk_steps(cost, per_epoch)
        copy_every = max(1, STEPS_BETWEEN_COPIES // per_epoch)
        total_weight = count if rows.weight is None else float(np.sum(rows.weight))
        dtype = self.network.dtype
        seeds = np.asarray(self._seeds(), np.int64).astype(np.uint32)
        seed: Any = seeds[0] if self.members is None else seeds
        probe = Batch(*(None if part is None else part[:PROBE_ROWS] for part in rows))

        carry = engine.start(self._carry(rows))
        good, best = engine.copy(carry), engine.copy(carry)
        on_device = engine.place(rows)
        held_out = None if validation is None else engine.place(validation)
        trained = Trained({}, {})
        flags = _Flags(self.members or 1)
        observed, next_look = 0.0, 0

        def tell(record: Any, kept: list[Any] | None = None) -> None:
            if kept is not None:
                kept.append(record)
            for listener in self.listeners:
                listener(record)

        def look(epoch: int) -> None:
            nonlocal observed, next_look
            spent = time.perf_counter() - began
            if not self.watch or epoch < next_look or (epoch and observed > OBSERVED_SHARE * spent):
                return
            start = time.perf_counter()
            first = Carry(*(_first_member(engine.fetch(part), self.members) for part in carry))
            for vitals in observe(self.network, self.loss, self.optimizer, first, probe, epoch, steps):
                tell(vitals, trained.vitals)
            observed += time.perf_counter() - start
            next_look = max(1, 2 * epoch)

        epoch = 0
        with Interrupt() as interrupt:
            try:
                look(0)
                order = self._order(count, 0)
                for epoch in range(1, self.epochs + 1):
                    total = engine.zero(dtype)
                    for begin in range(0, per_epoch, chunk_steps):
                        part = order[..., begin : begin + chunk_steps, :]
                        length = part.shape[-2]
                        carry, total = engine.chunk(
                            carry, total, on_device, _padded(part, chunk_steps), np.int32(length), seed, np.float32(steps)
                        )
                        if chunk_steps < per_epoch:
                            done = (epoch - 1) * per_epoch + begin + length
                            tell(Progress(epoch, done, steps, time.perf_counter() - began))
                        if interrupt.asked:
                            break
                    if epoch < self.epochs:
                        order = self._order(count, epoch)  # while XLA still computes
                    losses = np.atleast_1d(np.asarray(total)) / total_weight
                    carry = self._undo(engine, carry, good, flags, losses, epoch * per_epoch, trained, tell)
                    if epoch % copy_every == 0:
                        good = engine.copy(engine.healthy(carry, good))
                    figures: dict[str, float] = {}
                    values = None
                    if held_out is not None:
                        value, outputs = engine.evaluate(carry, held_out, outputs=bool(self.metrics))
                        values = np.atleast_1d(value)
                        improved = flags.improved(values, epoch)
                        if improved.all():
                            best = engine.copy(carry)
                        elif improved.any():
                            best = engine.choose(improved, carry, best)
                        if outputs is not None and validation is not None:
                            averaged = outputs if self.members is None else outputs.mean(axis=0)
                            figures = {name: metric(averaged, validation.y) for name, metric in self.metrics.items()}
                    tell(
                        StepRecord(
                            epoch=epoch,
                            step=epoch * per_epoch,
                            loss=_mean(losses),
                            validation=None if values is None else _mean(values),
                            learning_rate=float(self.optimizer.learning_rate((epoch * per_epoch - 1) / steps)),
                            seconds=time.perf_counter() - began,
                            best=bool(values is not None and flags.just_improved.any()),
                            metrics=figures,
                            members=() if self.members is None or values is None else tuple(map(float, values)),
                        ),
                        trained.history,
                    )
                    if epoch < self.epochs:
                        look(epoch)
                    if interrupt.asked:
                        message = f"stopped by Ctrl-C in epoch {epoch} of {self.epochs}; what was learned is kept"
                        tell(Event(epoch * per_epoch, "interrupted", message), trained.events)
                        break
                    if flags.gave_up.all():
                        break
                    if values is not None and self.patience is not None and flags.waited(epoch) >= self.patience:
                        message = f"no better validation loss for {self.patience} epochs; best was epoch {flags.best_epoch.max()}"
                        tell(Event(epoch * per_epoch, "early stop", message), trained.events)
                        break
            except StopTraining as request:
                tell(Event(epoch * per_epoch, "stopped", str(request) or "a listener asked to stop"), trained.events)
            look(max(epoch, next_look) if epoch else 0)

        final = best if held_out is not None and trained.history else engine.healthy(carry, good)
        trained.params, trained.state = engine.fetch(final.params), engine.fetch(final.state)
        trained.seconds = time.perf_counter() - began
        return trained

    def _undo(
        self,
        engine: Engine,
        carry: Carry,
        good: Carry,
        flags: _Flags,
        losses: np.ndarray,
        step: int,
        trained: Trained,
        tell: Callable[..., None],
    ) -> Carry:
        """Put members whose loss is not finite back to their last good weights, with a lower rate; once each."""
        broken = ~np.isfinite(losses) & ~flags.gave_up
        if not broken.any():
            return carry
        again = broken & flags.undone
        flags.gave_up |= again
        flags.undone |= broken
        which = "" if self.members is None else f" for member {', '.join(map(str, np.flatnonzero(broken)))}"
        message = (
            f"the loss became {losses[broken][0]:g}{which}: back to the last good weights, learning rate × {SLOWER:g}"
            if not again.any()
            else f"the loss became {losses[broken][0]:g}{which} again, at a tenth of the learning rate: training ended "
            "with the last good weights; lower the learning rate, scale inputs and targets"
        )
        tell(Event(step, "not finite", message), trained.events)
        flag: Any = broken[0] if self.members is None else broken
        factors = np.where(broken, np.float32(SLOWER), np.float32(1))
        factor: Any = factors[0] if self.members is None else factors
        return engine.slower(engine.choose(flag, good, carry), factor)


class _Flags:
    """Which members improved, waited, were undone, gave up."""

    def __init__(self, count: int) -> None:
        self.best = np.full(count, np.inf)
        self.best_epoch = np.zeros(count, int)
        self.just_improved = np.zeros(count, bool)
        self.undone = np.zeros(count, bool)
        self.gave_up = np.zeros(count, bool)

    def improved(self, values: np.ndarray, epoch: int) -> np.ndarray:
        """Note the validation losses and return which are the best so far; NaN never is."""
        self.just_improved = values < self.best
        self.best = np.where(self.just_improved, values, self.best)
        self.best_epoch = np.where(self.just_improved, epoch, self.best_epoch)
        return self.just_improved

    def waited(self, epoch: int) -> int:
        """Return for how many epochs no member has improved."""
        return int(epoch - self.best_epoch.max())


def _padded(order: np.ndarray, steps: int) -> np.ndarray:
    """Return the order with its step axis lengthened to `steps`, so that one compiled program fits every chunk."""
    missing = steps - order.shape[-2]
    if not missing:
        return order
    return np.concatenate([order, np.zeros((*order.shape[:-2], missing, order.shape[-1]), order.dtype)], axis=-2)


def _first_member(arrays: dict[str, np.ndarray], members: int | None) -> dict[str, np.ndarray]:
    return arrays if members is None else {key: array[0] for key, array in arrays.items()}


def _mean(values: np.ndarray) -> float:
    return float(np.mean(values))
