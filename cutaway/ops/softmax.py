"""Softmax: scores to probabilities that sum to one."""

from __future__ import annotations

from cutaway.autodiff import Rule, primitive
from cutaway.backends import Array, namespace


def probabilities(x: Array, axis: int) -> Array:
    """Return softmax(x) along `axis` without overflow, for arrays."""
    xp = namespace(x)
    shifted = xp.exp(x - xp.max(x, axis=axis, keepdims=True))
    return shifted / xp.sum(shifted, axis=axis, keepdims=True)


@primitive
def softmax(x: Array, *, axis: int = -1) -> Rule:
    """Softmax along `axis`.

        yᵢ = exp(xᵢ) / Σⱼ exp(xⱼ)

    Backward: dL/dx = y (g − Σⱼ gⱼ yⱼ).

    >>> import numpy as np
    >>> softmax(np.array([0.0, 0.0]))
    array([0.5, 0.5])
    """
    xp = namespace(x)
    y = probabilities(x, axis)
    return y, lambda g: (lambda: y * (g - xp.sum(g * y, axis=axis, keepdims=True)),)


@primitive
def log_softmax(x: Array, *, axis: int = -1) -> Rule:
    """Logarithm of softmax along `axis`, computed without taking a logarithm of a rounded zero.

        yᵢ = xᵢ − ln Σⱼ exp(xⱼ)

    Backward: dL/dx = g − exp(y) Σⱼ gⱼ.
    """
    xp = namespace(x)
    shifted = x - xp.max(x, axis=axis, keepdims=True)
    y = shifted - xp.log(xp.sum(xp.exp(shifted), axis=axis, keepdims=True))
    return y, lambda g: (lambda: g - xp.exp(y) * xp.sum(g, axis=axis, keepdims=True),)
