"""Learned positions: a vector for each place of a sequence, added to what stands there."""

from __future__ import annotations

from typing import Any

from cutaway import ops
from cutaway.backends import Array
from cutaway.errors import InputError, whole
from cutaway.layers.context import Context
from cutaway.layers.initializers import Initializer, Normal
from cutaway.layers.layer import Layer
from cutaway.layers.parameter import Parameter


class LearnedPositions(Layer):
    """Add to each place its own learned vector: attention by itself does not know what stands where.

        y[:, t] = x[:, t] + weight[t]        x (batch, time, features), weight (length, features)

    length       how many places there are at most
    initializer  of the vectors

    With `ctx.cache` the first place is the one after those that the cache holds. Raises `InputError` for a sequence
    that is longer.

    Reference: Gehring et al., "Convolutional sequence to sequence learning", ICML 2017, section 3.1, arXiv 1705.03122.

    >>> import numpy as np
    >>> layer = LearnedPositions(3, initializer=Normal(0.0)).build((2, 1))
    >>> layer.weight = [[10.0], [20.0], [30.0]]
    >>> layer(np.array([[[1.0], [2.0]]])).tolist()
    [[[11.0], [22.0]]]
    """

    weight: Array

    def __init__(self, length: int, *, initializer: Initializer = Normal(0.02)) -> None:  # noqa: B008 - frozen
        self.length = whole("LearnedPositions: length", length)
        self.initializer = initializer
        self.weight = Parameter((self.length, "features"), initializer)

    def forward(self, x: Any, ctx: Context) -> Any:
        """Return x plus the vectors of its places."""
        x = self._features(x, self.weight.shape[1])
        begin = 0 if ctx.cache is None else ctx.cache.position
        end = begin + x.shape[-2]
        if len(x.shape) != 3 or end > self.length:
            raise InputError(
                f"{self._place()}: got an input of shape {tuple(x.shape)} for places {begin} to {end - 1}, expected "
                f"(batch, time, features) and places up to {self.length - 1}; give the last {self.length} only, or "
                "train with a larger length"
            )
        # All of them as they are: on the way back there is then nothing to scatter.
        whole = (begin, end) == (0, self.length)
        return ops.add(x, self.weight if whole else ops.index(self.weight, key=slice(begin, end)))
