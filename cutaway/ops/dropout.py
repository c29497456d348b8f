"""Dropout: silence random activations while training, so that no neuron leans on another."""

from __future__ import annotations

from cutaway.autodiff import Rule, primitive
from cutaway.backends import Array, namespace


@primitive
def dropout(x: Array, keep: Array, *, rate: float) -> Rule:
    """Silence the activations where `keep` is false, and enlarge the others to make up for them.

        y = x / (1 − rate) where keep else 0

    Backward: dL/dx = g / (1 − rate) where keep else 0.

    Reference: Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting",
    JMLR 2014.
    """
    xp = namespace(x, keep)
    scale = 1 / (1 - rate)
    return xp.where(keep, x * scale, xp.zeros_like(x)), lambda g: (
        lambda: xp.where(keep, g * scale, xp.zeros_like(g)),
        None,
    )
