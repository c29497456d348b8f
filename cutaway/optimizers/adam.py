"""Adam: momentum, divided by the size the gradient usually has; AdamW decays the weights beside it."""

from __future__ import annotations

from math import log
from typing import Any, ClassVar

from cutaway.backends import Array, namespace
from cutaway.errors import InputError
from cutaway.optimizers.optimizer import Arrays, Optimizer
from cutaway.schedules import Schedule


class Adam(Optimizer):
    """Adaptive moments, with the bias of their zero start corrected.

        m ← β₁ m + (1 − β₁) g,   v ← β₂ v + (1 − β₂) g²
        w ← w − η m̂ / (√v̂ + ε),   m̂ = m / (1 − β₁ᵗ),   v̂ = v / (1 − β₂ᵗ)

    The two corrections are numbers, so they are folded into the rate before the arrays are touched.

    Reference: Kingma, Ba, ICLR 2015, algorithm 1, arXiv 1412.6980.
    """

    slots: ClassVar[tuple[str, ...]] = ("mean", "square")

    def __init__(
        self,
        learning_rate: float | Schedule = 0.001,
        betas: tuple[float, float] = (0.9, 0.999),
        epsilon: float = 1e-8,
        **options: Any,
    ) -> None:
        super().__init__(learning_rate, **options)
        if not all(0 <= beta < 1 for beta in betas):
            raise InputError(f"{type(self).__name__}: betas must be 0 ≤ β < 1, got {betas!r}")
        self.betas = betas
        if not epsilon >= 0:
            raise InputError(f"{type(self).__name__}: epsilon must be at least 0, got {epsilon!r}")
        self.epsilon = epsilon

    def numbers(self, rate: Array, count: Array) -> tuple[Array, ...]:
        """Return η √(1 − β₂ᵗ) / (1 − β₁ᵗ) and ε √(1 − β₂ᵗ)."""
        first, second = self.betas
        root = namespace(count).sqrt(correction(second, count))
        return rate * root / correction(first, count), self.epsilon * root

    def apply_single(self, gradient: Array, slots: Arrays, *numbers: Array) -> tuple[Array, Arrays]:
        """Return η m̂ / (√v̂ + ε)."""
        rate, epsilon = numbers
        first, second = self.betas
        mean = first * slots["mean"] + (1 - first) * gradient
        square = second * slots["square"] + (1 - second) * (gradient * gradient)
        return rate * (mean / (namespace(square).sqrt(square) + epsilon)), {"mean": mean, "square": square}


def correction(beta: float, count: Array) -> Array:
    """Return 1 − βᵗ, without the cancellation that costs float32 five digits at β = 0.999, t = 1.

    >>> import numpy as np
    >>> f"{correction(0.999, np.float32(1)):.8f}"
    '0.00100000'
    """
    xp = namespace(count)
    return -xp.expm1(count * log(beta)) if beta else xp.ones_like(count)


class AdamW(Adam):
    """Adam with decoupled weight decay: w ← w − η (m̂ / (√v̂ + ε) + λ w), λ = 0.01 or a schedule.

    Reference: Loshchilov, Hutter, ICLR 2019, algorithm 2, arXiv 1711.05101.
    """

    def __init__(
        self,
        learning_rate: float | Schedule = 0.001,
        betas: tuple[float, float] = (0.9, 0.999),
        epsilon: float = 1e-8,
        weight_decay: float | Schedule = 0.01,
        **options: Any,
    ) -> None:
        super().__init__(learning_rate, betas, epsilon, weight_decay=weight_decay, **options)
