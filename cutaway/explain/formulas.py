"""Each operation's formula in letters, for the ledger; `working` has it in figures."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from cutaway.explain.figures import shown

# {0}, {1} … are the operands, {name} the settings. Every operation of `ops` is here; a test sees to it.
LETTERS: dict[str, str] = {
    "abs": "|{0}|",
    "absolute_error": "|{0} − {1}|",
    "add": "{0} + {1}",
    "attention": "softmax({0} · {1}ᵀ / √d) · {2}",
    "average_pool": "mean of each window of {0}",
    "batch_norm": "({0} − μ) / √(σ² + ε) · {1} + {2}, μ and σ² of the batch",
    "binary_cross_entropy": "−{1} ln σ({0}) − (1 − {1}) ln(1 − σ({0}))",
    "broadcast_to": "{0}, stretched",
    "checkpoint": "a block of {0}, not kept",
    "clip": "{0}, limited to {low} … {high}",
    "concatenate": "[{all}]",
    "convolution": "{0} ∗ {1}",
    "cos": "cos {0}",
    "cos_of_turns": "cos(2π · {0})",
    "cross_entropy": "−Σ {1} ln softmax({0})",
    "divide": "{0} / {1}",
    "dropout": "{0} / (1 − rate) where kept, else 0",
    "elu": "elu({0})",
    "embedding": "{0}[{1}]",
    "erf": "erf({0})",
    "exp": "exp {0}",
    "expand_dims": "{0}, with one more axis",
    "gelu": "gelu({0})",
    "gelu_tanh": "gelu({0})",
    "gru": "GRU over the places of {0}: (1 − z) n + z h₋₁",
    "huber": "huber({0} − {1})",
    "identity": "{0}",
    "index": "{0}[{key}]",
    "join_heads": "the heads of {0}, side by side",
    "layer_norm": "({0} − mean) / √(variance + ε) · {1} + {2}",
    "leaky_relu": "leaky_relu({0})",
    "log": "ln {0}",
    "log_softmax": "ln softmax({0})",
    "logsumexp": "ln Σ exp {0}",
    "lstm": "LSTM over the places of {0}: o · tanh(f c₋₁ + i g)",
    "matmul": "{0} · {1}",
    "max": "max {0}",
    "max_pool": "largest of each window of {0}",
    "maximum": "max({0}, {1})",
    "mean": "mean {0}",
    "min": "min {0}",
    "minimum": "min({0}, {1})",
    "mish": "mish({0})",
    "multiply": "{0} · {1}, element by element",
    "negative": "−{0}",
    "power": "{0} ^ {1}",
    "relu": "relu({0})",
    "repeat": "a block over and over, from {0}, not kept",
    "reshape": "{0}, as {shape}",
    "rms_norm": "{0} / √(mean {0}² + ε) · {1}",
    "rotary": "{0}, its pairs turned by their place",
    "selu": "selu({0})",
    "sigmoid": "σ({0})",
    "silu": "{0} · σ({0})",
    "simple_rnn": "over the places of {0}: tanh(x · {1} + h₋₁ · {2} + {3})",
    "sin": "sin {0}",
    "softmax": "softmax({0})",
    "softplus": "softplus({0})",
    "split_heads": "part {part} of {0}, one share a head",
    "sqrt": "√{0}",
    "squared_error": "({0} − {1})²",
    "squeeze": "{0}, without axes of size 1",
    "stack": "[{all}], along a new axis",
    "step": "1 where {0} > 0, else 0",
    "subtract": "{0} − {1}",
    "sum": "Σ {0}",
    "take_along_axis": "{0}, at the places {1}",
    "tanh": "tanh({0})",
    "transposed_convolution": "{0} ∗ᵀ {1}",
    "transpose": "{0}, its axes in another order",
    "variance": "variance of {0}",
    "where": "{1} where {0}, else {2}",
}


def letters(operation: str, operands: Sequence[str], settings: Mapping[str, Any]) -> str:
    """Return the formula of an operation with the names of its operands.

    >>> letters("matmul", ["x", "0.weight"], {})
    'x · 0.weight'
    >>> letters("index", ["a3"], {"key": (slice(None), -1)})
    'a3[:, −1]'
    """
    pattern = LETTERS.get(operation)
    if pattern is None:  # an operation of a user's own
        return f"{operation}({', '.join(operands)})"
    if operation in ("convolution", "transposed_convolution") and len(operands) > 2:
        pattern += " + {2}"
    named = {name: _setting(value) for name, value in settings.items()}
    named |= {"all": ", ".join(operands), **{str(place): name for place, name in enumerate(operands)}}
    usual = {"part": "0"}
    return re.sub(r"\{(\w+)\}", lambda found: named.get(found[1], usual.get(found[1], found[1])), pattern)


def _setting(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(_setting, value))
    if isinstance(value, slice):
        begin, end, stride = ("" if part is None else str(part) for part in (value.start, value.stop, value.step))
        return f"{begin}:{end}{':' if stride else ''}{stride}".replace("-", "−")
    if value is Ellipsis:
        return "…"
    if isinstance(value, float):
        return shown(value)
    return str(value).replace("-", "−") if isinstance(value, int) else "…"
