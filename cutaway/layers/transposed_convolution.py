"""The transposed convolution layer: pictures made larger by learned windows."""

from __future__ import annotations

from typing import Any, ClassVar

from cutaway import ops
from cutaway.backends import Array
from cutaway.errors import InputError, flag, whole
from cutaway.layers.context import Context
from cutaway.layers.initializers import Constant, He, Initializer
from cutaway.layers.layer import Layer
from cutaway.layers.parameter import BIAS, Parameter
from cutaway.ops.windows import check_padding, per_axis


class _TransposedConvolution(Layer):
    """What transposed convolutions of one and two dimensions share."""

    axes: ClassVar[int]
    rows: ClassVar[str]
    weight: Array
    bias: Array

    def _declare(
        self, filters: int, size: Any, stride: Any, padding: Any, bias: bool,
        initializer: Initializer, bias_initializer: Initializer,
    ) -> None:  # fmt: skip
        name = type(self).__name__
        sizes = per_axis(f"{name}: size", size, self.axes, 1)
        per_axis(f"{name}: stride", stride, self.axes, 1)
        check_padding(f"{name}: padding", padding, self.axes)
        self.filters, self.size, self.stride, self.padding = whole(f"{name}: filters", filters), size, stride, padding
        self.initializer, self.bias_initializer = initializer, bias_initializer
        self.weight = Parameter(lambda shape: (*sizes, self.filters, self._inputs(shape)), initializer)
        self.has_bias = flag(f"{type(self).__name__}: bias", bias, BIAS)
        if bias:
            self.bias = Parameter((self.filters,), bias_initializer)

    def _inputs(self, shape: tuple[int, ...]) -> int:
        """Return the input channels of a picture of this shape; refuse what is none."""
        if len(shape) != self.axes + 2:
            raise InputError(f"{self._place()}: got an input of shape {tuple(shape)}, expected {self.rows}")
        return shape[-1]

    def forward(self, x: Any, ctx: Context) -> Any:
        """Return the transposed convolution of x with the weight, plus the bias."""
        self._inputs(tuple(x.shape))
        x = self._features(x, self.weight.shape[-1])
        bias = [self.bias] if self.has_bias else []
        try:
            return ops.transposed_convolution(x, self.weight, *bias, stride=self.stride, padding=self.padding)
        except InputError as error:
            raise InputError(f"{self._place()}: input of shape {tuple(x.shape)}: {error}") from None

    def arguments(self) -> dict[str, Any]:
        """Return the arguments of `__init__`."""
        names = ("filters", "size", "stride", "padding")
        return {
            **{name: self.__dict__[name] for name in names},
            "bias": self.has_bias,
            "initializer": self.initializer,
            "bias_initializer": self.bias_initializer,
        }


class ConvTranspose2D(_TransposedConvolution):
    """Each place of a picture paints a window of a larger one.

        y = x ∗ᵀ weight + bias
        x (batch, rows, columns, in), weight (height, width, filters, in)  ->  y (batch, height, width, filters)

    filters   the channels of the output
    size      of the window: (height, width), or one number for both
    stride    how far it is from one window to the next: about how many times larger the picture becomes
    padding   "same": stride times as large; "valid": all that is painted; a number, or (height, width): so much is cut
              off on both sides, as in PyTorch
    bias      whether each channel has a bias
    initializer  of the weight; He's by default, which here sees the filters as what is summed
    bias_initializer  of the bias; zero by default

    A size that the stride divides paints every place equally often; others leave a pattern of squares.

    >>> import numpy as np
    >>> layer = ConvTranspose2D(8).build((7, 7, 3))
    >>> layer.weight.shape, layer(np.zeros((1, 7, 7, 3))).shape
    ((2, 2, 8, 3), (1, 14, 14, 8))
    """

    axes = 2
    rows = "pictures (batch, rows, columns, channels)"

    def __init__(
        self,
        filters: int,
        size: int | tuple[int, int] = 2,
        *,
        stride: int | tuple[int, int] = 2,
        padding: str | int | tuple[int, int] = "same",
        bias: bool = True,
        initializer: Initializer = He(),  # noqa: B008 - frozen
        bias_initializer: Initializer = Constant(0.0),  # noqa: B008 - frozen
    ) -> None:
        self._declare(filters, size, stride, padding, bias, initializer, bias_initializer)


class ConvTranspose1D(_TransposedConvolution):
    """Each place of a sequence paints a window of a longer one; the arguments are those of `ConvTranspose2D`.

    y = x ∗ᵀ weight + bias        x (batch, places, in), weight (width, filters, in)  ->  y (batch, length, filters)
    """

    axes = 1
    rows = "sequences (batch, places, channels)"

    def __init__(
        self,
        filters: int,
        size: int = 2,
        *,
        stride: int = 2,
        padding: str | int = "same",
        bias: bool = True,
        initializer: Initializer = He(),  # noqa: B008 - frozen
        bias_initializer: Initializer = Constant(0.0),  # noqa: B008 - frozen
    ) -> None:
        self._declare(filters, size, stride, padding, bias, initializer, bias_initializer)
