"""The gated recurrent unit as a layer."""

from __future__ import annotations

from typing import Any, ClassVar

from cutaway import ops
from cutaway.backends import Array
from cutaway.layers.initializers import Constant, Glorot, Initializer, Orthogonal
from cutaway.layers.parameter import Parameter
from cutaway.layers.recurrent import Recurrent


class GRU(Recurrent):
    """A state that is kept, place by place, as far as a gate says.

        r, z = σ(x weight + h recurrent + bias)
        n = tanh(x weight + bias + r (h recurrent + recurrent_bias))
        h ← (1 − z) n + z h
        x (batch, time, in), weight (in, 3 units), recurrent (units, 3 units), bias (3 units), recurrent_bias (units),
        columns for r, z, n in this order  ->  (batch, time, units)

    This is PyTorch's form: the reset gate r acts after the product with the state. Its weights are the transposes of
    `weight_ih` and `weight_hh`; bias is `bias_ih` plus, for r and z, `bias_hh`, whose last third is recurrent_bias.

    A second input masks rows of different lengths: (batch, time), true where a place counts; elsewhere the state
    stays as it was, so that the last is that of the last place that counts. With `ctx.cache` the state of earlier
    calls goes on.

    units       how many numbers the state has
    sequence    whether to return the state at every place, or the last (batch, units)
    initializer, recurrent_initializer   of weight and recurrent, for each gate by itself

    Reference: Cho et al., EMNLP 2014, arXiv 1406.1078.

    >>> import numpy as np
    >>> GRU(5, sequence=False)(np.ones((2, 3, 4)), np.array([[1, 1, 1], [1, 0, 0]])).shape
    (2, 5)
    """

    gates: ClassVar[int] = 3
    recurrent_bias: Array

    def __init__(
        self,
        units: int,
        *,
        sequence: bool = True,
        initializer: Initializer = Glorot(),  # noqa: B008 - frozen
        recurrent_initializer: Initializer = Orthogonal(),  # noqa: B008 - frozen
    ) -> None:
        super().__init__(units, sequence, initializer, recurrent_initializer)
        self.recurrent_bias = Parameter((self.units,), Constant(0.0))

    def _states(self, x: Any, counts: Array | None, start: Any = None) -> Any:
        arrays = self.weight, self.recurrent, self.bias, self.recurrent_bias
        return ops.gru(x, *arrays, mask=counts, start=start)
