"""Three networks whose steps are timed on one device, on several, and in several processes; and what a step moves."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import cutaway as ca
from cutaway.losses import as_loss
from cutaway.training.cost import Cost, cost_of_step
from cutaway.training.engines import Engine
from cutaway.training.plan import Plan
from cutaway.training.step import Batch

WORDS, WIDTH, HEADS, BLOCKS, LENGTH = 65, 128, 4, 4, 64


@dataclass(frozen=True)
class Work:
    """A network, the rows of a batch of it, and how many steps a timing has."""

    name: str
    network: Callable[[], ca.Sequential]
    rows: Callable[[int], tuple[np.ndarray, np.ndarray]]
    batch: int
    steps: int


def dense() -> ca.Sequential:
    return ca.Sequential(ca.Dense(256), ca.ReLU(), ca.Dense(128), ca.ReLU(), ca.Dense(10))


def lenet() -> ca.Sequential:
    return ca.Sequential(
        ca.Conv2D(6, 5), ca.ReLU(), ca.MaxPool2D(), ca.Conv2D(16, 5, padding="valid"), ca.ReLU(), ca.MaxPool2D(),
        ca.Flatten(), ca.Dense(120), ca.ReLU(), ca.Dense(84), ca.ReLU(), ca.Dense(10),
    )  # fmt: skip


def residual() -> ca.Sequential:
    from benchmarks.pictures import network

    return network("small ResNet")


def gpt() -> ca.Sequential:
    words = ca.Embedding(WORDS, WIDTH, initializer=ca.Normal(0.02))
    blocks = [ca.TransformerBlock(HEADS) for _ in range(BLOCKS)]
    return ca.Sequential(words, ca.LearnedPositions(LENGTH), *blocks, ca.LayerNorm(), ca.Unembedding(words))


def numbers(count: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    return random.standard_normal((count, 784)).astype(np.float32), random.integers(0, 10, count).astype(np.int32)


def pictures(count: int) -> tuple[np.ndarray, np.ndarray]:
    x, y = numbers(count)
    return x.reshape(count, 28, 28, 1), y


def windows(count: int) -> tuple[np.ndarray, np.ndarray]:
    words = np.random.default_rng(0).integers(0, WORDS, (count, LENGTH + 1)).astype(np.int32)
    return words[:, :-1], words[:, 1:]


WORK = (
    Work("dense", dense, numbers, 128, 60),
    Work("LeNet-5", lenet, pictures, 128, 10),
    Work("small ResNet", residual, pictures, 128, 2),
    Work("GPT", gpt, windows, 12, 6),
)
BY_NAME = {work.name: work for work in WORK}


class Timed:
    """A network ready to take steps on so many devices of this process, and of those that it has joined."""

    def __init__(self, work: Work, devices: int | None) -> None:
        count = work.batch * work.steps
        x, y = work.rows(count)
        network = work.network()
        network.build(x[:1], 0)
        loss, optimizer = as_loss("cross_entropy"), ca.Adam(1e-4)
        rows = Batch(x, as_loss("cross_entropy").prepare(y, (count, *network(x[:1]).shape[1:])), None)
        plan = Plan(epochs=1, batch_size=work.batch)
        self.engine = Engine("xla", network, loss, optimizer, masked=False, members=None, devices=devices)
        self.cost: Cost = cost_of_step(network, loss, Batch(rows.x[: work.batch], rows.y[: work.batch], None))
        self.carry = self.engine.start(plan.first_carry(network, optimizer, rows))
        self.rows, self.order, self.steps = self.engine.place(rows), plan.order(count, 0), work.steps
        self.take()

    def take(self, steps: int | None = None) -> float:
        """Take so many steps once more (None: all), and return the seconds that each took."""
        steps = steps or self.steps
        began = time.perf_counter()
        zero: Any = np.float32(0)
        self.carry, total = self.engine.chunk(
            self.carry, zero, self.rows, self.order, steps, np.uint32(0), np.float32(1e6)
        )
        self.engine.read(total)
        return (time.perf_counter() - began) / steps
