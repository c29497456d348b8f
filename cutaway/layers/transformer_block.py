"""Transformer block: look around, think it over, and add both to what was there."""

from __future__ import annotations

from typing import Any

from cutaway import ops
from cutaway.errors import InputError
from cutaway.layers.attention import MultiHeadAttention
from cutaway.layers.context import Context
from cutaway.layers.dropout import Dropout
from cutaway.layers.feed_forward import FeedForward
from cutaway.layers.initializers import Initializer, Normal
from cutaway.layers.layer import Layer
from cutaway.layers.layer_norm import LayerNorm
from cutaway.layers.rms_norm import RMSNorm

NORMS: dict[str, type[LayerNorm] | type[RMSNorm]] = {"layer": LayerNorm, "rms": RMSNorm}


class TransformerBlock(Layer):
    """Attention and a feed-forward layer, each on a normalised copy of the stream and added to it ("pre-norm").

        h = x + attention(norm₁(x))
        y = h + feed_forward(norm₂(h))        x, h, y (batch, time, features)

    heads        of the attention, which is rotary where `rotary` and looks at no later place where `causal`
    width        how many times as wide as the stream the hidden layer is
    dropout      the share silenced while training: of the weights of attention, and of what either part adds
    norm         "layer" or "rms"
    activation   of the hidden layer, as in `FeedForward`
    bias         whether the products have biases
    initializer          of all weights; GPT-2's by default
    output_initializer   of the two products that add to the stream; `initializer` where None. GPT-2 takes
                         `Normal(0.02 / √(2 blocks))`, so that the stream does not grow with depth

    A second input masks padding: (batch, time), true where a place counts. Raises `InputError` for settings that the
    parts refuse.

    Reference: Radford et al., "Language models are unsupervised multitask learners", 2019, section 2.3; Xiong et al.,
    "On layer normalization in the transformer architecture", ICML 2020, figure 1b, arXiv 2002.04745.

    >>> import numpy as np
    >>> block = TransformerBlock(2)
    >>> block(np.ones((1, 3, 8))).shape, len(block.parameters())
    ((1, 3, 8), 12)
    """

    def __init__(
        self,
        heads: int,
        *,
        width: int = 4,
        causal: bool = True,
        dropout: float = 0.0,
        rotary: bool = False,
        norm: str = "layer",
        activation: str = "gelu_tanh",
        bias: bool = True,
        initializer: Initializer = Normal(0.02),  # noqa: B008 - frozen
        output_initializer: Initializer | None = None,
    ) -> None:
        if norm not in NORMS:
            raise InputError(f"TransformerBlock: norm is {norm!r}, expected one of {', '.join(NORMS)}")
        self.norm = norm
        self.attention_norm = NORMS[norm]()
        self.attention = MultiHeadAttention(
            heads,
            causal=causal,
            rotary=rotary,
            dropout=dropout,
            bias=bias,
            initializer=initializer,
            output_initializer=output_initializer,
        )
        self.attention_dropout = Dropout(dropout)
        self.feed_forward_norm = NORMS[norm]()
        self.feed_forward = FeedForward(
            width, activation=activation, bias=bias, initializer=initializer, output_initializer=output_initializer
        )
        self.feed_forward_dropout = Dropout(dropout)

    def forward(self, x: Any, mask: Any = None, *, ctx: Context) -> Any:
        """Return the stream with what both parts add to it."""
        normal = self.attention_norm(x, ctx=ctx)
        found = self.attention(*((normal,) if mask is None else (normal, normal, mask)), ctx=ctx)
        x = ops.add(x, self.attention_dropout(found, ctx=ctx))
        thought = self.feed_forward(self.feed_forward_norm(x, ctx=ctx), ctx=ctx)
        return ops.add(x, self.feed_forward_dropout(thought, ctx=ctx))

    def arguments(self) -> dict[str, Any]:
        """Return the arguments of `__init__`."""
        attention, feed_forward = self.attention, self.feed_forward
        return {
            "heads": attention.heads,
            "width": feed_forward.width,
            "causal": attention.causal,
            "dropout": attention.dropout,
            "rotary": attention.rotary,
            "norm": self.norm,
            "activation": feed_forward.activation,
            "bias": attention.has_bias,
            "initializer": attention.initializer,
            "output_initializer": attention.output_initializer,
        }
