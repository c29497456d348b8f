"""Residual: what a block adds to its input, so that blame has a straight way back."""

from __future__ import annotations

from typing import Any

from cutaway import ops
from cutaway.errors import InputError
from cutaway.layers.context import Context
from cutaway.layers.layer import Layer


class Residual(Layer):
    """y = x + inner(x).

    Reference: He, Zhang, Ren, Sun, CVPR 2016, arXiv 1512.03385.
    """

    def __init__(self, inner: Layer) -> None:
        self.inner = inner

    def forward(self, x: Any, ctx: Context) -> Any:
        """Return x + inner(x); the two must have one shape."""
        y = self.inner(x, ctx=ctx)
        if tuple(y.shape) != tuple(x.shape):
            raise InputError(
                f"{self._place()}: the block turns shape {tuple(x.shape)} into {tuple(y.shape)}; "
                "they are added, so they must be the same"
            )
        return ops.add(x, y)
