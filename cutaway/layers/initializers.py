"""Where the weights start: large enough for a signal to survive the depth, small enough not to explode."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod, sqrt
from typing import ClassVar

import numpy as np

from cutaway.errors import InputError


def fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """Return (fan in, fan out): how many inputs a neuron sums, how many neurons an input feeds.

    A weight is (..., in, out); leading axes are the window of a convolution.

    >>> fans((784, 10))
    (784, 10)
    """
    if len(shape) < 2:
        return (shape[0], shape[0]) if shape else (1, 1)
    window = prod(shape[:-2])
    return window * shape[-2], window * shape[-1]


class Initializer:
    """Draws initial weights: `initializer(random, shape) -> float64 array`.

    Where `sees_rows` is true and a network is built from rows of data, `fitted` draws them instead.
    """

    sees_rows: ClassVar[bool] = False

    def __call__(self, random: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        """Return initial weights of `shape`."""
        raise TypeError(f"{type(self).__name__} does not say how to draw weights; define __call__(random, shape)")

    def fitted(
        self, random: np.random.Generator, shape: tuple[int, ...], outputs: Callable[[np.ndarray], np.ndarray]
    ) -> np.ndarray:
        """Return initial weights of `shape` that suit the rows the network is built from.

        `outputs(weights)` is what the layer makes of those rows with these weights, and zeros for its parameters
        that are declared later.
        """
        return self(random, shape)


@dataclass(frozen=True)
class Constant(Initializer):
    """Every weight the same: right for biases and scales, a mistake for weights: neurons learn alike."""

    value: float = 0.0

    def __post_init__(self) -> None:
        if not isinstance(self.value, (int, float, np.number)):
            raise InputError(f"Constant: the value is {self.value!r}, expected a number")

    def __call__(self, random: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        """Return `value` everywhere."""
        return np.full(shape, self.value, dtype=np.float64)


@dataclass(frozen=True)
class Normal(Initializer):
    """w ~ N(mean, std²)."""

    std: float = 1.0
    mean: float = 0.0

    def __call__(self, random: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        """Draw from the normal distribution."""
        return random.standard_normal(shape) * self.std + self.mean


@dataclass(frozen=True)
class Uniform(Initializer):
    """w ~ U(low, high)."""

    low: float = -0.05
    high: float = 0.05

    def __call__(self, random: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        """Draw from the uniform distribution."""
        return random.uniform(self.low, self.high, shape)


@dataclass(frozen=True)
class RandomSign(Initializer):
    """w = +1 or −1, equally likely.

    >>> from cutaway.backends.random import generator
    >>> sorted(set(RandomSign()(generator(0), (20,)).tolist()))
    [-1.0, 1.0]
    """

    def __call__(self, random: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        """Draw signs."""
        return np.where(random.random(shape) < 0.5, -1.0, 1.0)


@dataclass(frozen=True)
class He(Initializer):
    """w ~ N(0, 2 / fan in): keeps the variance of the signal through layers of ReLU.

    Reference: He, Zhang, Ren, Sun, "Delving deep into rectifiers", ICCV 2015, equation 10, arXiv 1502.01852.

    >>> from cutaway.backends.random import generator
    >>> He()(generator(0), (1000, 100)).std().round(3)
    np.float64(0.045)
    """

    def __call__(self, random: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        """Draw with variance 2 / fan in."""
        return random.standard_normal(shape) * sqrt(2 / fans(shape)[0])


@dataclass(frozen=True)
class LeCun(Initializer):
    """w ~ N(0, 1 / fan in): keeps the variance of a linear or self-normalising (SELU) layer.

    Reference: LeCun, Bottou, Orr, Müller, "Efficient BackProp", 1998, section 4.6.
    """

    def __call__(self, random: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        """Draw with variance 1 / fan in."""
        return random.standard_normal(shape) * sqrt(1 / fans(shape)[0])


@dataclass(frozen=True)
class Glorot(Initializer):
    """w ~ U(−a, a), a = √(6 / (fan in + fan out)): a compromise between signal forward and blame back.

    Reference: Glorot, Bengio, "Understanding the difficulty of training deep feedforward neural networks",
    AISTATS 2010, equation 16.
    """

    def __call__(self, random: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        """Draw from the uniform distribution of variance 2 / (fan in + fan out)."""
        limit = sqrt(6 / sum(fans(shape)))
        return random.uniform(-limit, limit, shape)


@dataclass(frozen=True)
class Orthogonal(Initializer):
    """A random matrix whose rows (or columns, whichever are fewer) are orthonormal, times `gain`.

    Reference: Saxe, McClelland, Ganguli, ICLR 2014, arXiv 1312.6120.

    >>> from cutaway.backends.random import generator
    >>> w = Orthogonal()(generator(0), (5, 3))
    >>> bool(np.allclose(w.T @ w, np.eye(3)))
    True
    """

    gain: float = 1.0

    def __call__(self, random: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        """Draw uniformly from the orthogonal matrices (QR of a normal matrix, signs made unique)."""
        if len(shape) < 2:
            raise InputError(f"Orthogonal: needs a matrix, got shape {shape}; use Constant or Normal for a vector")
        rows, columns = prod(shape[:-1]), shape[-1]
        q, r = np.linalg.qr(random.standard_normal((max(rows, columns), min(rows, columns))))
        q = q * np.sign(np.diagonal(r))
        matrix: np.ndarray = self.gain * (q if rows >= columns else q.T)
        return matrix.reshape(shape)
