"""Cross-entropy on logits: softmax or sigmoid and logarithm in one, so that no confidence overflows."""

from __future__ import annotations

from cutaway.autodiff import Rule, Thunk, primitive
from cutaway.backends import Array, namespace
from cutaway.ops.activations import logistic
from cutaway.ops.broadcasting import unbroadcast


@primitive
def cross_entropy(logits: Array, target: Array) -> Rule:
    """Cross-entropy of a target distribution and softmax(logits), a number a row, in nats.

        y = − Σ_c target_c ln softmax(logits)_c        logits, target (..., classes)  ->  y (...)

    Backward: dL/dlogits = g (softmax(logits) Σ_c target_c − target): prediction minus truth.
              dL/dtarget = − g ln softmax(logits).

    >>> import numpy as np
    >>> cross_entropy(np.array([[0.0, 0.0]]), np.array([[1.0, 0.0]])).round(4)
    array([0.6931])
    """
    xp = namespace(logits, target)
    shifted = logits - xp.max(logits, axis=-1, keepdims=True)
    raised = xp.exp(shifted)
    norm = xp.sum(raised, axis=-1, keepdims=True)
    scores = shifted - xp.log(norm)

    def backward(g: Array) -> tuple[Thunk, ...]:
        wide = xp.expand_dims(g, axis=-1)
        total = xp.sum(target, axis=-1, keepdims=True)
        return (
            lambda: unbroadcast(wide * (raised / norm * total - target), logits.shape),
            lambda: unbroadcast(-wide * scores, target.shape),
        )

    return -xp.sum(target * scores, axis=-1), backward


@primitive
def binary_cross_entropy(logits: Array, target: Array) -> Rule:
    """Cross-entropy of a probability and sigmoid(logits), element by element, in nats.

        y = − t ln σ(z) − (1 − t) ln(1 − σ(z)) = max(z, 0) − z t + ln(1 + e^−|z|)

    Backward: dL/dz = g (σ(z) − t),  dL/dt = − g z.
    """
    xp = namespace(logits, target)
    y = xp.where(logits > 0, logits, xp.zeros_like(logits)) - logits * target + xp.log1p(xp.exp(-xp.abs(logits)))

    def backward(g: Array) -> tuple[Thunk, ...]:
        return (
            lambda: unbroadcast(g * (logistic(logits) - target), logits.shape),
            lambda: unbroadcast(-g * logits, target.shape),
        )

    return y, backward
