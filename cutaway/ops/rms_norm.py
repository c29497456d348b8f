"""Root-mean-square normalisation: each row to mean square 1, its mean left where it is."""

from __future__ import annotations

from cutaway.autodiff import Rule, Thunk, primitive
from cutaway.backends import Array, namespace
from cutaway.ops.broadcasting import unbroadcast


@primitive
def rms_norm(x: Array, weight: Array, *, epsilon: float = 1e-5) -> Rule:
    """Divide each row by the root of its mean square over the last axis, then scale.

        n = x / √(mean x² + ε),   y = weight n        x (..., features)

    Backward, with h = g weight:

        dL/dx = (h − n · mean(h n)) / √(mean x² + ε)
        dL/dweight = Σ g n        summed over every axis but the last

    Reference: Zhang, Sennrich, "Root mean square layer normalization", NeurIPS 2019, equation 4, arXiv 1910.07467.

    >>> import numpy as np
    >>> rms_norm(np.array([[3.0, 4.0, 0.0, 0.0]]), np.ones(4), epsilon=0.0)
    array([[1.2, 1.6, 0. , 0. ]])
    """
    xp = namespace(x)
    scale = 1 / xp.sqrt(xp.mean(x * x, axis=-1, keepdims=True) + epsilon)
    normal = x * scale

    def blame_of_x(g: Array) -> Array:
        h = g * weight
        return scale * (h - normal * xp.mean(h * normal, axis=-1, keepdims=True))

    def backward(g: Array) -> tuple[Thunk, ...]:
        return (lambda: blame_of_x(g), lambda: unbroadcast(g * normal, weight.shape))

    return normal * weight, backward
