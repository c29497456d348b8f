"""Many networks in one: what the members do not share, at the way in and at the way out ("TabM-mini")."""

from __future__ import annotations

from typing import Any

from cutaway import ops
from cutaway.backends import Array
from cutaway.errors import InputError, whole
from cutaway.layers.context import Context
from cutaway.layers.initializers import Constant, He, Initializer, RandomSign
from cutaway.layers.layer import Layer
from cutaway.layers.parameter import Parameter


class MemberScale(Layer):
    """Each of k members sees the inputs through factors of its own.

        y[i, m] = x[i] · factor[m]        x (batch, features), factor (k, features)  ->  y (batch, k, features)

    Layers between this and `MemberDense` act on the last axis and are shared by the members.

    members      k
    initializer  of the factors: `RandomSign()`, or `Normal()` after embeddings

    Reference: Gorishniy, Kotelnikov, Babenko, "TabM", ICLR 2025, arXiv 2410.24210, "TabM-mini".

    >>> layer = MemberScale(2).build(2)
    >>> layer.factor = [[1, -1], [2, 3]]
    >>> layer([[1.0, 10.0]]).tolist()
    [[[1.0, -10.0], [2.0, 30.0]]]
    """

    factor: Array

    def __init__(self, members: int, initializer: Initializer = RandomSign()) -> None:  # noqa: B008 - frozen
        self.members = whole("MemberScale: members", members)
        self.initializer = initializer
        self.factor = Parameter((self.members, "features"), initializer)

    def forward(self, x: Any, ctx: Context) -> Any:
        """Return x · factor for each member."""
        if len(x.shape) != 2:
            raise InputError(
                f"{self._place()}: got an input of shape {tuple(x.shape)}, expected rows (batch, features)"
            )
        return ops.multiply(ops.expand_dims(self._features(x, self.factor.shape[1]), axis=1), self.factor)


class MemberDense(Layer):
    """Each of k members has weighted sums of its own.

        y[i, m] = x[i, m] weight[m] + bias[m]
        x (batch, k, in), weight (k, in, units), bias (k, units)  ->  y (batch, k, units)

    units        how many outputs each member has
    members      k, as in `MemberScale`
    initializer, bias_initializer   of weight and bias, drawn for each member

    Train with `MeanOverMembers(loss)`; the prediction is the mean of the members'.

    Reference: as `MemberScale`.

    >>> layer = MemberDense(1, members=2).build((2, 1))
    >>> layer.weight = [[[1]], [[2]]]
    >>> layer([[[10.0], [10.0]]]).tolist()
    [[[10.0], [20.0]]]
    """

    weight: Array
    bias: Array

    def __init__(
        self,
        units: int,
        members: int,
        *,
        initializer: Initializer = He(),  # noqa: B008 - frozen
        bias_initializer: Initializer = Constant(0.0),  # noqa: B008 - frozen
    ) -> None:
        self.units = whole("MemberDense: units", units)
        self.members = whole("MemberDense: members", members)
        self.initializer = initializer
        self.bias_initializer = bias_initializer
        self.weight = Parameter((self.members, "features", self.units), initializer, separate=True)
        self.bias = Parameter((self.members, self.units), bias_initializer)

    def forward(self, x: Any, ctx: Context) -> Any:
        """Return x weight + bias for each member."""
        if len(x.shape) != 3 or x.shape[1] != self.members:
            raise InputError(
                f"{self._place()}: got an input of shape {tuple(x.shape)}, expected (batch, {self.members}, features) "
                "as MemberScale makes it"
            )
        x = self._features(x, self.weight.shape[1])
        apart = ops.matmul(ops.transpose(x, axes=(1, 0, 2)), self.weight)  # (k, batch, units)
        return ops.add(ops.transpose(apart, axes=(1, 0, 2)), self.bias)
