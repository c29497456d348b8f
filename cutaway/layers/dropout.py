"""Dropout as a layer: silent while evaluating."""

from __future__ import annotations

from typing import Any

from cutaway import ops
from cutaway.backends import namespace
from cutaway.errors import InputError
from cutaway.layers.context import Context
from cutaway.layers.layer import Layer
from cutaway.schedules import Schedule


class Dropout(Layer):
    """Silence a share `rate` of the activations while training and enlarge the rest by 1 / (1 − rate).

    rate   the share, 0 ≤ rate < 1; or a schedule of it, taken at `ctx.progress` (at 0 where that is None)

    The draws depend on (seed, this layer's path, step) alone, and are the same on both engines (a schedule's, up to
    the rounding of its rate). Where a schedule is at 0, the output is the input, to the bit.

    >>> import numpy as np
    >>> from cutaway.schedules import FlatCos
    >>> Dropout(FlatCos(0.15))(np.ones((1, 2), np.float32))
    array([[1., 1.]], dtype=float32)
    """

    def __init__(self, rate: float | Schedule = 0.5) -> None:
        share = rate.rate if isinstance(rate, Schedule) else rate
        if not 0 <= share < 1:
            raise InputError(f"Dropout: rate is the share that is silenced, 0 ≤ rate < 1, got {rate!r}")
        self.rate = rate

    def forward(self, x: Any, ctx: Context) -> Any:
        """Return dropout(x) while training, x otherwise."""
        if not ctx.training or self.rate == 0:
            return x
        if ctx.random is None:
            raise InputError(f"{self._place()}: training needs random draws; give Context(random=Random(seed, step))")
        if not isinstance(self.rate, Schedule):
            return ops.dropout(x, ctx.random.keep(self.path, x.shape, 1 - self.rate), rate=self.rate)
        # A step knows this rate only when it runs, so no branch may ask whether it is zero: then all are kept, times 1.
        xp = namespace(ctx.random.seed, ctx.progress)
        exact = xp.float64 if x.dtype == xp.float64 else xp.float32
        now = xp.asarray(0 if ctx.progress is None else ctx.progress, dtype=exact)
        rate = xp.asarray(self.rate(now), dtype=exact)
        return ops.dropout(x, ctx.random.keep(self.path, x.shape, 1 - rate), rate=xp.asarray(rate, dtype=x.dtype))
