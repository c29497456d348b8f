"""Rows set aside: a share of them, or folds that take turns."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutaway.backends.random import generator
from cutaway.errors import InputError

Rows = NDArray[np.int64]


def split_rows(rows: int, fraction: float, seed: int, labels: NDArray[Any] | None = None) -> tuple[Rows, Rows]:
    """Divide row numbers at random into the rest and a part of `round(rows · fraction)`, both ascending.

    With `labels` each class gives its share, and keeps at least one row in the rest: where classes have
    one row only, the part is that much smaller.
    A fraction above zero takes at least one row when there are two.
    Raises `InputError` unless 0 ≤ fraction < 1 and there is one label a row.

    >>> rest, part = split_rows(10, 0.2, seed=0)
    >>> len(rest), len(part)
    (8, 2)
    """
    if not 0 <= fraction < 1:
        raise InputError(f"the share of rows to set aside is {fraction}; expected at least 0 and less than 1")
    random = generator(seed, "split")
    size = round(rows * fraction)
    if fraction > 0 and rows > 1:
        size = min(max(size, 1), rows - 1)
    order = random.permutation(rows)
    if labels is None:
        return np.sort(order[size:]), np.sort(order[:size])
    codes = _codes(labels, rows)
    counts = np.bincount(codes)
    takes = _shares(counts, size)
    chosen = np.zeros(rows, dtype=np.bool_)
    for code, take in enumerate(takes):
        members = order[codes[order] == code]
        chosen[members[:take]] = True
    return np.flatnonzero(~chosen), np.flatnonzero(chosen)


def folds(rows: int, k: int, seed: int, labels: NDArray[Any] | None = None) -> list[tuple[Rows, Rows]]:
    """Divide row numbers at random into `k` parts of nearly equal size; each comes with the rest.

    With `labels` each class is dealt out evenly over the parts; a class with one row is missing from the
    rest of the fold that holds it. Raises `InputError` unless 2 ≤ k ≤ rows.

    >>> [len(part) for rest, part in folds(10, 3, seed=0)]
    [4, 3, 3]
    """
    if not 2 <= k <= rows:
        raise InputError(f"{k} folds of {rows} rows; expected at least 2 and at most one a row")
    order = generator(seed, "folds").permutation(rows)
    if labels is not None:
        codes = _codes(labels, rows)
        order = order[np.argsort(codes[order], kind="stable")]
    fold_of = np.empty(rows, dtype=np.int64)
    fold_of[order] = np.arange(rows) % k  # dealt like cards: classes one after another, turns continuing
    return [(np.flatnonzero(fold_of != fold), np.flatnonzero(fold_of == fold)) for fold in range(k)]


def _codes(labels: NDArray[Any], rows: int) -> Rows:
    if labels.shape != (rows,):
        raise InputError(f"labels of shape {labels.shape} for {rows} rows; expected one label a row")
    return np.unique(labels, return_inverse=True)[1].astype(np.int64)


def _shares(counts: Rows, size: int) -> Rows:
    """How many to take from each class: its share, rounded by largest remainder, never the whole class."""
    limit = np.maximum(counts - 1, 0)
    exact = counts * (size / max(int(counts.sum()), 1))
    takes: Rows = np.minimum(np.floor(exact).astype(np.int64), limit)
    for code in np.argsort(np.floor(exact) - exact, kind="stable"):
        # What a class of one row cannot give is not taken from the others: each gives its own share, rounded.
        if int(takes.sum()) < size and takes[code] < min(exact[code], limit[code]):
            takes[code] += 1
    return takes
