"""Pick elements by place; blame goes back to the places picked, and adds up where one was picked twice."""

from __future__ import annotations

from typing import Any

from cutaway.autodiff import Rule, primitive
from cutaway.backends import Array, backend_of, namespace


@primitive
def index(x: Array, *, key: Any) -> Rule:
    """Return x[key], for slices, whole numbers, integer arrays and masks.

    Backward: dL/dx is zero but at the places picked, where g is added.

    >>> import numpy as np
    >>> index(np.array([10.0, 20.0, 30.0]), key=slice(1, None))
    array([20., 30.])
    """
    xp = namespace(x)
    return x[key], lambda g: (lambda: backend_of(x, g).scatter_add(xp.zeros_like(x), key, g),)


@primitive
def take_along_axis(x: Array, indices: Array, *, axis: int = -1) -> Rule:
    """Return, for each place, the element of x along `axis` that `indices` names.

        y[i, j] = x[i, indices[i, j]]      (for axis = −1 and two axes)

    Backward: g is added at the places named.
    """
    xp = namespace(x, indices)
    where = axis % x.ndim

    def blame(g: Array) -> Array:
        places = [
            xp.reshape(xp.arange(size), tuple(size if a == b else 1 for b in range(x.ndim)))
            for a, size in enumerate(x.shape)
        ]
        places[where] = indices
        return backend_of(x, g).scatter_add(xp.zeros_like(x), tuple(places), g)

    return xp.take_along_axis(x, indices, axis=axis), lambda g: (lambda: blame(g), None)
