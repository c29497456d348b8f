"""Pooling layers: fewer places, each told by the largest or the mean number of a window."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from cutaway import ops
from cutaway.errors import InputError
from cutaway.layers.context import Context
from cutaway.layers.layer import Layer
from cutaway.ops.windows import check_padding, per_axis


class _Pool(Layer):
    """What pools of one and two dimensions share."""

    axes: ClassVar[int]
    pool: ClassVar[Callable[..., Any]]

    def _declare(self, size: Any, stride: Any, padding: Any) -> None:
        name = type(self).__name__
        per_axis(f"{name}: size", size, self.axes, 1)
        if stride is not None:
            per_axis(f"{name}: stride", stride, self.axes, 1)
        check_padding(f"{name}: padding", padding, self.axes)
        self.size, self.stride, self.padding = size, stride, padding

    def forward(self, x: Any, ctx: Context) -> Any:
        """Return one number for each window and channel."""
        if len(x.shape) != self.axes + 2:
            rows = ("sequences (batch, length, channels)", "pictures (batch, height, width, channels)")[self.axes - 1]
            raise InputError(f"{self._place()}: got an input of shape {tuple(x.shape)}, expected {rows}")
        x = self._features(x, x.shape[-1])
        try:
            return type(self).pool(x, size=self.size, stride=self.stride, padding=self.padding)
        except InputError as error:
            raise InputError(f"{self._place()}: input of shape {tuple(x.shape)}: {error}") from None


class MaxPool2D(_Pool):
    """The largest number of each window of a picture, channel by channel.

        y = max x over a window        x (batch, height, width, channels)  ->  y (batch, rows, columns, channels)

    size     of the window: (height, width), or one number for both
    stride   how far it is from one window to the next; the size where it is not given
    padding  places around the picture, which are never the largest: a number for both sides, (height, width), "same"
             or "valid"

    Rows and columns at the end that fill no window are left out. Of equal numbers the first gets the blame.

    >>> import numpy as np
    >>> MaxPool2D()(np.arange(16.0).reshape(1, 4, 4, 1))[0, :, :, 0]
    array([[ 5.,  7.],
           [13., 15.]], dtype=float32)
    """

    axes = 2
    pool = staticmethod(ops.max_pool)

    def __init__(
        self,
        size: int | tuple[int, int] = 2,
        stride: int | tuple[int, int] | None = None,
        padding: str | int | tuple[int, int] = 0,
    ) -> None:
        self._declare(size, stride, padding)


class MaxPool1D(_Pool):
    """The largest number of each window of a sequence, channel by channel; the arguments are those of `MaxPool2D`.

    y = max x over a window        x (batch, length, channels)  ->  y (batch, places, channels)
    """

    axes = 1
    pool = staticmethod(ops.max_pool)

    def __init__(self, size: int = 2, stride: int | None = None, padding: str | int = 0) -> None:
        self._declare(size, stride, padding)


class AveragePool2D(_Pool):
    """The mean of each window of a picture, channel by channel; the arguments are those of `MaxPool2D`.

        y = mean x over a window        x (batch, height, width, channels)  ->  y (batch, rows, columns, channels)

    Padding is not counted: a window at the edge has the mean of what it sees of the picture.

    >>> import numpy as np
    >>> AveragePool2D(2, stride=1)(np.arange(9.0).reshape(1, 3, 3, 1))[0, :, :, 0]
    array([[2., 3.],
           [5., 6.]], dtype=float32)
    """

    axes = 2
    pool = staticmethod(ops.average_pool)

    def __init__(
        self,
        size: int | tuple[int, int] = 2,
        stride: int | tuple[int, int] | None = None,
        padding: str | int | tuple[int, int] = 0,
    ) -> None:
        self._declare(size, stride, padding)


class AveragePool1D(_Pool):
    """The mean of each window of a sequence, channel by channel; the arguments are those of `MaxPool2D`.

        y = mean x over a window        x (batch, length, channels)  ->  y (batch, places, channels)

    Padding is not counted.
    """

    axes = 1
    pool = staticmethod(ops.average_pool)

    def __init__(self, size: int = 2, stride: int | None = None, padding: str | int = 0) -> None:
        self._declare(size, stride, padding)


class _GlobalPool(Layer):
    """What pools over all places share."""

    def _checked(self, x: Any) -> Any:
        """Return x (batch, ..., channels); refuse what has no places."""
        if len(x.shape) < 3:
            raise InputError(
                f"{self._place()}: got an input of shape {tuple(x.shape)}, expected (batch, ..., channels) with at "
                "least one axis between"
            )
        return self._features(x, x.shape[-1])


class GlobalAveragePool(_GlobalPool):
    """The mean of each channel over all places.

        y = mean x        x (batch, ..., channels)  ->  y (batch, channels)

    Reference: Lin, Chen, Yan, "Network in network", ICLR 2014, arXiv 1312.4400.
    """

    def forward(self, x: Any, ctx: Context) -> Any:
        """Return the mean of each channel."""
        return ops.mean(self._checked(x), axis=tuple(range(1, len(x.shape) - 1)))


class GlobalMaxPool(_GlobalPool):
    """The largest number of each channel over all places.

    y = max x        x (batch, ..., channels)  ->  y (batch, channels)
    """

    def forward(self, x: Any, ctx: Context) -> Any:
        """Return the largest number of each channel."""
        return ops.max(self._checked(x), axis=tuple(range(1, len(x.shape) - 1)))
