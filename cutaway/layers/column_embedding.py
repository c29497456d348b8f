"""Columns of categories as learned vectors, beside the columns that are numbers already."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from cutaway import ops
from cutaway.autodiff import value_of
from cutaway.backends import namespace
from cutaway.errors import InputError
from cutaway.layers.context import Context
from cutaway.layers.initializers import Initializer, Normal
from cutaway.layers.layer import Layer
from cutaway.layers.parameter import Parameter


class ColumnEmbedding(Layer):
    """Each of the last columns is a category's number, and is replaced by that category's vector.

        y = [x₁ … x_d, T₁[c₁], …, T_k[c_k]]
        x (batch, d + k), the last k columns codes c; T_j (sizes[j], dimensions)  ->  y (batch, d + k · dimensions)

    sizes        how many categories each of the last columns has, in order; code c is 0 ≤ c < size
    dimensions   the length of the vectors
    initializer  of the tables

    The tables are the parameters `table_0`, `table_1`, …. Codes outside a table are an `InputError` on NumPy; on
    XLA they are clamped, so check the data first.

    Reference: Guo, Berkhahn, "Entity embeddings of categorical variables", 2016, arXiv 1604.06737.

    >>> layer = ColumnEmbedding([3], dimensions=2, initializer=Normal(0.0)).build(2)
    >>> layer.table_0[2] = [5.0, 6.0]
    >>> layer(np.array([[0.5, 2.0]]))
    array([[0.5, 5. , 6. ]], dtype=float32)
    """

    def __init__(
        self,
        sizes: Sequence[int],
        dimensions: int = 8,
        *,
        initializer: Initializer = Normal(1.0),  # noqa: B008 - frozen
    ) -> None:
        for name, values in (("sizes", sizes), ("dimensions", [dimensions])):
            wrong = [value for value in values if not isinstance(value, (int, np.integer)) or value < 1]
            if wrong or not len(values):
                raise InputError(f"ColumnEmbedding: {name} must be whole numbers of at least 1, got {wrong or values}")
        self.sizes = tuple(int(size) for size in sizes)
        self.dimensions = int(dimensions)
        self.initializer = initializer
        for place, size in enumerate(self.sizes):
            setattr(self, f"table_{place}", Parameter((size, self.dimensions), initializer))

    def forward(self, x: Any, ctx: Context) -> Any:
        """Return the other columns and the vectors, side by side."""
        width, codes = x.shape[-1], len(self.sizes)
        if len(x.shape) < 2 or width < codes:
            raise InputError(
                f"{self._place()}: got an input of shape {tuple(x.shape)}, expected rows (batch, features) "
                f"whose last {codes} columns are codes"
            )
        values = value_of(x)
        xp = namespace(values)
        parts = [ops.index(x, key=(..., slice(0, width - codes)))] if width > codes else []
        for place, size in enumerate(self.sizes):
            column = values[..., width - codes + place]
            if isinstance(column, np.ndarray):
                self._check(column, place, size)
            parts.append(ops.embedding(getattr(self, f"table_{place}"), xp.astype(column, xp.int32)))
        return ops.concatenate(*parts, axis=-1)

    def _check(self, column: np.ndarray, place: int, size: int) -> None:
        wrong = column[~((column >= 0) & (column < size) & (column % 1 == 0))]
        if wrong.size:
            raise InputError(
                f"{self._place()}: code column {place} holds {wrong[0]}, expected whole numbers from 0 to {size - 1}"
            )
