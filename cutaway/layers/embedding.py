"""Embedding as a layer: a learned vector for each of a fixed number of words or categories."""

from __future__ import annotations

from typing import Any

import numpy as np

from cutaway import ops
from cutaway.backends import Array
from cutaway.errors import InputError
from cutaway.layers.context import Context
from cutaway.layers.initializers import Initializer, Normal
from cutaway.layers.layer import Layer
from cutaway.layers.parameter import Parameter


class Embedding(Layer):
    """Look up vectors by number.

        y = weight[x]        x (...) whole numbers, weight (words, dimensions)  ->  y (..., dimensions)

    Numbers outside the table are an `InputError` on NumPy; on XLA they are clamped, so check the data first.
    """

    weight: Array

    def __init__(
        self,
        words: int,
        dimensions: int,
        *,
        initializer: Initializer = Normal(1.0),  # noqa: B008 - frozen
    ) -> None:
        for name, value in (("words", words), ("dimensions", dimensions)):
            if not isinstance(value, (int, np.integer)) or value < 1:
                raise InputError(f"Embedding: {name} must be a whole number of at least 1, got {value!r}")
        self.words = words
        self.dimensions = dimensions
        self.initializer = initializer
        self.weight = Parameter((words, dimensions), initializer)

    def forward(self, x: Any, ctx: Context) -> Any:
        """Return weight[x]."""
        if isinstance(x, np.ndarray):
            self.check(x)
        return ops.embedding(self.weight, x.astype("int32"))

    def check(self, x: np.ndarray) -> None:
        """Raise `InputError` for a number that is not in the table."""
        wrong = x[(x < 0) | (x >= self.words) | (x % 1 != 0)]
        if wrong.size:
            raise InputError(f"{self._place()}: got {wrong[0]}, expected whole numbers from 0 to {self.words - 1}")
