"""Layers that hide what is inside, opened: `Repeat` turn by turn, `Checkpoint` as if it were not there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from cutaway import ops
from cutaway.backends.random import Random
from cutaway.layers import Checkpoint, Context, Layer, Repeat
from cutaway.layers.layer import join


class OpenedRepeat(Repeat):
    """A `Repeat` whose turns stand one after another on the tape, with the numbers of the loop.

    The layers of turn i are called `block[i]` in the taps.
    """

    def forward(self, x: Any, *others: Any, ctx: Context) -> Any:
        """Return what the last block makes of what the others made of x; `others` go to every block."""
        arrays = self.block.parameters()
        seeds = ctx.random.bits(self.path, (self.times,)) if ctx.random else np.zeros(self.times, np.uint32)
        for turn in range(self.times):
            own = {path: ops.index(array, key=turn) for path, array in arrays.items()}
            taps: list[Any] = []
            random = ctx.random and Random(seeds[turn], ctx.random.step)
            x = self._bound(own)(x, *others, ctx=replace(ctx, random=random, taps=taps))
            if ctx.taps is not None:
                hidden, here = join(self.path, "block"), join(self.path, f"block[{turn}]")
                ctx.taps.extend(tap._replace(path=here + tap.path.removeprefix(hidden).rstrip(".")) for tap in taps)
        return x


class OpenedCheckpoint(Checkpoint):
    """A `Checkpoint` that forgets nothing."""

    def forward(self, *inputs: Any, ctx: Context) -> Any:
        """Return inner(*inputs)."""
        return self.inner(*inputs, ctx=ctx)


OPENED: dict[type[Layer], type[Layer]] = {Repeat: OpenedRepeat, Checkpoint: OpenedCheckpoint}


def opened(bound: Layer) -> Layer:
    """Return a network that `Layer.bind` has just made, with every layer that hides something opened in place.

    >>> import cutaway as ca
    >>> net = ca.Sequential(ca.Repeat(ca.Dense(2), 3)).build(2)
    >>> type(opened(net.bind(net.parameters()))[0]).__name__
    'OpenedRepeat'
    """
    for _, layer in bound.named_layers():
        kind = OPENED.get(type(layer))
        if kind is not None:
            object.__setattr__(layer, "__class__", kind)
    return bound
