"""Activations as layers: one operation each, nothing to learn; formulas in `cutaway.ops.activations`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from cutaway import ops
from cutaway.layers.context import Context
from cutaway.layers.layer import Layer


class Activation(Layer):
    """A layer that applies one operation to each number."""

    operation: ClassVar[Callable[..., Any]]

    def forward(self, x: Any, ctx: Context) -> Any:
        """Return the operation of x."""
        return type(self).operation(x)


class Identity(Activation):
    """y = x."""

    operation = staticmethod(ops.identity)


class Step(Activation):
    """y = 1 where x > 0 else 0; has no slope, so nothing below it learns."""

    operation = staticmethod(ops.step)


class Sigmoid(Activation):
    """y = 1 / (1 + e⁻ˣ)."""

    operation = staticmethod(ops.sigmoid)


class Tanh(Activation):
    """y = tanh x."""

    operation = staticmethod(ops.tanh)


class ReLU(Activation):
    """y = x where x > 0 else 0."""

    operation = staticmethod(ops.relu)


class SELU(Activation):
    """Scaled exponential linear unit; start its layers with `LeCun()`."""

    operation = staticmethod(ops.selu)


class GELU(Activation):
    """Gaussian error linear unit, exact."""

    operation = staticmethod(ops.gelu)


class GELUTanh(Activation):
    """Gaussian error linear unit by tanh, as in GPT-2."""

    operation = staticmethod(ops.gelu_tanh)


class SiLU(Activation):
    """y = x σ(x)."""

    operation = staticmethod(ops.silu)


class Mish(Activation):
    """y = x tanh(softplus x)."""

    operation = staticmethod(ops.mish)


class Softplus(Activation):
    """y = ln(1 + eˣ)."""

    operation = staticmethod(ops.softplus)


class LeakyReLU(Layer):
    """y = x where x > 0 else slope · x."""

    def __init__(self, slope: float = 0.01) -> None:
        self.slope = slope

    def forward(self, x: Any, ctx: Context) -> Any:
        """Return leaky_relu(x)."""
        return ops.leaky_relu(x, slope=self.slope)


class ELU(Layer):
    """y = x where x > 0 else α (eˣ − 1)."""

    def __init__(self, alpha: float = 1.0) -> None:
        self.alpha = alpha

    def forward(self, x: Any, ctx: Context) -> Any:
        """Return elu(x)."""
        return ops.elu(x, alpha=self.alpha)
