"""Parametric: how much of an activation's bend each neuron takes is learned."""

from __future__ import annotations

from typing import Any

from cutaway import ops
from cutaway.backends import Array
from cutaway.errors import InputError
from cutaway.layers.context import Context
from cutaway.layers.initializers import Constant
from cutaway.layers.layer import Layer
from cutaway.layers.parameter import Parameter


class Parametric(Layer):
    """y = x + amount (f(x) − x): the activation f where amount is 1, as it is at first, and nothing where it is 0.

    activation   f, a layer whose output has the shape of its input
    amount       (features), one for each neuron

    Reference: Holzmüller, Grinsztajn, Steinwart, "Better by default", NeurIPS 2024, arXiv 2407.04491.

    >>> from cutaway.layers import ReLU
    >>> layer = Parametric(ReLU()).build(2)
    >>> layer.amount = [1.0, 0.25]
    >>> layer([[-4.0, -4.0]])
    array([[ 0., -3.]], dtype=float32)
    """

    amount: Array

    def __init__(self, activation: Layer) -> None:
        given: Any = activation
        if not isinstance(given, Layer):
            hint = f"; write the brackets: {given.__name__}()" if isinstance(given, type) else ""
            raise InputError(f"Parametric: got {given!r}, expected an activation such as SELU(){hint}")
        self.activation = activation
        self.amount = Parameter(("features",), Constant(1.0))

    def forward(self, x: Any, ctx: Context) -> Any:
        """Return x + amount (f(x) − x)."""
        x = self._features(x, self.amount.shape[0])
        bent = self.activation(x, ctx=ctx)
        if tuple(bent.shape) != tuple(x.shape):
            raise InputError(
                f"{self._place()}: {self.activation!r} turns shape {tuple(x.shape)} into {tuple(bent.shape)}; an "
                "activation keeps it"
            )
        return ops.add(x, ops.multiply(self.amount, ops.subtract(bent, x)))
