"""When vitals are taken: at epochs fixed beforehand, so few that they cost little, and never so that they change it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from cutaway.records import Event, LayerVitals, NetworkVitals
from cutaway.training.bystander import passed_over
from cutaway.training.cost import EPOCH, Cost, seconds_of_step
from cutaway.training.observe import observe
from cutaway.training.step import Batch, Carry

if TYPE_CHECKING:
    from cutaway.training.loop import Loop

# Training rows, and rows held out, that vitals are measured on, at most.
PROBE_ROWS = 256
# Answers that they are measured on at least: below that a unit that is silent may only not have been asked.
FEWEST_ANSWERS = 64
# The share of the training that looks are planned for, and the share at which those not yet taken are left out.
PLANNED, MOST = 0.02, 0.05
# How often is looked, at least (the first and the last with them) and at most.
FEWEST, OFTEN = 3, 40
# A look takes about so many times a forward and backward pass over its rows, and so many seconds besides: to fetch the
# weights, and to make records of what was seen.
PASSES, BESIDES = 3.2, 5e-4
# Of steps of more rows than these no check says that they are mostly noise: it is measured all the same where the time
# that looks may take is enough for more of them than the fewest.
FEW_ROWS = 8


class Watching:
    """Takes the vitals of a training between its epochs; with members, the first one's."""

    def __init__(self, loop: Loop, probe: Batch, held_out: Batch | None, cost: Cost) -> None:
        self.loop, self.probe, self.held_out = loop, probe, held_out
        rows = len(probe.x) / min(loop.plan.batch_size, loop.count)
        scaled = cost._replace(flops=cost.flops * rows, elements=cost.elements * rows)
        members, engine = loop.plan.members or 1, loop.trainer.engine
        self.each = PASSES * seconds_of_step("numpy", scaled)
        self.epoch = loop.per_epoch * seconds_of_step(engine, cost, members) + EPOCH[engine]
        self.spent, self.looked, self.failed = 0.0, -1, False
        self.planned: frozenset[int] = frozenset()
        self.noise = True  # whether it is measured

    def plan(self) -> None:
        """Choose the epochs after which to look, by what looks and epochs should cost: denser at first."""
        epochs = self.loop.epochs
        share = PLANNED * epochs * self.epoch / (FEWEST * self.each)
        if share < 1:  # the fewest looks would cost too much: each takes fewer rows
            rows = max(answering(self.probe, FEWEST_ANSWERS), int(share * len(self.probe.x)))
            self.each *= min(1.0, rows / len(self.probe.x))
            self.probe = spaced(self.probe, rows)
            self.held_out = None if self.held_out is None else spaced(self.held_out, rows)
        looks = max(FEWEST, min(OFTEN, int(PLANNED * epochs * self.epoch / (self.each + BESIDES))))
        self.noise = looks > FEWEST or self.loop.plan.batch_size <= FEW_ROWS
        self.planned = frozenset(np.round(epochs * (np.arange(looks) / (looks - 1)) ** 1.5).astype(int).tolist())

    def look(self, epoch: int, last: bool = False) -> None:
        """Take vitals, if it is time, or if it is the last."""
        loop = self.loop
        if not loop.plan.watch or self.failed or epoch == self.looked or not (last or epoch in self.planned):
            return
        late = not last and epoch and self.spent > MOST * (loop.elapsed() - loop.compiled)
        if loop.group.first_says(np.array([bool(late)]))[0]:
            return
        start = time.perf_counter()
        carry = Carry(*(loop.engine.fetch(part) for part in loop.carry))  # of several processes all ask at once
        try:
            layers, whole = self.vitals(carry, epoch)
        except Exception as fault:
            self.failed = True
            loop.tell(Event(loop.step, "diagnosis", passed_over(fault)), loop.trained.events)
        else:
            for vitals in layers:
                loop.tell(vitals, loop.trained.vitals)
            loop.tell(whole, loop.trained.network_vitals)
        self.failed = bool(loop.group.most([self.failed])[0])  # where one cannot look, none looks again
        self.spent += time.perf_counter() - start
        self.looked = epoch

    def vitals(self, carry: Carry, epoch: int) -> tuple[list[LayerVitals], NetworkVitals]:
        """Return the vitals of a carry on the host."""
        loop, trainer = self.loop, self.loop.trainer
        if loop.plan.members is not None:
            carry = Carry(*({key: array[0] for key, array in part.items()} for part in carry))
        return observe(
            trainer.network, trainer.loss, trainer.optimizer, carry, self.probe, epoch, loop.steps, self.held_out,
            loop.plan.batch_size, self.noise,
        )  # fmt: skip


def answering(rows: Batch, answers: int) -> int:
    """Return how many rows have so many answers: of a sequence of classes each is one; at least eight rows.

    >>> answering(Batch(np.zeros((9, 2)), np.zeros((9, 1)), None), 64)
    64
    >>> answering(Batch(np.zeros((9, 16)), np.zeros((9, 16), int), None), 256)
    16
    """
    several = rows.y.dtype.kind in "iu" and rows.y.ndim > 1
    return max(8, -(-answers // int(np.prod(rows.y.shape[1:])))) if several else answers


def spaced(rows: Batch, most: int) -> Batch:
    """Return at most so many of the rows, evenly over them."""
    some = slice(None, None, -(-len(rows.x) // most))
    return Batch(*(None if part is None else part[some] for part in rows))
