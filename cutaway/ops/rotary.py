"""Rotary positions: turn each pair of features by an angle that grows with the place."""

from __future__ import annotations

import numpy as np

from cutaway.autodiff import Rule, primitive
from cutaway.backends import Array, namespace


def angles(times: int, features: int, start: int, base: float) -> np.ndarray:
    """Return the angle in radians of each pair of features at each place, (times, features / 2).

    >>> angles(2, 4, start=1, base=100.0)
    array([[1. , 0.1],
           [2. , 0.2]])
    """
    frequencies = base ** (-np.arange(0, features, 2) / features)
    return np.outer(np.arange(start, start + times), frequencies)


@primitive
def rotary(x: Array, *, start: int = 0, base: float = 10000.0) -> Rule:
    """Turn the pair (xᵢ, xᵢ₊ₕ), h half the features, at place t by the angle t θᵢ.

        yᵢ   = xᵢ cos(t θᵢ) − xᵢ₊ₕ sin(t θᵢ)
        yᵢ₊ₕ = xᵢ sin(t θᵢ) + xᵢ₊ₕ cos(t θᵢ)        θᵢ = base^(−i/h),  x, y (..., time, 2h)

    The product of a query at place t and a key at place s then depends on t and s through t − s alone. `start` is the
    place of the first. The paper pairs neighbours, x₂ᵢ and x₂ᵢ₊₁: the same up to the order of the features.

    Backward: g turned by the opposite angle.

    Raises `ValueError` for an odd number of features.

    Reference: Su et al., "RoFormer", 2021, equation 34, arXiv 2104.09864.

    >>> rotary(np.array([[1.0, 0.0], [1.0, 0.0]])).round(3)
    array([[1.   , 0.   ],
           [0.54 , 0.841]])
    """
    if x.ndim < 2 or x.shape[-1] % 2:
        raise ValueError(f"rotary: turns pairs of features, x (..., time, an even number), got shape {x.shape}")
    xp, half = namespace(x), x.shape[-1] // 2
    turns = angles(x.shape[-2], x.shape[-1], start, base)
    cosine, sine = xp.asarray(np.cos(turns), dtype=x.dtype), xp.asarray(np.sin(turns), dtype=x.dtype)

    def turned(x: Array, sine: Array) -> Array:
        a, b = x[..., :half], x[..., half:]
        return xp.concat((a * cosine - b * sine, a * sine + b * cosine), axis=-1)

    return turned(x, sine), lambda g: (lambda: turned(g, -sine),)
