"""The convolution layer: neurons that look at a small window, the same weights at every place."""

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


class _Convolution(Layer):
    """What convolutions of one and two dimensions share."""

    axes: ClassVar[int]
    rows: ClassVar[str]
    weight: Array
    bias: Array

    def _declare(
        self, filters: int, size: Any, stride: Any, padding: Any, dilation: Any, groups: int, bias: bool,
        initializer: Initializer, bias_initializer: Initializer,
    ) -> None:  # fmt: skip
        name = type(self).__name__
        for what, value in (("filters", filters), ("groups", groups)):
            whole(f"{name}: {what}", value)
        if filters % groups:
            raise InputError(f"{name}: {filters} filters cannot be divided into {groups} groups of one size")
        sizes = per_axis(f"{name}: size", size, self.axes, 1)
        per_axis(f"{name}: stride", stride, self.axes, 1)
        per_axis(f"{name}: dilation", dilation, self.axes, 1)
        check_padding(f"{name}: padding", padding, self.axes)
        self.filters, self.size, self.stride, self.padding = int(filters), size, stride, padding
        self.dilation, self.groups = dilation, int(groups)
        self.initializer, self.bias_initializer = initializer, bias_initializer
        self.weight = Parameter(lambda shape: (*sizes, self._inputs(shape) // self.groups, self.filters), initializer)
        self.has_bias = flag(f"{type(self).__name__}: bias", bias, BIAS)
        if bias:
            self.bias = Parameter((self.filters,), bias_initializer)

    def _inputs(self, shape: tuple[int, ...]) -> int:
        """Return the input channels of a picture of this shape; refuse what is none."""
        if len(shape) != self.axes + 2:
            raise InputError(f"{self._place()}: got an input of shape {tuple(shape)}, expected {self.rows}")
        if shape[-1] % self.groups:
            raise InputError(
                f"{self._place()}: {shape[-1]} input channels cannot be divided into {self.groups} groups of one size"
            )
        return shape[-1]

    def forward(self, x: Any, ctx: Context) -> Any:
        """Return the convolution of x with the weight, plus the bias."""
        self._inputs(tuple(x.shape))
        x = self._features(x, self.weight.shape[-2] * self.groups)
        try:
            return ops.convolution(
                x,
                self.weight,
                *([self.bias] if self.has_bias else []),
                stride=self.stride,
                padding=self.padding,
                dilation=self.dilation,
                groups=self.groups,
            )
        except InputError as error:
            raise InputError(f"{self._place()}: input of shape {tuple(x.shape)}: {error}") from None

    def arguments(self) -> dict[str, Any]:
        """Return the arguments of `__init__`."""
        names = ("filters", "size", "stride", "padding", "dilation", "groups")
        return {
            **{name: self.__dict__[name] for name in names},
            "bias": self.has_bias,
            "initializer": self.initializer,
            "bias_initializer": self.bias_initializer,
        }


class Conv2D(_Convolution):
    """A window of weights moved over pictures.

        y = x ∗ weight + bias
        x (batch, height, width, in), weight (height, width, in / groups, filters) -> y (batch, rows, columns, filters)

    filters   how many neurons look at each place: the channels of the output
    size      of the window: (height, width), or one number for both
    stride    how far it is from one window to the next
    padding   zeros around the picture. "same": as many as give ⌈height / stride⌉ rows of output; "valid": none; a
              number, or (height, width): so many on both sides
    dilation  how far it is from one place of a window to the next
    groups    into how many parts the channels are cut; each filter sees one part. As many as there are input channels
              makes the convolution depthwise.
    bias      whether each filter has a bias
    initializer  of the weight; He's by default, which suits ReLU and its kin
    bias_initializer  of the bias; zero by default

    With a stride "same" may put one zero more after the picture than before it, as TensorFlow and JAX do: a size of 3
    and a stride of 2 on 28 rows gives (0, 1), so that a picture of even size is covered to its end. A number is
    symmetric, as in PyTorch; with a stride of 1 and an odd size the two are the same.

    Reference: LeCun, Bottou, Bengio, Haffner, "Gradient-based learning applied to document recognition", 1998.

    >>> import numpy as np
    >>> layer = Conv2D(8, stride=2).build((28, 28, 3))
    >>> layer.weight.shape, layer(np.zeros((1, 28, 28, 3))).shape
    ((3, 3, 3, 8), (1, 14, 14, 8))
    """

    axes = 2
    rows = "pictures (batch, height, width, channels)"

    def __init__(
        self,
        filters: int,
        size: int | tuple[int, int] = 3,
        *,
        stride: int | tuple[int, int] = 1,
        padding: str | int | tuple[int, int] = "same",
        dilation: int | tuple[int, int] = 1,
        groups: int = 1,
        bias: bool = True,
        initializer: Initializer = He(),  # noqa: B008 - frozen
        bias_initializer: Initializer = Constant(0.0),  # noqa: B008 - frozen
    ) -> None:
        self._declare(filters, size, stride, padding, dilation, groups, bias, initializer, bias_initializer)


class Conv1D(_Convolution):
    """A window of weights moved along sequences.

        y = x ∗ weight + bias
        x (batch, length, in),  weight (width, in / groups, filters)  ->  y (batch, places, filters)

    The arguments are those of `Conv2D`, each a single number.

    >>> import numpy as np
    >>> layer = Conv1D(8, 5, padding="valid").build((20, 3))
    >>> layer.weight.shape, layer(np.zeros((1, 20, 3))).shape
    ((5, 3, 8), (1, 16, 8))
    """

    axes = 1
    rows = "sequences (batch, length, channels)"

    def __init__(
        self,
        filters: int,
        size: int = 3,
        *,
        stride: int = 1,
        padding: str | int = "same",
        dilation: int = 1,
        groups: int = 1,
        bias: bool = True,
        initializer: Initializer = He(),  # noqa: B008 - frozen
        bias_initializer: Initializer = Constant(0.0),  # noqa: B008 - frozen
    ) -> None:
        self._declare(filters, size, stride, padding, dilation, groups, bias, initializer, bias_initializer)
