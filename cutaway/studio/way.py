"""How a network is trained in the studio: by which loss, optimizer, batches and order."""

from __future__ import annotations

from dataclasses import dataclass

from cutaway.losses import Loss
from cutaway.optimizers import Optimizer


@dataclass(frozen=True, eq=False)
class Way:
    """How the steps of a branch are made.

    batch_size  rows a step
    seed        of the order of rows and of what dropout draws
    epochs      that the optimizer's schedule is spread over, where it has one
    engine      "numpy" or "xla"
    drop_last   whether rows that fill no batch are left out, others each epoch
    """

    loss: Loss
    optimizer: Optimizer
    batch_size: int
    seed: int = 0
    shuffle: bool = True
    epochs: int = 1000
    engine: str = "numpy"
    drop_last: bool = False
