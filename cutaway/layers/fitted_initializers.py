"""First weights that suit the data: each neuron's sums with variance 1, and its bend among the rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from cutaway.errors import InputError
from cutaway.layers.initializers import Initializer

# A spread of less than so many roundings of the largest sum is none: the neuron sees the same in every row.
ROUNDINGS = 64


@dataclass(frozen=True)
class UnitVariance(Initializer):
    """w ~ N(0, 1), then divided, neuron by neuron, so that its sums have variance 1 over the rows of `build`.

        w ← w / std(z),        z (rows, units) what the layer makes of the rows with w and no bias

    A neuron whose sums are all the same keeps its N(0, 1), and so do all where `build` is given no rows but their
    shape. The draws depend on seed and path, the divisor on the rows.

    Reference: Holzmüller, Grinsztajn, Steinwart, "Better by default", NeurIPS 2024, arXiv 2407.04491.

    >>> from cutaway.layers import Dense
    >>> x = np.random.default_rng(0).normal(3, 5, (100, 4))
    >>> Dense(2, initializer=UnitVariance()).build(x)(x).std(axis=0).round(4).tolist()
    [1.0, 1.0]
    """

    sees_rows: ClassVar[bool] = True

    def __call__(self, random: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        """Draw from N(0, 1)."""
        return random.standard_normal(shape)

    def fitted(
        self, random: np.random.Generator, shape: tuple[int, ...], outputs: Callable[[np.ndarray], np.ndarray]
    ) -> np.ndarray:
        """Draw from N(0, 1) and divide by the spread of each neuron's sums; the weight is (..., in, units)."""
        if len(shape) < 2:
            raise InputError(f"UnitVariance: needs a matrix (in, units), got shape {shape}; use Constant for a vector")
        weights = self(random, shape)
        sums = outputs(weights)
        sums = sums.reshape(-1, *shape[:-2], shape[-1])
        spread = sums.std(axis=0, dtype=np.float64)
        none = spread <= ROUNDINGS * np.finfo(sums.dtype).eps * np.abs(sums).max(axis=0)
        divided: np.ndarray = weights / np.expand_dims(np.where(none, 1.0, spread), -2)
        return divided


@dataclass(frozen=True)
class RandomSimplex(Initializer):
    """Each neuron's bias puts its zero somewhere among the rows: minus a random mean of a few of its sums ("he+5").

        b = −Σⱼ λⱼ z_rⱼ,        r random rows of `build`, λ uniform on the simplex (λⱼ ≥ 0, Σ λⱼ = 1)

    rows   how many rows each neuron averages

    z is what the layer makes of the rows without bias, after its weight has its first values. Zeros where `build` is
    given no rows but their shape.

    Reference: Steinwart, "A sober look at neural network initializations", 2019, arXiv 1903.11482; with λ as here,
    Holzmüller, Grinsztajn, Steinwart, NeurIPS 2024, arXiv 2407.04491.

    >>> from cutaway.layers import Dense, UnitVariance
    >>> x = np.random.default_rng(0).normal(3, 5, (100, 4))
    >>> y = Dense(9, initializer=UnitVariance(), bias_initializer=RandomSimplex()).build(x)(x)
    >>> bool(((y.min(axis=0) < 0) & (y.max(axis=0) > 0)).all())
    True
    """

    rows: int = 5
    sees_rows: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if not isinstance(self.rows, (int, np.integer)) or self.rows < 1:
            raise InputError(f"RandomSimplex: rows must be a whole number of at least 1, got {self.rows!r}")

    def __call__(self, random: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        """Return zeros."""
        return np.zeros(shape)

    def fitted(
        self, random: np.random.Generator, shape: tuple[int, ...], outputs: Callable[[np.ndarray], np.ndarray]
    ) -> np.ndarray:
        """Return minus a random mean of each neuron's sums; the bias is (units) or (members, units)."""
        sums = outputs(np.zeros(shape)).reshape(-1, *shape)
        places = random.integers(0, len(sums), (self.rows, *shape))
        shares = random.standard_exponential((self.rows, *shape))
        shares = shares / shares.sum(axis=0)
        bias: np.ndarray = -np.sum(shares * np.take_along_axis(sums, places, axis=0), axis=0)
        return bias
