"""Dropout as a layer: silent while evaluating."""

from __future__ import annotations

from typing import Any

from cutaway import ops
from cutaway.errors import InputError
from cutaway.layers.context import Context
from cutaway.layers.layer import Layer


class Dropout(Layer):
    """Silence a share `rate` of the activations while training and enlarge the rest by 1 / (1 − rate).

    The draws depend on (seed, this layer's path, step) alone, and are the same on both engines.
    """

    def __init__(self, rate: float = 0.5) -> None:
        if not 0 <= rate < 1:
            raise InputError(f"Dropout: rate is the share that is silenced, 0 ≤ rate < 1, got {rate!r}")
        self.rate = rate

    def forward(self, x: Any, ctx: Context) -> Any:
        """Return dropout(x) while training, x otherwise."""
        if not ctx.training or self.rate == 0:
            return x
        if ctx.random is None:
            raise InputError(f"{self._place()}: training needs random draws; give Context(random=Random(seed, step))")
        return ops.dropout(x, ctx.random.keep(self.path, x.shape, 1 - self.rate), rate=self.rate)
