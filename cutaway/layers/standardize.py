"""Standardize: each channel to mean 0 and deviation 1, by numbers taken from the training data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from cutaway import ops
from cutaway.autodiff import Node
from cutaway.backends import namespace
from cutaway.errors import InputError
from cutaway.layers.context import Context
from cutaway.layers.layer import Layer

COUNTED = 1 << 20  # bytes that are counted at once


class Standardize(Layer):
    """Each channel minus its mean, divided by its deviation; nothing here is learned.

        y = (x − mean) / deviation        x (batch, ..., channels)  ->  y (batch, ..., channels)

    mean       of each channel over the training data, in the units of x
    deviation  of each channel, above 0

    Whole numbers, such as pixels of 0 to 255, become float32. Raises `InputError` where there are not as many
    deviations as means, or the input has another number of channels.

    >>> import numpy as np
    >>> Standardize([100.0], [50.0])(np.array([[[[200]]]], np.uint8))
    array([[[[2.]]]], dtype=float32)
    """

    def __init__(self, mean: Sequence[float], deviation: Sequence[float]) -> None:
        pairs = list(zip(mean, deviation, strict=False))
        if not pairs or len(mean) != len(deviation):
            raise InputError(
                f"Standardize: got {len(mean)} means and {len(deviation)} deviations, expected one of each a channel"
            )
        if not all(np.isfinite(m) and np.isfinite(d) and d > 0 for m, d in pairs):
            raise InputError(f"Standardize: means are numbers and deviations numbers above 0, got {pairs}")
        self.mean = tuple(float(value) for value in mean)
        self.deviation = tuple(float(value) for value in deviation)

    @classmethod
    def fit(cls, x: np.ndarray) -> Standardize:
        """Return the layer for rows x (rows, ..., channels); a channel that is the same everywhere keeps its size.

        >>> Standardize.fit(np.array([[0.0, 7.0], [2.0, 7.0]]))
        Standardize((1.0, 7.0), (1.0, 1.0))
        """
        if x.dtype == np.uint8:
            mean, deviation = _moments_of_bytes(x)
        else:
            axes = tuple(range(x.ndim - 1))
            mean, deviation = x.mean(axis=axes, dtype=np.float64), x.std(axis=axes, dtype=np.float64)
        return cls(mean.tolist(), np.where(deviation > 0, deviation, 1.0).tolist())

    def forward(self, x: Any, ctx: Context) -> Any:
        """Return (x − mean) / deviation, channel by channel."""
        x = self._features(x, len(self.mean))
        dtype = x.value.dtype if isinstance(x, Node) else x.dtype
        xp = namespace(x.value if isinstance(x, Node) else x)
        scale = xp.asarray([1 / deviation for deviation in self.deviation], dtype=dtype)
        return ops.multiply(ops.subtract(x, xp.asarray(self.mean, dtype=dtype)), scale)


def _moments_of_bytes(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and deviation of each channel of bytes (rows, ..., channels), by how often each byte is there.

        mean = Σ_k k · n_k / N        deviation² = Σ_k (k − mean)² · n_k / N

    Counts are whole numbers, and exact; no copy of all pixels is made, which in double precision would be eight times
    as large as they are.
    """
    channels = x.shape[-1]
    bytes_of_row = max(1, x[:1].size)
    counts = np.zeros((channels, 256), np.int64)
    for begin in range(0, len(x), max(1, COUNTED // bytes_of_row)):
        part = x[begin : begin + max(1, COUNTED // bytes_of_row)].reshape(-1, channels)
        counts += [np.bincount(part[:, channel], minlength=256) for channel in range(channels)]
    values = np.arange(256.0)
    every = counts.sum(axis=1)
    mean = counts @ values / every
    return mean, np.sqrt((counts * np.square(values - mean[:, None])).sum(axis=1) / every)
