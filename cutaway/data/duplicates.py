"""Rows that come twice: those of one part of a table that stand in another part as well."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cutaway.data.table import Table, as_texts


def duplicate_rows(table: Table, columns: Sequence[str], first: NDArray[np.int64], second: NDArray[np.int64]) -> int:
    """How many rows of the part `second` stand in the part `first` as well, equal in all of `columns`.

    Rows are given by position. A score on rows that were learned from says too much; this is how many there are.
    Missing values equal each other. Without columns no row equals another. Raises `InputError` for a column that
    the table does not have.

    >>> table = Table({"x": np.array([1.0, 2.0, 1.0, 3.0]), "y": np.array([5.0, 6.0, 5.0, 7.0])})
    >>> duplicate_rows(table, ["x", "y"], np.array([0, 1]), np.array([2, 3]))
    1
    """
    if not columns:
        return 0
    keys = np.zeros(table.rows, dtype=np.int64)
    for name in columns:
        values = table.column(name)
        if values.dtype.kind == "O":
            places: dict[str | None, int] = {}
            codes = np.fromiter((places.setdefault(t, len(places)) for t in as_texts(values)), np.int64, len(values))
        else:
            # np.unique takes NaN, and NaT, for one value.
            codes = np.unique(values, return_inverse=True)[1].astype(np.int64)
        # Numbered anew after each column, so that the product stays below rows².
        keys = np.unique(keys * (int(codes.max(initial=0)) + 1) + codes, return_inverse=True)[1].astype(np.int64)
    return int(np.isin(keys[second], keys[first]).sum())
