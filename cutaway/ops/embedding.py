"""A table of vectors, one a word or category, looked up by number."""

from __future__ import annotations

from cutaway.autodiff import Rule, primitive
from cutaway.backends import Array, backend_of, namespace


@primitive
def embedding(table: Array, indices: Array) -> Rule:
    """Look rows up.

        y = table[indices]      table (words, d),  indices (...) whole numbers  ->  y (..., d)

    Backward: dL/dtable[w] is the sum of g over the places where w was looked up (a scatter-add).

    >>> import numpy as np
    >>> embedding(np.array([[0.0, 1.0], [2.0, 3.0]]), np.array([1, 1]))
    array([[2., 3.],
           [2., 3.]])
    """
    xp = namespace(table, indices)
    return table[indices], lambda g: (
        lambda: backend_of(table, g).scatter_add(xp.zeros_like(table), indices, g),
        None,
    )
