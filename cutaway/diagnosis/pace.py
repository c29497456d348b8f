"""How slow this machine is: what a small training takes here over what it is reckoned to take."""

from __future__ import annotations

import time
from functools import cache

import numpy as np

from cutaway.layers import Dense, ReLU, Sequential
from cutaway.losses import SquaredError
from cutaway.optimizers import Adam
from cutaway.training.cost import EPOCH, cost_of_step, seconds_of_step
from cutaway.training.plan import Plan
from cutaway.training.step import Batch
from cutaway.training.trainer import Trainer

# Rows, and those of a batch, of the training that is timed; and how often: the fastest counts.
ROWS, BATCH, TIMES = 960, 32, 3


@cache
def slowness() -> float:
    """Return how many times as long a step takes here as it is reckoned to, at least 1; timed once in a process.

    By the time that this process works, or by the clock on the wall where that is less, as where other threads of it
    work too: what others take of a processor counts as far as it slows this one down.
    """
    random = np.random.default_rng(0)
    x, y = (random.normal(size=(ROWS, count)).astype(np.float32) for count in (8, 1))
    network, loss = Sequential(Dense(32), ReLU(), Dense(1)).build(8), SquaredError()
    plan = Plan(epochs=1, batch_size=BATCH, watch=False)
    trainer, taken = Trainer(network, loss, Adam(1e-3), plan, engine="numpy"), []
    for _ in range(TIMES):
        wall, work = time.perf_counter(), time.process_time()
        trainer.train(Batch(x, y, None))
        taken.append(min(time.perf_counter() - wall, time.process_time() - work))
    cost = cost_of_step(network, loss, Batch(x[:BATCH], y[:BATCH], None))
    reckoned = plan.steps_of_epoch(ROWS) * seconds_of_step("numpy", cost) + EPOCH["numpy"]
    return max(1.0, min(taken) / reckoned)
