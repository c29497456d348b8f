"""Softmax as a layer: scores to probabilities."""

from __future__ import annotations

from typing import Any

from cutaway import ops
from cutaway.layers.context import Context
from cutaway.layers.layer import Layer


class Softmax(Layer):
    """y = softmax(x) along `axis`.

    A network that ends in it needs `CrossEntropy(from_logits=False)`; ending in scores and letting the loss
    take the softmax is more exact.
    """

    def __init__(self, axis: int = -1) -> None:
        self.axis = axis

    def forward(self, x: Any, ctx: Context) -> Any:
        """Return softmax(x)."""
        return ops.softmax(x, axis=self.axis)
