"""The simple recurrent network as a layer."""

from __future__ import annotations

from typing import Any

from cutaway import ops
from cutaway.backends import Array
from cutaway.layers.initializers import Glorot, Initializer, Orthogonal
from cutaway.layers.recurrent import Recurrent


class SimpleRNN(Recurrent):
    """A state that is made anew at each place, from the input there and the state before.

        hₜ = tanh(xₜ weight + hₜ₋₁ recurrent + bias)
        x (batch, time, in), weight (in, units), recurrent (units, units), bias (units)  ->  (batch, time, units)

    A second input masks rows of different lengths: (batch, time), true where a place counts; elsewhere the state
    stays as it was, so that the last is that of the last place that counts. With `ctx.cache` the state of earlier
    calls goes on.

    units       how many numbers the state has
    sequence    whether to return the state at every place, or the last (batch, units)
    initializer, recurrent_initializer   of weight and recurrent

    It forgets: see `GRU` and `LSTM`. PyTorch's `nn.RNN` is the same with its weights transposed and its two biases
    added.

    Reference: Elman, "Finding structure in time", Cognitive Science 14 (2), 1990.

    >>> import numpy as np
    >>> layer = SimpleRNN(1).build((3, 1))
    >>> layer.weight, layer.recurrent = [[1.0]], [[0.0]]
    >>> layer(np.array([[[0.0], [1.0], [-1.0]]])).round(2).ravel()
    array([ 0.  ,  0.76, -0.76], dtype=float32)
    """

    def __init__(
        self,
        units: int,
        *,
        sequence: bool = True,
        initializer: Initializer = Glorot(),  # noqa: B008 - frozen
        recurrent_initializer: Initializer = Orthogonal(),  # noqa: B008 - frozen
    ) -> None:
        super().__init__(units, sequence, initializer, recurrent_initializer)

    def _states(self, x: Any, counts: Array | None, start: Any = None) -> Any:
        return ops.simple_rnn(x, self.weight, self.recurrent, self.bias, mask=counts, start=start)
