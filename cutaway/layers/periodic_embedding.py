"""Columns of numbers as waves of learned frequencies, beside the numbers themselves."""

from __future__ import annotations

from math import pi, sqrt
from typing import Any

import numpy as np

from cutaway import ops
from cutaway.backends import Array
from cutaway.errors import InputError
from cutaway.layers.context import Context
from cutaway.layers.initializers import Normal, Uniform
from cutaway.layers.layer import Layer
from cutaway.layers.parameter import Parameter


class PeriodicEmbedding(Layer):
    """Each of the first columns becomes a few numbers: itself, and mixtures of cosines of it ("PBLD").

        y = [x₁, e₁, …, x_n, e_n, x_{n+1}, …],        eᵢ = mixtureᵢ cos(2π frequencyᵢ xᵢ + phaseᵢ) + offsetᵢ
        x (batch, features), n columns  ->  y (batch, n · dimensions + the other features)
        frequency, phase (n, frequencies), mixture (n, dimensions − 1, frequencies), offset (n, dimensions − 1)

    columns      n, how many of the first columns; the others pass through untouched
    dimensions   how many numbers each becomes, itself among them
    frequencies  how many cosines are mixed for each
    sigma        how fast they are at first: frequency ~ N(0, sigma²), in turns per unit of x

    phase starts as U(−π, π), mixture and offset as U(−a, a), a = 1 / √frequencies. A network's first layers see little
    of steps and bumps along one column; after this they are plain.

    Raises `InputError` for inputs with fewer columns.

    Reference: Gorishniy, Rubachev, Babenko, "On embeddings for numerical features", NeurIPS 2022, arXiv 2203.05556;
    with phase and the number itself, Holzmüller, Grinsztajn, Steinwart, NeurIPS 2024, arXiv 2407.04491.

    >>> layer = PeriodicEmbedding(1, dimensions=2, frequencies=1).build(2)
    >>> layer.frequency, layer.phase, layer.mixture, layer.offset = [[0.5]], [[0.0]], [[[3.0]]], [[0.25]]
    >>> layer(np.array([[2.0, 7.0], [1.0, 7.0]])).tolist()
    [[2.0, 3.25, 7.0], [1.0, -2.75, 7.0]]
    """

    frequency: Array
    phase: Array
    mixture: Array
    offset: Array

    def __init__(self, columns: int, dimensions: int = 4, frequencies: int = 16, sigma: float = 0.1) -> None:
        for name, value, least in (
            ("columns", columns, 1),
            ("dimensions", dimensions, 2),
            ("frequencies", frequencies, 1),
        ):
            if not isinstance(value, (int, np.integer)) or value < least:
                raise InputError(f"PeriodicEmbedding: {name} must be a whole number of at least {least}, got {value!r}")
        if not 0 < sigma < float("inf"):
            raise InputError(f"PeriodicEmbedding: sigma must be a number above 0, got {sigma!r}")
        self.columns = int(columns)
        self.dimensions = int(dimensions)
        self.frequencies = int(frequencies)
        self.sigma = sigma
        edge = 1 / sqrt(frequencies)
        self.frequency = Parameter((self.columns, self.frequencies), Normal(sigma))
        self.phase = Parameter((self.columns, self.frequencies), Uniform(-pi, pi))
        self.mixture = Parameter((self.columns, self.dimensions - 1, self.frequencies), Uniform(-edge, edge))
        self.offset = Parameter((self.columns, self.dimensions - 1), Uniform(-edge, edge))

    def forward(self, x: Any, ctx: Context) -> Any:
        """Return the embedded columns and the others, side by side."""
        n, batch, width = self.columns, x.shape[0], x.shape[-1]
        if len(x.shape) != 2 or width < n:
            raise InputError(
                f"{self._place()}: got an input of shape {tuple(x.shape)}, expected rows (batch, features) of at least "
                f"{n} columns"
            )
        x = self._features(x, width)
        numbers, rest = ops.index(x, key=(slice(None), slice(0, n))), ops.index(x, key=(slice(None), slice(n, None)))
        # Rows last: what is summed for each frequency then lies side by side, and the mixing is n products of matrices.
        lines = ops.reshape(ops.transpose(numbers), shape=(n, 1, batch))
        turns = ops.add(
            ops.multiply(ops.expand_dims(self.frequency, axis=2), lines),
            ops.expand_dims(ops.multiply(self.phase, 1 / (2 * pi)), axis=2),
        )
        mixed = ops.add(ops.matmul(self.mixture, ops.cos_of_turns(turns)), ops.expand_dims(self.offset, axis=2))
        both = ops.concatenate(lines, mixed, axis=1)  # (n, dimensions, batch)
        embedded = ops.transpose(ops.reshape(both, shape=(n * self.dimensions, batch)))
        return ops.concatenate(embedded, rest, axis=1) if width > n else embedded
