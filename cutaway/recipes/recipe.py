"""What a recipe is: a network of one shape, and how to train it."""

from __future__ import annotations

from dataclasses import dataclass, field

from cutaway.layers import Layer
from cutaway.losses import Loss
from cutaway.optimizers import Optimizer


@dataclass(frozen=True)
class Recipe:
    """What to train, and how: a network of one shape, its loss, the loss that chooses the best weights, its steps.

    words      the network for a person
    precision  of the products of its steps, see `Plan`
    """

    network: Layer
    loss: Loss
    judge: Loss
    optimizer: Optimizer
    epochs: int
    batch_size: int
    words: str
    precision: str = field(default="float32", kw_only=True)
