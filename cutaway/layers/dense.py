"""The dense layer: every neuron sums every input, weighted, and adds its bias."""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np

from cutaway import ops
from cutaway.backends import Array
from cutaway.errors import InputError, flag
from cutaway.layers.context import Context
from cutaway.layers.initializers import Constant, He, Initializer
from cutaway.layers.layer import Layer
from cutaway.layers.parameter import BIAS, Parameter


class Dense(Layer):
    """Weighted sums.

        y = x weight + bias        x (..., in), weight (in, units), bias (units)  ->  y (..., units)
        y = x weight / √in + bias        with `ntk`

    units        how many neurons
    bias         whether they have a bias
    ntk          whether sums are divided by √in, in the place of smaller first weights: a step then moves each weight
                 by the same share of its size whatever the width (the form of the neural tangent kernel); start with
                 `Normal()` or `UnitVariance()`
    initializer  of the weight; He's by default, which suits ReLU and its kin
    bias_initializer  of the bias; zero by default

    Reference: Jacot, Gabriel, Hongler, NeurIPS 2018, arXiv 1806.07572, equation 1 (ntk).

    >>> import numpy as np
    >>> layer = Dense(1).build(2)
    >>> layer.weight = [[2.0], [3.0]]
    >>> layer(np.array([[1.0, 10.0]]))
    array([[32.]], dtype=float32)
    """

    weight: Array
    bias: Array

    def __init__(
        self,
        units: int,
        *,
        bias: bool = True,
        ntk: bool = False,
        initializer: Initializer = He(),  # noqa: B008 - frozen
        bias_initializer: Initializer = Constant(0.0),  # noqa: B008 - frozen
    ) -> None:
        if not isinstance(units, (int, np.integer)) or units < 1:
            raise InputError(f"Dense: units must be a whole number of at least 1, got {units!r}")
        self.units = int(units)
        self.ntk = flag("Dense: ntk", ntk)
        self.initializer = initializer
        self.bias_initializer = bias_initializer
        self.weight = Parameter(("features", self.units), initializer)
        self.has_bias = flag("Dense: bias", bias, BIAS)
        if bias:
            self.bias = Parameter((self.units,), bias_initializer)

    def forward(self, x: Any, ctx: Context) -> Any:
        """Return x weight + bias."""
        width = self.weight.shape[0]
        y = ops.matmul(self._features(x, width), self.weight)
        if self.ntk:
            y = ops.multiply(y, 1 / sqrt(width))
        return ops.add(y, self.bias) if self.has_bias else y

    def arguments(self) -> dict[str, Any]:
        """Return the arguments of `__init__`."""
        return {
            "units": self.units,
            "bias": self.has_bias,
            "ntk": self.ntk,
            "initializer": self.initializer,
            "bias_initializer": self.bias_initializer,
        }
