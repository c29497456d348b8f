"""Scale: each feature times a learned factor, so that the network can turn columns up and down."""

from __future__ import annotations

from typing import Any

from cutaway import ops
from cutaway.backends import Array
from cutaway.layers.context import Context
from cutaway.layers.initializers import Constant
from cutaway.layers.layer import Layer
from cutaway.layers.parameter import Parameter


class Scale(Layer):
    """y = x · factor, one factor a feature, 1 at first.

    Before the first dense layer, and with a larger learning rate than the rest, it is a soft choice of columns.

    Reference: Holzmüller, Grinsztajn, Steinwart, "Better by default", NeurIPS 2024, arXiv 2407.04491.

    >>> layer = Scale().build(2)
    >>> layer.factor[1] = 10
    >>> layer([[1.0, 2.0]])
    array([[ 1., 20.]], dtype=float32)
    """

    factor: Array

    def __init__(self) -> None:
        self.factor = Parameter(("features",), Constant(1.0))

    def forward(self, x: Any, ctx: Context) -> Any:
        """Return x · factor."""
        return ops.multiply(self._features(x, self.factor.shape[0]), self.factor)
