"""What a layer declares of an array it keeps: its shape, and how it starts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from cutaway.errors import InputError
from cutaway.layers.initializers import Constant, Initializer

# What may have been meant where `bias` is given anything but True or False.
BIAS = "what a bias starts from is bias_initializer"
# Sizes of a parameter; "features" stands for the input's last axis, known when the layer is built.
Shape: TypeAlias = tuple[int | str, ...] | Callable[[tuple[int, ...]], tuple[int, ...]]


def multiples(counts: tuple[int, ...], shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return sizes that are multiples of the features of an input of `shape`.

    >>> multiples((1, 4), (32, 128))
    (128, 512)
    """
    return tuple(count * shape[-1] for count in counts)


@dataclass(frozen=True)
class Parameter:
    """A declaration: this layer learns an array of this shape, which starts so.

    shape        sizes, "features" for that of the input's last axis; or a function of the input's shape
    initializer  draws the first values
    separate     whether each slice along the first axis is drawn as an array of its own
    """

    shape: Shape
    initializer: Initializer = Constant(0.0)  # noqa: RUF009 - frozen, so it is safe to share
    separate: bool = False

    def __post_init__(self) -> None:
        if not callable(self.initializer):
            raise InputError(
                f"initializer is {self.initializer!r}, expected one such as ca.He(), ca.Normal(0.1) or ca.Constant(0.0)"
            )

    def sizes(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the shape for an input of `input_shape`."""
        if callable(self.shape):
            return tuple(self.shape(input_shape))
        return tuple(input_shape[-1] if size == "features" else int(size) for size in self.shape)

    def draw(self, random: np.random.Generator, sizes: tuple[int, ...]) -> np.ndarray:
        """Return the first values, without any rows to fit them to."""
        if self.separate:
            return np.stack([self.initializer(random, sizes[1:]) for _ in range(sizes[0])])
        return self.initializer(random, sizes)


@dataclass(frozen=True)
class State(Parameter):
    """A declaration: this layer keeps an array that is not learned by gradient, such as a running mean."""
