"""Multi-head attention as a layer: several places looked at for several reasons at once."""

from __future__ import annotations

from functools import partial
from typing import Any

from cutaway import ops
from cutaway.autodiff import value_of
from cutaway.backends import Array, namespace
from cutaway.errors import InputError, whole
from cutaway.layers.context import Context
from cutaway.layers.initializers import Constant, Glorot, Initializer
from cutaway.layers.layer import Layer
from cutaway.layers.parameter import Parameter, multiples


class MultiHeadAttention(Layer):
    """Each head looks with queries, keys and values of its own; what the heads find is mixed.

        [q k v] = x weight + bias                       x (batch, time, features), weight (features, 3 · features)
        y = [attention(q₁, k₁, v₁) … attention(q_h, k_h, v_h)] output_weight + output_bias

    The inputs are x; or x and `memory` (batch, places, features), which keys and values are then made from
    (cross-attention); or x, memory and `mask` (batch, places), true, or above 0, where a place of the memory counts.
    For self-attention with padding give x, x, mask. A query that may look nowhere finds zeros.

    heads     how many; the features are divided among them
    causal    no place looks at later ones
    rotary    queries and keys are turned by their place (`ops.rotary`)
    dropout   the share of the weights of attention silenced while training, 0 ≤ dropout < 1
    bias      whether the products have biases
    initializer          of weight; the default is Glorot's for all three products together
    output_initializer   of output_weight; `initializer` where None

    With `ctx.cache`, self-attention also looks at the tokens of earlier calls. In the record, the operands of the
    node `attention` are the queries and keys (batch, heads, time, features / heads): `ops.attention_weights(query,
    key, **node.settings)` is what each place looked at.

    Raises `InputError` for features that cannot be divided among the heads (with `rotary`: in pairs), and for inputs
    of other shapes.

    Reference: Vaswani et al., "Attention is all you need", NeurIPS 2017, section 3.2.2, arXiv 1706.03762.

    >>> import numpy as np
    >>> x = np.random.default_rng(0).normal(size=(2, 5, 8))
    >>> layer = MultiHeadAttention(4, causal=True)
    >>> layer(x).shape, bool(np.allclose(layer(x)[:, :3], layer(x[:, :3]), atol=1e-6))
    ((2, 5, 8), True)
    """

    weight: Array
    bias: Array
    output_weight: Array
    output_bias: Array

    def __init__(
        self,
        heads: int,
        *,
        causal: bool = False,
        rotary: bool = False,
        dropout: float = 0.0,
        bias: bool = True,
        initializer: Initializer = Glorot(),  # noqa: B008 - frozen
        output_initializer: Initializer | None = None,
    ) -> None:
        if not 0 <= dropout < 1:
            raise InputError(
                f"MultiHeadAttention: dropout is the share that is silenced, 0 ≤ dropout < 1, got {dropout!r}"
            )
        self.heads = whole("MultiHeadAttention: heads", heads)
        self.causal = causal
        self.rotary = rotary
        self.dropout = dropout
        self.initializer = initializer
        self.output_initializer = output_initializer
        self.has_bias = bias
        self.weight = Parameter(partial(multiples, (1, 3)), initializer)
        if bias:
            self.bias = Parameter(partial(multiples, (3,)), Constant(0.0))
        self.output_weight = Parameter(("features", "features"), output_initializer or initializer)
        if bias:
            self.output_bias = Parameter(("features",), Constant(0.0))

    def forward(self, x: Any, memory: Any = None, mask: Any = None, *, ctx: Context) -> Any:
        """Return what the heads find, mixed."""
        own = memory is None or memory is x
        x = self._sequence(x, "an input")
        if own:
            parts = self._product(x, 0, 3)
            query, key, value = (ops.split_heads(parts, heads=self.heads, part=i, parts=3) for i in range(3))
        else:
            query = ops.split_heads(self._product(x, 0, 1), heads=self.heads)
            parts = self._product(self._sequence(memory, "a memory"), 1, 3)
            key, value = (ops.split_heads(parts, heads=self.heads, part=i, parts=2) for i in range(2))
        start = ctx.cache.position if ctx.cache is not None and own else 0
        if self.rotary:
            query, key = ops.rotary(query, start=start), ops.rotary(key, start=start)
        if ctx.cache is not None and own:
            if not self.causal:
                raise InputError(
                    f"{self._place()}: looks at later tokens, so that earlier ones cannot be kept; make it causal, or "
                    "evaluate without ctx.cache"
                )
            key, value = ctx.cache.extended(self.path, key, value)
        settings: dict[str, Any] = {"causal": self.causal}
        if mask is not None:
            settings["mask"] = self._allowed(mask, (x.shape[0], key.shape[-2]))
        if ctx.training and self.dropout:
            settings |= {"keep": self._kept((*query.shape[:-1], key.shape[-2]), ctx), "rate": self.dropout}
        found = ops.join_heads(ops.attention(query, key, value, **settings))
        y = ops.matmul(found, self.output_weight)
        return ops.add(y, self.output_bias) if self.has_bias else y

    def _sequence(self, x: Any, name: str) -> Any:
        """Return an input (batch, time, features), checked."""
        if len(x.shape) != 3:
            raise InputError(f"{self._place()}: got {name} of shape {tuple(x.shape)}, expected (batch, time, features)")
        features = self.weight.shape[0]
        if features % (self.heads * (2 if self.rotary else 1)):
            raise InputError(
                f"{self._place()}: got {features} input features for {self.heads} heads; expected a multiple of "
                + (f"{2 * self.heads}, since rotary positions turn pairs" if self.rotary else str(self.heads))
            )
        return self._features(x, features)

    def _product(self, x: Any, begin: int, end: int) -> Any:
        """Return x times the parts begin … end − 1 of weight (0 for queries, 1 keys, 2 values), plus those of bias."""
        width = self.weight.shape[0]
        every = (begin, end) == (0, 3)
        columns = (..., slice(begin * width, end * width))
        y = ops.matmul(x, self.weight if every else ops.index(self.weight, key=columns))
        return ops.add(y, self.bias if every else ops.index(self.bias, key=columns)) if self.has_bias else y

    def _allowed(self, mask: Any, shape: tuple[int, int]) -> Array:
        """Return the mask as (batch, 1, 1, places), for all heads and queries."""
        values = value_of(mask)
        if tuple(values.shape) != shape:
            raise InputError(
                f"{self._place()}: got a mask of shape {tuple(values.shape)}, expected (batch, places) {shape}, true "
                "where a place counts"
            )
        return namespace(values).reshape(values > 0, (shape[0], 1, 1, shape[1]))

    def _kept(self, shape: tuple[int, ...], ctx: Context) -> Array:
        if ctx.random is None:
            raise InputError(f"{self._place()}: training needs random draws; give Context(random=Random(seed, step))")
        return ctx.random.keep(self.path, shape, 1 - self.dropout)

    def arguments(self) -> dict[str, Any]:
        """Return the arguments of `__init__`."""
        return {
            "heads": self.heads,
            "causal": self.causal,
            "rotary": self.rotary,
            "dropout": self.dropout,
            "bias": self.has_bias,
            "initializer": self.initializer,
            "output_initializer": self.output_initializer,
        }
