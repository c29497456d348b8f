"""Convolution by XLA's own operation on a CPU, in the forms for which it has a fast routine (YNNPACK's, inside XLA).

XLA hands a convolution to that routine only as pictures (batch, height, width, in) with a weight (height, width, in,
out), more than 16 channels in or out, nothing between the places of the picture, and no more places out than in.
Anything else may take a hundred times as long. Its automatic gradients are not of that form, so here they are written
out as convolutions that are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np

from cutaway.backends.jax_rounding import matmul
from cutaway.backends.protocol import Array

Thunks: TypeAlias = tuple[Callable[[], Array], ...]
Rule: TypeAlias = tuple[Array, Callable[[Array], Thunks]]
# Places before and after each axis.
Edges: TypeAlias = tuple[tuple[int, int], ...]
# Fewer channels than this are slower here than as planes, but for the few colours of a picture, which need no blame.
ENOUGH, COLOURS = 16, 4
# Up to so many channels are made of narrower results, by computing neighbouring windows as one.
WIDE = 32
# About so many pictures at a time are turned for the blame of a weight.
PART = 32


def fixed(x: Array) -> Array:
    """Return x.

    XLA would draw the padding, turning and dilation before this into the convolution, which is then of another form.
    """
    result: Array = jax.lax.optimization_barrier(x)  # type: ignore[no-untyped-call]
    return result


def suits(x: Array, weight: Array, windows: Sequence[Any], groups: int) -> bool:
    """Whether the CPU convolves this sooner by its routine, forward and back."""
    inside, out = weight.shape[2:]
    plain = groups == 1 and all(each.dilation == 1 for each in windows)
    enough = out >= ENOUGH and (inside >= ENOUGH or inside <= COLOURS)
    return plain and enough and x.dtype in (jnp.float32, jnp.float64) and has_routine()


@cache
def has_routine() -> bool:
    """Whether this version of XLA has the routine: asked by compiling one convolution."""
    x, weight = np.zeros((1, 8, 8, 32), np.float32), np.zeros((3, 3, 32, 32), np.float32)
    text = jax.jit(lambda x, w: correlate(x, w, (1, 1), ((0, 0), (0, 0)))).lower(x, weight).compile().as_text()
    return "ynn" in (text or "")


def correlate(x: Array, weight: Array, stride: tuple[int, int], edges: Edges, apart: tuple[int, int] = (1, 1)) -> Array:
    """Return y[n, a, b, o] = Σ w[i, j, c, o] x[n, a · stride + i · apart − low, b · stride + j · apart − low, c].

    `edges` are (low, high), how many zeros lie before and after each axis of x; where negative, so many places are cut.
    """
    counts = [
        (x.shape[axis + 1] + sum(edges[axis]) - (weight.shape[axis] - 1) * apart[axis] - 1) // stride[axis] + 1
        for axis in (0, 1)
    ]
    more = any(count > length for count, length in zip(counts, x.shape[1:3], strict=True))
    if more or min(map(min, edges)) < 0:
        zero = jnp.asarray(0, x.dtype)
        x, edges = fixed(jax.lax.pad(x, zero, ((0, 0, 0), *((*e, 0) for e in edges), (0, 0, 0)))), ((0, 0), (0, 0))
    out = weight.shape[-1]
    side = _side_by_side(counts[1], out) if apart == (1, 1) else 1
    if side > 1:
        # (height, width, in, out) -> (height, width + (side − 1) · stride, in, side · out): zeros before and after
        step = stride[1]
        moved = [jnp.pad(weight, ((0, 0), (k * step, (side - 1 - k) * step), (0, 0), (0, 0))) for k in range(side)]
        weight, stride = fixed(jnp.concatenate(moved, axis=-1)), (stride[0], side * step)
    y = jax.lax.conv_general_dilated(
        x, weight, stride, edges, rhs_dilation=apart, dimension_numbers=("NHWC", "HWIO", "NHWC")
    )
    return y.reshape(len(x), *counts, out)


def _side_by_side(count: int, out: int) -> int:
    """Return how many neighbouring windows are computed as the channels of one."""
    return max(side for side in range(1, max(WIDE // out, 1) + 1) if count % side == 0)


def forward(x: Array, weight: Array, windows: Sequence[Any]) -> Array:
    """Return the convolution of x (batch, height, width, in) with weight (height, width, in, out)."""
    high, wide = windows
    return correlate(x, weight, (high.stride, wide.stride), ((high.low, high.high), (wide.low, wide.high)))


def blame_of_x(g: Array, weight: Array, windows: Sequence[Any]) -> Array:
    """Return dL/dx from g (batch, rows, columns, out): the convolution of g with the weight turned round.

    Where windows lie `stride` apart, places of x are taken in blocks of stride × stride, as the channels of one place:
    with f zeros put before w so that low + f is a multiple of the stride, place v of block q gets

        Σ_u g[q + (low + f) / stride − u] w[u · stride + v − f]
    """
    inside, out = weight.shape[2:]
    before = [-each.low % each.stride for each in windows]
    spans = [-(-(each.size + f) // each.stride) for each, f in zip(windows, before, strict=True)]
    blocks = [-(-each.length // each.stride) for each in windows]
    filled, edges = [], []
    for each, f, span, many in zip(windows, before, spans, blocks, strict=True):
        filled.append((f, span * each.stride - each.size - f))
        skipped = (each.low + f) // each.stride
        edges.append((span - 1 - skipped, many + skipped - each.count))
    high, wide = windows
    cut = jnp.pad(weight, (*filled, (0, 0), (0, 0))).reshape(spans[0], high.stride, spans[1], wide.stride, inside, out)
    # (span, stride, span, stride, in, out) -> (span, span, out, stride · stride · in)
    turned = fixed(cut[::-1, :, ::-1].transpose(0, 2, 5, 1, 3, 4).reshape(*spans, out, -1))
    x = correlate(g, turned, (1, 1), tuple(edges)).reshape(len(g), *blocks, high.stride, wide.stride, inside)
    x = x.transpose(0, 1, 3, 2, 4, 5).reshape(len(g), blocks[0] * high.stride, blocks[1] * wide.stride, inside)
    return x[:, : high.length, : wide.length]


def blame_of_weight(x: Array, g: Array, windows: Sequence[Any]) -> Array:
    """Return dL/dw: the convolution of x with g, the rows of the batch in the place of channels.

    A part of the batch at a time, as turning x so that its channels come first goes through memory with long steps.
    """
    edges = tuple((w.low, (w.count - 1) * w.stride + w.size - w.length - w.low) for w in windows)
    apart = (windows[0].stride, windows[1].stride)

    size = max(size for size in range(1, min(len(x), PART) + 1) if len(x) % size == 0)
    if size < PART / 2:
        size = len(x)

    def part(first: Array, total: Array) -> Array:
        some, blame = (jax.lax.dynamic_slice_in_dim(array, first * size, size) for array in (x, g))
        seen, weights = fixed(some.transpose(3, 1, 2, 0)), fixed(blame.transpose(1, 2, 0, 3))
        return total + correlate(seen, weights, (1, 1), edges, apart).transpose(1, 2, 0, 3)

    nothing = jnp.zeros((windows[0].size, windows[1].size, x.shape[-1], g.shape[-1]), x.dtype)
    total: Array = jax.lax.fori_loop(0, len(x) // size, part, nothing)
    return total


def points(x: Array, weight: Array, windows: Sequence[Any]) -> Rule:
    """The rule for windows of one place: a matrix product."""
    high, wide = windows
    inside, out = weight.shape[2:]
    seen = x[:, :: high.stride, :: wide.stride]
    flat, matrix = seen.reshape(-1, inside), weight.reshape(inside, out)

    def backward(g: Array) -> Thunks:
        def blame_of_x() -> Array:
            blame = matmul(g.reshape(-1, out), matrix.T).reshape(seen.shape)
            edges = [(0, w.length - (w.count - 1) * w.stride - 1, w.stride - 1) for w in windows]
            return jax.lax.pad(blame, jnp.asarray(0, x.dtype), [(0, 0, 0), *edges, (0, 0, 0)])

        return blame_of_x, lambda: matmul(flat.T, g.reshape(-1, out)).reshape(weight.shape)

    return matmul(flat, matrix).reshape(*seen.shape[:3], out), backward


def convolution(x: Array, weight: Array, windows: Sequence[Any], otherwise: Callable[[Array, Array], Rule]) -> Rule:
    """Return the convolution and its backward rule, by the routine.

    `otherwise` is the rule for many weights at once, as members have, which the routine does not take.
    """
    if all(each.size == 1 and not each.low and not each.high for each in windows):
        return points(x, weight, windows)
    y = _single(lambda x, w: forward(x, w, windows), lambda x, w: otherwise(x, w)[0])(x, weight)

    def backward(g: Array) -> Thunks:
        of_x = _single(
            lambda x, w, g: blame_of_x(g, w, windows),
            lambda x, w, g: otherwise(x, w)[1](g)[0](),
        )
        of_weight = _single(
            lambda x, w, g: blame_of_weight(x, g, windows),
            lambda x, w, g: otherwise(x, w)[1](g)[1](),
        )
        return lambda: of_x(x, weight, g), lambda: of_weight(x, weight, g)

    return y, backward


def _single(function: Callable[..., Array], many: Callable[..., Array]) -> Callable[..., Array]:
    """Return `function`, which under `vmap` becomes `many`, mapped."""
    single: Any = jax.custom_batching.custom_vmap(function)

    def mapped(_: int, batched: Sequence[bool], *arrays: Array) -> tuple[Array, bool]:
        result: Array = jax.vmap(many, [0 if each else None for each in batched])(*arrays)
        return result, True

    single.def_vmap(mapped)
    result: Callable[..., Array] = single
    return result
