"""Layer normalisation: each row to mean 0 and variance 1 over its own features."""

from __future__ import annotations

from cutaway.autodiff import Rule, Thunk, primitive
from cutaway.backends import Array, namespace
from cutaway.ops.broadcasting import unbroadcast


@primitive
def layer_norm(x: Array, weight: Array, bias: Array, *, epsilon: float = 1e-5) -> Rule:
    """Normalise each row over its last axis, then scale and shift.

        n = (x − mean x) / √(var x + ε),   y = weight n + bias        x (..., features)

    Backward, with h = g weight:

        dL/dx = (h − mean h − n · mean(h n)) / √(var x + ε)
        dL/dweight = Σ g n,   dL/dbias = Σ g        summed over every axis but the last

    Reference: Ba, Kiros, Hinton, 2016, arXiv 1607.06450.
    """
    xp = namespace(x)
    centred = x - xp.mean(x, axis=-1, keepdims=True)
    scale = 1 / xp.sqrt(xp.mean(centred * centred, axis=-1, keepdims=True) + epsilon)
    normal = centred * scale

    def blame_of_x(g: Array) -> Array:
        h = g * weight
        return scale * (h - xp.mean(h, axis=-1, keepdims=True) - normal * xp.mean(h * normal, axis=-1, keepdims=True))

    def backward(g: Array) -> tuple[Thunk, ...]:
        return (
            lambda: blame_of_x(g),
            lambda: unbroadcast(g * normal, weight.shape),
            lambda: unbroadcast(g, bias.shape),
        )

    return normal * weight + bias, backward
