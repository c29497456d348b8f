"""RMSProp: each weight's step divided by the size its gradient usually has."""

from __future__ import annotations

from typing import Any, ClassVar

from cutaway.backends import Array, namespace
from cutaway.errors import InputError
from cutaway.optimizers.optimizer import Arrays, Optimizer
from cutaway.schedules import Schedule


class RMSProp(Optimizer):
    """s ← ρ s + (1 − ρ) g²,   w ← w − η g / (√s + ε).

    ρ is 0.9 as in the lecture (PyTorch's default is 0.99).

    Reference: Tieleman, Hinton, Coursera lecture 6.5, 2012.
    """

    slots: ClassVar[tuple[str, ...]] = ("square",)

    def __init__(
        self, learning_rate: float | Schedule = 0.001, rho: float = 0.9, epsilon: float = 1e-8, **options: Any
    ) -> None:
        super().__init__(learning_rate, **options)
        if not 0 <= rho < 1:
            raise InputError(f"RMSProp: rho must be 0 ≤ ρ < 1, got {rho!r}")
        self.rho = rho
        if not epsilon >= 0:
            raise InputError(f"{type(self).__name__}: epsilon must be at least 0, got {epsilon!r}")
        self.epsilon = epsilon

    def apply_single(self, gradient: Array, slots: Arrays, *numbers: Array) -> tuple[Array, Arrays]:
        """Return η g / (√s + ε)."""
        square = self.rho * slots["square"] + (1 - self.rho) * gradient * gradient
        return numbers[0] * gradient / (namespace(square).sqrt(square) + self.epsilon), {"square": square}
