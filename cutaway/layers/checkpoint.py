"""Checkpoint as a layer: what happens inside is forgotten, and computed again on the way back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from cutaway import ops
from cutaway.errors import InputError
from cutaway.layers.context import Context
from cutaway.layers.layer import Layer, join


class Checkpoint(Layer):
    """y = inner(x), keeping only x and the weights for the way back.

    For layers whose activations do not fit into memory. It costs the time of computing them a second time; numbers and
    gradients are those of `inner`, its dropout and its running statistics too.

    Raises `InputError` for anything but a layer.

    Reference: Chen, Xu, Zhang, Guestrin, "Training deep nets with sublinear memory cost", 2016, arXiv 1604.06174.

    >>> import cutaway as ca
    >>> list(Checkpoint(ca.Dense(2)).build(3).parameters())
    ['inner.weight', 'inner.bias']
    """

    def __init__(self, inner: Layer) -> None:
        if not isinstance(inner, Layer):
            raise InputError(f"Checkpoint: the inner layer is {inner!r}, expected a layer")
        self.inner = inner

    def forward(self, *inputs: Any, ctx: Context) -> Any:
        """Return inner(*inputs)."""
        if not ctx.training:
            return self.inner(*inputs, ctx=ctx)
        paths, arrays = list(self.inner.parameters()), list(self.inner.parameters().values())
        state, count = self.inner.state(), len(inputs)
        again = replace(ctx, taps=None, new_state={})
        contexts = iter([ctx])

        def computed(*operands: Any) -> Any:
            inner = self.inner.bind(dict(zip(paths, operands[count:], strict=True)), state)
            for path, layer in inner.named_layers():
                layer.__dict__["path"] = join(self.path, join("inner", path))
            # The first time counts; the second would report the same statistics again.
            return inner(*operands[:count], ctx=next(contexts, again))

        return ops.checkpoint(computed, *inputs, *arrays)
