"""Which backend an array belongs to: told by its type, never by a global."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from cutaway.backends.protocol import Backend


@cache
def backend_named(engine: str) -> Backend:
    """Return the backend of an engine: "numpy" runs at once; "xla" compiles, through JAX (extra `cutaway[jax]`).

    >>> backend_named("numpy").name
    'numpy'
    """
    if engine == "xla":
        from cutaway.backends.jax_backend import JaxBackend

        return JaxBackend()
    from cutaway.backends.numpy_backend import NumPyBackend

    return NumPyBackend()


def backend_of(*values: Any) -> Backend:
    """Return the backend of the arrays among `values`: JAX's if any is JAX's, else NumPy's.

    >>> backend_of(np.zeros(2), 3.0).name
    'numpy'
    """
    for value in values:
        kind = type(value)
        if kind is not np.ndarray and kind.__module__.startswith("jax"):
            return backend_named("xla")
    return backend_named("numpy")


def namespace(*values: Any) -> Any:
    """Return the array API namespace of `values`: `numpy` or `jax.numpy`.

    >>> namespace(np.zeros(2)).__name__
    'numpy'
    """
    for value in values:
        kind = type(value)
        if kind is not np.ndarray and kind.__module__.startswith("jax"):
            return backend_named("xla").xp
    return np
