"""Batch norm as a layer: the batch's statistics while training, running ones afterwards."""

from __future__ import annotations

from math import prod
from typing import Any

from cutaway import ops
from cutaway.autodiff import value_of
from cutaway.backends import Array, namespace
from cutaway.errors import InputError
from cutaway.layers.context import Context
from cutaway.layers.initializers import Constant
from cutaway.layers.layer import Layer, join
from cutaway.layers.parameter import Parameter, State


class BatchNorm(Layer):
    """Each feature normalised over the batch, then scaled and shifted.

        y = weight (x − μ) / √(σ² + ε) + bias        x (batch, ..., features)

    Training uses μ, σ² of the batch (padding left out) and moves the running ones by `momentum` towards them,
    σ² enlarged by m / (m − 1); evaluation uses the running ones. With a batch of one row of features there is
    nothing to normalise against: the output is the bias, whatever came in, and the running variance stays as
    it is. A batch of padding alone moves neither.

    Reference: Ioffe, Szegedy, ICML 2015, arXiv 1502.03167, algorithms 1 and 2.
    """

    weight: Array
    bias: Array
    running_mean: Array
    running_variance: Array

    def __init__(self, momentum: float = 0.1, epsilon: float = 1e-5) -> None:
        if not 0 <= momentum <= 1:
            raise InputError(f"BatchNorm: momentum is the share of the new statistics, 0 to 1, got {momentum!r}")
        if not epsilon > 0:
            raise InputError(f"BatchNorm: epsilon must be above 0, got {epsilon!r}")
        self.momentum = momentum
        self.epsilon = epsilon
        self.weight = Parameter(("features",), Constant(1.0))
        self.bias = Parameter(("features",), Constant(0.0))
        self.running_mean = State(("features",), Constant(0.0))
        self.running_variance = State(("features",), Constant(1.0))

    def forward(self, x: Any, ctx: Context) -> Any:
        """Normalise, and while training report the new running statistics to `ctx`."""
        x = self._features(x, self.weight.shape[0])
        if ctx.training:
            self._follow(value_of(x), ctx)
            return ops.batch_norm(x, self.weight, self.bias, epsilon=self.epsilon, row_mask=ctx.row_mask)
        scale = self.weight / ops.sqrt(self.running_variance + self.epsilon)
        return (x - self.running_mean) * scale + self.bias

    def _follow(self, x: Array, ctx: Context) -> None:
        xp = namespace(x)
        mean, variance = ops.batch_statistics(x, ctx.row_mask)
        rows = x.shape[0] if ctx.row_mask is None else xp.sum(xp.astype(ctx.row_mask, x.dtype))
        count = xp.asarray(rows * prod(x.shape[1:-1]), dtype=x.dtype)
        one = xp.asarray(1, dtype=x.dtype)
        unbiased = variance * count / xp.maximum(count - 1, one)
        for name, old, new, known in (
            ("running_mean", self.running_mean, mean, count),
            ("running_variance", self.running_variance, unbiased, count - 1),
        ):
            share = self.momentum * xp.clip(known, 0 * one, one)
            ctx.new_state[join(self.path, name)] = (1 - share) * old + share * new
