"""Scoped float64 under XLA: the checks need it, and the global flag would leak into other tests."""

import jax


def x64():
    """Return `jax.enable_x64` where it exists, its older name elsewhere."""
    if hasattr(jax, "enable_x64"):
        return jax.enable_x64(True)
    from jax.experimental import enable_x64

    return enable_x64()
