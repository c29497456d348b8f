"""Steps of the studio's training: one after another on NumPy, or in chunks compiled by XLA."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from cutaway.layers import Layer
from cutaway.studio.moment import Moment
from cutaway.studio.way import Way
from cutaway.training.cost import cost_of_step
from cutaway.training.engines import Engine
from cutaway.training.order import epoch_order, steps_of_epoch
from cutaway.training.step import Batch, Carry, make_step

# Steps of a chunk on XLA: each is one call of a compiled program, after which the weights are fetched.
CHUNK = 32


class Stepper:
    """Takes steps from any moment, the same ones every time: orders go by seed and epoch, draws by seed and step.

    rows   the training rows, prepared for the loss
    """

    def __init__(self, network: Layer, way: Way, rows: Batch) -> None:
        self.network, self.way, self.rows = network, way, rows
        self.count = len(rows.x)
        self.per_epoch = steps_of_epoch(self.count, way.batch_size, way.drop_last)
        self.seed = np.uint32(way.seed % 2**32)
        self.steps = np.float64(self.per_epoch * way.epochs)
        self._step = make_step(network, way.loss, way.optimizer)
        self._order = lru_cache(maxsize=4)(self._order_of)
        self._compiled: Any = None

    @cached_property
    def flops(self) -> float:
        """How many floating-point operations a step takes of NumPy; none where XLA takes it."""
        if self.way.engine != "numpy":
            return 0.0
        return cost_of_step(self.network, self.way.loss, self.batch(self.places(0))).flops

    def _order_of(self, epoch: int) -> np.ndarray:
        way = self.way
        return epoch_order(self.count, way.batch_size, way.seed, epoch, way.shuffle, way.drop_last)

    def places(self, position: int) -> np.ndarray:
        """Return which training rows the step at a position of the order takes."""
        epoch, number = divmod(position, self.per_epoch)
        order: np.ndarray = self._order(epoch)[number]
        return order if order[-1] >= 0 else order[order >= 0]

    def batch(self, places: np.ndarray) -> Batch:
        """Return some of the training rows."""
        rows = self.rows
        return Batch(rows.x[places], rows.y[places], None if rows.weight is None else rows.weight[places])

    def one(self, moment: Moment, example: int | None = None) -> tuple[Moment, float]:
        """Return the moment after one step, and the loss that the step saw.

        example   the training row it is on; the next batch of the order where there is none
        """
        places = self.places(moment.position) if example is None else np.array([example])
        with np.errstate(all="ignore"):
            carry, loss = self._step(moment.carry, self.batch(places), self.seed, self.steps)
        position = moment.position + (example is None)
        return Moment(moment.branch, moment.step + 1, position, carry), float(loss)

    def several(self, moment: Moment, most: int) -> Iterator[tuple[Moment, float]]:
        """Yield the moments of up to `most` steps of the order, each with the loss of its step.

        On XLA a moment comes after every chunk, with the mean loss of its steps.
        """
        if self.way.engine == "numpy":
            for _ in range(most):
                moment, loss = self.one(moment)
                yield moment, loss
            return
        while most > 0:
            number = moment.position % self.per_epoch
            count = min(CHUNK, most, self.per_epoch - number)
            moment, loss = self._chunk(moment, count)
            most -= count
            yield moment, loss

    def _chunk(self, moment: Moment, count: int) -> tuple[Moment, float]:
        """Take so many steps of one epoch in a compiled call; however they are divided, they are the same steps."""
        engine, rows = self._engine()
        epoch, number = divmod(moment.position, self.per_epoch)
        order = np.full((CHUNK, self.way.batch_size), -1, np.int32)
        order[:count] = self._order(epoch)[number : number + count]
        zero = np.zeros((), self.network.dtype)
        carry, total = engine.chunk(
            engine.start(moment.carry), zero, rows, order, count, self.seed, np.float32(self.steps)
        )
        fetched = Carry(*(engine.fetch(part) for part in carry))
        seen = order[order >= 0]
        weight = len(seen) if self.rows.weight is None else float(self.rows.weight[seen].sum())
        after = Moment(moment.branch, moment.step + count, moment.position + count, fetched)
        return after, float(np.asarray(total)) / max(weight, 1e-30)

    def _engine(self) -> tuple[Engine, Batch]:
        if self._compiled is None:
            engine = Engine("xla", self.network, self.way.loss, self.way.optimizer, masked=True, members=None)
            self._compiled = engine, engine.place(self.rows)
        compiled: tuple[Engine, Batch] = self._compiled
        return compiled
