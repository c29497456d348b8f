"""All that makes a training, in one piece: what a fix changes, and an experiment runs again."""

from __future__ import annotations

from dataclasses import dataclass

from cutaway.layers import Layer
from cutaway.losses import Loss
from cutaway.optimizers import Optimizer
from cutaway.training.plan import Plan
from cutaway.training.step import Batch


@dataclass(frozen=True)
class Setup:
    """A training as it can be repeated.

    network   with the weights it starts from; whoever trains it makes a copy
    rows, held_out   as the loss prepared them
    closing   what turns the trained network's answers into the user's units, put behind it once it is trained
    """

    network: Layer
    loss: Loss
    optimizer: Optimizer
    rows: Batch
    held_out: Batch | None
    plan: Plan
    engine: str = "numpy"
    closing: Layer | None = None
