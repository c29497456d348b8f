"""Gradient descent, plain and with momentum: a step downhill, and a ball that keeps rolling."""

from __future__ import annotations

from typing import Any, ClassVar

from cutaway.backends import Array
from cutaway.errors import InputError
from cutaway.optimizers.optimizer import Arrays, Optimizer
from cutaway.schedules import Schedule


class GradientDescent(Optimizer):
    """w ← w − η g.

    Of the whole batch, a mini-batch or one example: that is the batch size of `fit`.

    Reference: Cauchy, "Méthode générale pour la résolution des systèmes d'équations simultanées", 1847.
    """

    def __init__(self, learning_rate: float | Schedule = 0.01, **options: Any) -> None:
        super().__init__(learning_rate, **options)

    def apply_single(self, gradient: Array, slots: Arrays, *numbers: Array) -> tuple[Array, Arrays]:
        """Return η g."""
        return numbers[0] * gradient, slots


class Momentum(Optimizer):
    """v ← μ v + g,   w ← w − η v.

    Reference: Polyak, "Some methods of speeding up the convergence of iteration methods", 1964.
    """

    slots: ClassVar[tuple[str, ...]] = ("velocity",)

    def __init__(self, learning_rate: float | Schedule = 0.01, momentum: float = 0.9, **options: Any) -> None:
        super().__init__(learning_rate, **options)
        if not 0 <= momentum < 1:
            raise InputError(f"{type(self).__name__}: momentum must be 0 ≤ μ < 1, got {momentum!r}")
        self.momentum = momentum

    def apply_single(self, gradient: Array, slots: Arrays, *numbers: Array) -> tuple[Array, Arrays]:
        """Return η v."""
        velocity = self.momentum * slots["velocity"] + gradient
        return numbers[0] * velocity, {"velocity": velocity}


class Nesterov(Momentum):
    """v ← μ v + g,   w ← w − η (g + μ v): the gradient's look ahead of the ball.

    Reference: Sutskever, Martens, Dahl, Hinton, ICML 2013; in the form that takes g at w, as PyTorch does.
    """

    def apply_single(self, gradient: Array, slots: Arrays, *numbers: Array) -> tuple[Array, Arrays]:
        """Return η (g + μ v)."""
        velocity = self.momentum * slots["velocity"] + gradient
        return numbers[0] * (gradient + self.momentum * velocity), {"velocity": velocity}
