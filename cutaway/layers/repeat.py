"""Repeat: one block over and over, with weights of its own each time, that compiles like one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from cutaway import ops
from cutaway.autodiff import Node, value_of
from cutaway.backends import Array, namespace
from cutaway.backends.random import Random, generator
from cutaway.errors import InputError, whole
from cutaway.layers.context import Context
from cutaway.layers.layer import Layer, join
from cutaway.layers.parameter import State


class Repeat(Layer):
    """y = block₍ₙ₎(… block₂(block₁(x)) …): n blocks alike, each with weights of its own.

    block   a layer that keeps the shape of its input
    times   n

    The arrays of the n blocks lie stacked, with a leading axis of n, under the block's names: `block.…`. Each block's
    first weights, and what dropout silences in it, are drawn separately. On XLA it is one loop: compiling takes as
    long for 100 blocks as for 2. On the way back each block is computed again from its input: a third more arithmetic
    than n blocks one after another, for one array a block to keep in the place of a dozen.

    Further inputs, such as a mask of padding, are given to every block as they are; nothing is learned through them.

    What happens inside is not among `ctx.taps`. Raises `InputError` for a block that changes the shape of its input,
    or that keeps running statistics, such as batch norm, and for a further input of numbers to be learned through.

    Reference: Chen, Xu, Zhang, Guestrin, "Training deep nets with sublinear memory cost", 2016, arXiv 1604.06174.

    >>> import cutaway as ca
    >>> net = Repeat(ca.Residual(ca.Sequential(ca.LayerNorm(), ca.Dense(4))), 3).build(4)
    >>> {path: array.shape for path, array in net.parameters().items() if "1" in path}
    {'block.inner.1.weight': (3, 4, 4), 'block.inner.1.bias': (3, 4)}
    """

    def __init__(self, block: Layer, times: int) -> None:
        if not isinstance(block, Layer):
            raise InputError(f"Repeat: the block is {block!r}, expected a layer")
        for path, layer in block.named_layers():
            if any(isinstance(declared, State) for declared in layer._declared.values()):
                raise InputError(
                    f"Repeat: layer {join('block', path)!r} ({type(layer).__name__}) keeps running statistics, which a "
                    "repeated block cannot; use LayerNorm or RMSNorm, or write the blocks one after another"
                )
        self.block = block
        self.times = whole("Repeat: times", times)

    def forward(self, x: Any, *others: Any, ctx: Context) -> Any:
        """Return what the last block makes of what the others made of x; `others` go to every block."""
        others = tuple(self._constant(other) for other in others)
        if ctx.mode == "build":
            return self._first(x, others, ctx)
        paths = list(self.block.parameters())
        arrays = list(self.block.parameters().values())
        if any(len(array) != self.times for array in arrays):
            raise InputError(f"{self._place()}: its arrays are not those of {self.times} blocks; build it again")
        if ctx.cache is not None:
            return self._with_cache(x, others, dict(zip(paths, arrays, strict=True)), ctx)
        # Seeds that differ from block to block: the layers inside have the same names in all.
        seeds = ctx.random.bits(self.path, (self.times,)) if ctx.random else np.zeros(self.times, np.uint32)
        shape = tuple(x.shape)

        def one(x: Any, seed: Array, *own: Any) -> Any:
            random = ctx.random and Random(seed, ctx.random.step)
            inside = replace(ctx, random=random, taps=None, new_state={})
            return self._checked(self._bound(dict(zip(paths, own, strict=True)))(x, *others, ctx=inside), shape)

        return ops.repeat(one, x, seeds, *arrays)

    def _bound(self, arrays: dict[str, Any]) -> Layer:
        """Return the block with the arrays of one turn, its layers' paths as they are in the whole network."""
        block = self.block.bind(arrays, {})
        for path, layer in block.named_layers():
            layer.__dict__["path"] = join(self.path, join("block", path))
        return block

    def _constant(self, other: Any) -> Any:
        """Return a further input as an array: the tape sees one operation, of which it is no operand."""
        if not isinstance(other, Node):
            return other
        values = value_of(other)
        if not namespace(values).isdtype(values.dtype, ("bool", "integral")):
            raise InputError(
                f"{self._place()}: got a further input of numbers ({values.dtype}) to be learned through, which a "
                "repeated block cannot; give it as an array, or write the blocks one after another"
            )
        return values

    def _checked(self, y: Any, shape: tuple[int, ...]) -> Any:
        if tuple(y.shape) != shape:
            raise InputError(
                f"{self._place()}: the block turns shape {shape} into {tuple(y.shape)}; its output is its next input, "
                "so they must be the same"
            )
        return y

    def _first(self, x: Any, others: tuple[Any, ...], ctx: Context) -> Any:
        """Draw each block's weights in turn, from what the one before makes of the rows, and stack them."""
        layers = [(layer, name) for _, layer in self.block.named_layers() for name in layer._declared]
        drawn: list[list[np.ndarray]] = []
        for turn in range(self.times):
            seed = int(generator(ctx.seed, self.path, turn).integers(2**62))
            x = self._checked(self.block(x, *others, ctx=replace(ctx, seed=seed, created=set())), tuple(x.shape))
            drawn.append([layer.__dict__[name] for layer, name in layers])
        for place, (layer, name) in enumerate(layers):
            layer.__dict__[name] = np.stack([arrays[place] for arrays in drawn])
        return x

    def _with_cache(self, x: Any, others: tuple[Any, ...], arrays: dict[str, Array], ctx: Context) -> Any:
        """Return the output for the next tokens; each block keeps what is its own."""
        assert ctx.cache is not None
        for turn in range(self.times):
            inside = replace(ctx, cache=ctx.cache.part(join(self.path, str(turn))), taps=None)
            x = self._bound({path: array[turn] for path, array in arrays.items()})(x, *others, ctx=inside)
        return x
