"""RMS norm as a layer: layer norm without the mean."""

from __future__ import annotations

from typing import Any

from cutaway import ops
from cutaway.backends import Array
from cutaway.errors import InputError
from cutaway.layers.context import Context
from cutaway.layers.initializers import Constant
from cutaway.layers.layer import Layer
from cutaway.layers.parameter import Parameter


class RMSNorm(Layer):
    """Each row divided by the root of its mean square, then scaled.

        y = weight x / √(mean x² + ε)        x (..., features)

    Raises `InputError` for an epsilon that is not above 0.

    Reference: Zhang, Sennrich, NeurIPS 2019, arXiv 1910.07467.

    >>> import numpy as np
    >>> RMSNorm()(np.array([[3.0, 4.0, 0.0, 0.0]])).round(3)
    array([[1.2, 1.6, 0. , 0. ]], dtype=float32)
    """

    weight: Array

    def __init__(self, epsilon: float = 1e-5) -> None:
        if not epsilon > 0:
            raise InputError(f"RMSNorm: epsilon must be above 0, got {epsilon!r}")
        self.epsilon = epsilon
        self.weight = Parameter(("features",), Constant(1.0))

    def forward(self, x: Any, ctx: Context) -> Any:
        """Return rms_norm(x)."""
        return ops.rms_norm(self._features(x, self.weight.shape[0]), self.weight, epsilon=self.epsilon)
