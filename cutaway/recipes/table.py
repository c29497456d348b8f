"""The recipe for tables: how large a network, how long, and how fast, by rows and columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Literal

from cutaway.data.suggestions import did_you_mean
from cutaway.data.targets import Task
from cutaway.errors import InputError
from cutaway.layers import ColumnEmbedding, Dense, Dropout, LeCun, SELU, Layer, Sequential
from cutaway.losses import CrossEntropy, Loss, SquaredError
from cutaway.optimizers import AdamW, CosLog4, Optimizer

Effort = Literal["quick", "standard"]
EFFORTS: tuple[Effort, ...] = ("quick", "standard")


@dataclass(frozen=True)
class TableRecipe:
    """What to train on a table, and how: the arguments of `fit` beside the rows."""

    network: Layer
    loss: Loss
    optimizer: Optimizer
    epochs: int
    batch_size: int
    members: int
    validation: float

    def sentence(self) -> str:
        """The network in words."""
        return self.network.__class__.__name__


def table_recipe(
    rows: int,
    code_sizes: Sequence[int],
    outputs: int,
    task: Task,
    *,
    effort: str = "standard",
    epochs: int | None = None,
) -> TableRecipe:
    raise NotImplementedError
