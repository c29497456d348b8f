"""A sequence read from both ends, so that each place knows what stands before it and behind it."""

from __future__ import annotations

from typing import Any

from cutaway import ops
from cutaway.autodiff import value_of
from cutaway.errors import InputError
from cutaway.layers.context import Context
from cutaway.layers.layer import Layer
from cutaway.layers.recurrent import Recurrent

BACKWARDS = (slice(None), slice(None, None, -1))


class Bidirectional(Layer):
    """Two recurrent layers: one reads from the first place to the last, the other from the last to the first.

        y = [ahead(x), back(x)]        x (batch, time, in)  ->  (batch, time, units of both)

    With `sequence=False` in both, what each has read when it is through: (batch, units of both). A second input masks
    rows of different lengths: (batch, time), true where a place counts.

    ahead, back   recurrent layers such as `GRU(32)`, of weights of their own, both with the same `sequence`

    Raises `InputError` for layers that are not recurrent or differ in `sequence`, and with `ctx.cache`: what stands
    behind a place is not there yet when it is generated.

    Reference: Schuster, Paliwal, IEEE Transactions on Signal Processing 45 (11), 1997.

    >>> import numpy as np, cutaway as ca
    >>> ca.Bidirectional(ca.GRU(3), ca.GRU(2))(np.ones((1, 4, 2))).shape
    (1, 4, 5)
    """

    def __init__(self, ahead: Layer, back: Layer) -> None:
        for name, layer in (("ahead", ahead), ("back", back)):
            if not isinstance(layer, Recurrent):
                raise InputError(f"Bidirectional: {name} is {layer!r}, expected a recurrent layer such as GRU(32)")
        if ahead is back:
            raise InputError("Bidirectional: ahead and back are one layer; give two, with weights of their own")
        if ahead.sequence != back.sequence:
            raise InputError("Bidirectional: ahead and back differ in `sequence`; give both the same")
        self.ahead = ahead
        self.back = back

    def forward(self, x: Any, mask: Any = None, *, ctx: Context) -> Any:
        """Return what both layers make of x, side by side."""
        if ctx.cache is not None:
            raise InputError(
                f"{self._place()}: reads from the end, so that it cannot go on place by place; evaluate without "
                "ctx.cache"
            )
        masks = () if mask is None else (value_of(mask),)
        forth = self.ahead(x, *masks, ctx=ctx)
        turned = self.back(ops.index(x, key=BACKWARDS), *(each[BACKWARDS] for each in masks), ctx=ctx)
        if len(forth.shape) == 3:
            turned = ops.index(turned, key=BACKWARDS)
        return ops.concatenate(forth, turned, axis=-1)
