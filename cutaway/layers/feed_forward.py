"""Feed-forward: each place by itself through one wide hidden layer, as in every transformer block."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from cutaway import ops
from cutaway.backends import Array
from cutaway.errors import InputError, whole
from cutaway.layers.context import Context
from cutaway.layers.initializers import Constant, Glorot, Initializer
from cutaway.layers.layer import Layer
from cutaway.layers.parameter import Parameter, multiples

ACTIVATIONS: dict[str, Callable[..., Any]] = {
    "gelu": ops.gelu,
    "gelu_tanh": ops.gelu_tanh,
    "relu": ops.relu,
    "silu": ops.silu,
    "tanh": ops.tanh,
}


class FeedForward(Layer):
    """Widen, bend, and come back to as many features as came in.

        y = f(x hidden_weight + hidden_bias) weight + bias
        x (..., features), hidden_weight (features, width · features), weight (width · features, features)

    width        how many times as wide the hidden layer is
    activation   f: "gelu", "gelu_tanh", "relu", "silu" or "tanh"
    bias         whether the products have biases
    initializer          of both weights
    output_initializer   of the second; `initializer` where None

    Raises `InputError` for a width below 1 and an unknown activation.

    Reference: Vaswani et al., NeurIPS 2017, section 3.3, arXiv 1706.03762.

    >>> FeedForward(4).build(8).hidden_weight.shape
    (8, 32)
    """

    hidden_weight: Array
    hidden_bias: Array
    weight: Array
    bias: Array

    def __init__(
        self,
        width: int = 4,
        *,
        activation: str = "gelu_tanh",
        bias: bool = True,
        initializer: Initializer = Glorot(),  # noqa: B008 - frozen
        output_initializer: Initializer | None = None,
    ) -> None:
        if activation not in ACTIVATIONS:
            raise InputError(f"FeedForward: activation is {activation!r}, expected one of {', '.join(ACTIVATIONS)}")
        self.width = width = whole("FeedForward: width", width)
        self.activation = activation
        self.initializer = initializer
        self.output_initializer = output_initializer
        self.has_bias = bias
        self.hidden_weight = Parameter(partial(multiples, (1, width)), initializer)
        if bias:
            self.hidden_bias = Parameter(partial(multiples, (width,)), Constant(0.0))
        self.weight = Parameter(partial(multiples, (width, 1)), output_initializer or initializer)
        if bias:
            self.bias = Parameter(("features",), Constant(0.0))

    def forward(self, x: Any, ctx: Context) -> Any:
        """Return f(x hidden_weight + hidden_bias) weight + bias."""
        hidden = ops.matmul(self._features(x, self.hidden_weight.shape[0]), self.hidden_weight)
        hidden = ACTIVATIONS[self.activation](ops.add(hidden, self.hidden_bias) if self.has_bias else hidden)
        y = ops.matmul(hidden, self.weight)
        return ops.add(y, self.bias) if self.has_bias else y

    def arguments(self) -> dict[str, Any]:
        """Return the arguments of `__init__`."""
        return {
            "width": self.width,
            "activation": self.activation,
            "bias": self.has_bias,
            "initializer": self.initializer,
            "output_initializer": self.output_initializer,
        }
