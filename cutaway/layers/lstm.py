"""Long short-term memory as a layer."""

from __future__ import annotations

from math import isfinite
from typing import Any, ClassVar

from cutaway import ops
from cutaway.backends import Array
from cutaway.errors import InputError
from cutaway.layers.context import Context
from cutaway.layers.initializers import Constant, Glorot, Initializer, Orthogonal
from cutaway.layers.parameter import Parameter
from cutaway.layers.recurrent import Recurrent, SideBySide
from cutaway.ops.lstm import lstm_states
from cutaway.ops.recurrence import exchanged, nothing


class LSTM(Recurrent):
    """A cell that gates write to, erase and show.

        i, f, g, o = σ, σ, tanh, σ of x weight + h recurrent + bias
        c ← f c + i g,   h ← o tanh c
        x (batch, time, in), weight (in, 4 units), recurrent (units, 4 units), bias (4 units),
        columns for i, f, g, o in this order  ->  h (batch, time, units)

    The bias of the forget gate f starts at `forget_bias`, so that a new cell keeps what it holds. (PyTorch has
    another first bias; its weights are the transposes, its two biases add up to this one.)

    A second input masks rows of different lengths: (batch, time), true where a place counts; elsewhere h and c
    stay as they were, so that the last h is that of the last place that counts. With `ctx.cache` the state of
    earlier calls goes on.

    units         how many cells
    sequence      whether to return h at every place, or the last (batch, units)
    forget_bias   first bias of the forget gate; any number
    initializer, recurrent_initializer   of weight and recurrent, for each gate by itself

    Reference: Hochreiter, Schmidhuber, 1997; Gers, Schmidhuber, Cummins, 2000; the forget gate's bias of 1:
    Jozefowicz, Zaremba, Sutskever, "An empirical exploration of recurrent network architectures", ICML 2015.

    >>> layer = LSTM(2).build((5, 3))
    >>> layer.bias.tolist()
    [0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0]
    """

    gates: ClassVar[int] = 4

    def __init__(
        self,
        units: int,
        *,
        sequence: bool = True,
        forget_bias: float = 1.0,
        initializer: Initializer = Glorot(),  # noqa: B008 - frozen
        recurrent_initializer: Initializer = Orthogonal(),  # noqa: B008 - frozen
    ) -> None:
        super().__init__(units, sequence, initializer, recurrent_initializer)
        if not isfinite(forget_bias):
            raise InputError(f"LSTM: forget_bias must be a finite number, got {forget_bias!r}")
        self.forget_bias = forget_bias
        first = Constant(0.0), Constant(float(forget_bias)), Constant(0.0), Constant(0.0)
        self.bias = Parameter((4 * self.units,), SideBySide(first))

    def _states(self, x: Any, counts: Array | None, start: Any = None) -> Any:
        return ops.lstm(x, self.weight, self.recurrent, self.bias, mask=counts, start=start)

    def _continued(self, x: Any, counts: Array | None, ctx: Context) -> Any:
        start = self._past(x, ctx, second=self.units) or (nothing(x, self.units), nothing(x, self.units))
        hidden, cell, _ = lstm_states(x, self.weight, self.recurrent, self.bias, start, counts)
        assert ctx.cache is not None
        ctx.cache.extended(self.path, exchanged(hidden), exchanged(cell))
        return exchanged(hidden)
