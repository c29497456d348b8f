"""Layer norm as a layer: the same while training and afterwards, and for one row as for many."""

from __future__ import annotations

from typing import Any

from cutaway import ops
from cutaway.backends import Array
from cutaway.errors import InputError
from cutaway.layers.context import Context
from cutaway.layers.initializers import Constant
from cutaway.layers.layer import Layer
from cutaway.layers.parameter import Parameter


class LayerNorm(Layer):
    """Each row normalised over its features, then scaled and shifted.

        y = weight (x − mean x) / √(var x + ε) + bias        x (..., features)

    Reference: Ba, Kiros, Hinton, 2016, arXiv 1607.06450.
    """

    weight: Array
    bias: Array

    def __init__(self, epsilon: float = 1e-5) -> None:
        if not epsilon > 0:
            raise InputError(f"LayerNorm: epsilon must be above 0, got {epsilon!r}")
        self.epsilon = epsilon
        self.weight = Parameter(("features",), Constant(1.0))
        self.bias = Parameter(("features",), Constant(0.0))

    def forward(self, x: Any, ctx: Context) -> Any:
        """Return layer_norm(x)."""
        x = self._features(x, self.weight.shape[0])
        return ops.layer_norm(x, self.weight, self.bias, epsilon=self.epsilon)
