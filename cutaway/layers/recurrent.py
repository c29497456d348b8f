"""What recurrent layers share: weights side by side, masks, and the state that a cache keeps between calls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from cutaway import ops
from cutaway.autodiff import Node, value_of
from cutaway.backends import Array, namespace
from cutaway.errors import InputError, whole
from cutaway.layers.context import Context
from cutaway.layers.initializers import Constant, Initializer
from cutaway.layers.layer import Layer
from cutaway.layers.parameter import Parameter


@dataclass(frozen=True)
class SideBySide(Initializer):
    """Draws one block for each of `parts`, each as an array of its own, and puts them beside each other.

    So each gate starts as a layer of its own would: an orthogonal block is orthogonal, and no fan counts the others.

    >>> SideBySide((Constant(0.0), Constant(1.0)))(np.random.default_rng(0), (4,))
    array([0., 0., 1., 1.])
    """

    parts: tuple[Initializer, ...]

    def __call__(self, random: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        """Draw each block."""
        sizes = (*shape[:-1], shape[-1] // len(self.parts))
        return np.concatenate([part(random, sizes) for part in self.parts], axis=-1)


class Recurrent(Layer):
    """A layer that reads a sequence place by place and hands a state on; `SimpleRNN`, `GRU` and `LSTM` say which.

    Raises `InputError` for inputs that are not (batch, time, features), and for masks that are not (batch, time).
    """

    gates: ClassVar[int] = 1
    weight: Array
    recurrent: Array
    bias: Array

    def __init__(
        self, units: int, sequence: bool, initializer: Initializer, recurrent_initializer: Initializer
    ) -> None:
        kind = type(self).__name__
        if not isinstance(sequence, (bool, np.bool_)):
            raise InputError(
                f"{kind}: sequence must be True (the state at every place) or False (the last), got {sequence!r}"
            )
        self.units = whole(f"{kind}: units", units)
        self.sequence = bool(sequence)
        self.initializer = initializer
        self.recurrent_initializer = recurrent_initializer
        columns = self.gates * self.units
        self.weight = Parameter(("features", columns), SideBySide((initializer,) * self.gates))
        self.recurrent = Parameter((self.units, columns), SideBySide((recurrent_initializer,) * self.gates))
        self.bias = Parameter((columns,), Constant(0.0))

    def forward(self, x: Any, mask: Any = None, *, ctx: Context) -> Any:
        """Return the state at every place, or at the last."""
        if len(x.shape) != 3 or not x.shape[1]:
            raise InputError(
                f"{self._place()}: got an input of shape {tuple(x.shape)}, expected (batch, time, features) with at "
                "least one place"
            )
        x = self._features(x, self.weight.shape[0])
        counts = None if mask is None else self._counts(mask, tuple(x.shape[:2]))
        hidden = self._states(x, counts) if ctx.cache is None else self._continued(x, counts, ctx)
        return hidden if self.sequence else ops.index(hidden, key=(slice(None), -1))

    def _states(self, x: Any, counts: Array | None, start: Any = None) -> Any:
        """Return the state at every place of x (batch, time, units), from `start` on."""
        raise TypeError(f"{type(self).__name__} does not say what it hands on; define _states(x, counts, start)")

    def _counts(self, mask: Any, shape: tuple[int, ...]) -> Array:
        values = value_of(mask)
        if tuple(values.shape) != shape:
            raise InputError(
                f"{self._place()}: got a mask of shape {tuple(values.shape)}, expected (batch, time) {shape}, true "
                "where a place counts"
            )
        return values if namespace(values).isdtype(values.dtype, "bool") else values > 0

    def _continued(self, x: Any, counts: Array | None, ctx: Context) -> Any:
        """Return the states from where the cache left off, and leave them there."""
        hidden = self._states(x, counts, self._past(x, ctx))
        assert ctx.cache is not None
        ctx.cache.extended(self.path, hidden, hidden[..., :0])
        return hidden

    def _past(self, x: Any, ctx: Context, second: int = 0) -> Any:
        """Return what the cache holds of the place before x: the state; with `second` numbers beside it, both."""
        if isinstance(x, Node) or isinstance(self.weight, Node):
            raise InputError(f"{self._place()}: ctx.cache is for evaluating on NumPy; train without it")
        assert ctx.cache is not None
        if not ctx.cache.position:
            return None
        none = np.empty((x.shape[0], 0, self.units), x.dtype), np.empty((x.shape[0], 0, second), x.dtype)
        states, others = ctx.cache.extended(self.path, *none)  # by nothing: what is there so far
        return (states[:, -1], others[:, -1]) if second else states[:, -1]
