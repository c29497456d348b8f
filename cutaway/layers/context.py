"""The one side input of a layer: is this training, which random draws, which rows count, what to report."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from cutaway.backends import Array
from cutaway.backends.random import Random

if TYPE_CHECKING:
    from cutaway.layers.cache import Cache
    from cutaway.layers.layer import Layer


class Tap(NamedTuple):
    """What went into a layer and what came out, as the step saw it."""

    path: str
    layer: Layer
    inputs: tuple[Any, ...]
    output: Any


@dataclass
class Context:
    """What a layer may know besides its inputs.

    mode       "train", "evaluate", or "build" (the pass that creates the weights)
    random     the random stream of this step (training only)
    progress   t, the share of training that is done before this step, for schedules; None outside training
    row_mask   (batch) 1 for a row that counts, 0 for padding; None when every row counts
    new_state  running statistics by path, collected here and returned by the step
    taps       a list to be told of every layer's inputs and output, or None
    cache      what earlier tokens left for attention to look at, or None (evaluation on NumPy only)
    seed, dtype  of the weights to be created (build only)
    rows_given   whether the rows of the build pass are data that first weights may be fitted to (build only)
    """

    mode: Literal["train", "evaluate", "build"] = "evaluate"
    random: Random | None = None
    progress: Array | None = None
    row_mask: Array | None = None
    new_state: dict[str, Array] = field(default_factory=dict)
    taps: list[Tap] | None = None
    cache: Cache | None = None
    seed: int = 0
    dtype: Any = np.float32
    rows_given: bool = False
    created: set[int] = field(default_factory=set)

    @property
    def training(self) -> bool:
        """Whether dropout drops and batch norm uses the batch."""
        return self.mode == "train"
