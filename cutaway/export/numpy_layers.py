"""What layers compute, in NumPy alone: `numpy_code` copies from here the functions that a network needs.

Each is the evaluation form of a layer. x has the batch first and the features (or channels) last. Nothing here imports
anything but NumPy and `math`, so that a copy runs wherever NumPy does.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def dense(x: Array, weight: Array, bias: Array | None = None, scale: float = 1.0) -> Array:
    """y = x weight · scale + bias; weight (in, out), bias (out)."""
    y = x @ weight
    y = y if scale == 1.0 else y * scale
    return y if bias is None else y + bias


def identity(x: Array) -> Array:
    """y = x."""
    return x


def step(x: Array) -> Array:
    """y = 1 where x > 0 else 0."""
    return (x > 0).astype(x.dtype)


def sigmoid(x: Array) -> Array:
    """y = 1 / (1 + e⁻ˣ), without overflow."""
    decay = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, decay) / (1 + decay)


def tanh(x: Array) -> Array:
    """y = tanh x."""
    return np.tanh(x)


def relu(x: Array) -> Array:
    """y = x where x > 0 else 0."""
    return np.maximum(x, 0)


def leaky_relu(x: Array, slope: float) -> Array:
    """y = x where x > 0 else slope · x."""
    return np.where(x > 0, x, slope * x)


def elu(x: Array, alpha: float) -> Array:
    """y = x where x > 0 else α (eˣ − 1)."""
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def selu(x: Array) -> Array:
    """y = λ x where x > 0 else λ α (eˣ − 1)."""
    factor, alpha = 1.0507009873554805, 1.6732632423543772
    return factor * np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def gelu(x: Array) -> Array:
    """y = x ½ (1 + erf(x / √2))."""
    erf = np.frompyfunc(math.erf, 1, 1)
    return 0.5 * x * (1 + np.asarray(erf(x / math.sqrt(2)), x.dtype))


def gelu_tanh(x: Array) -> Array:
    """y = ½ x (1 + tanh(√(2/π) (x + 0.044715 x³)))."""
    near = np.clip(x, -10, 10)  # beyond, the tanh is ±1, and x³ would overflow
    return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (near + 0.044715 * near**3)))


def silu(x: Array) -> Array:
    """y = x / (1 + e⁻ˣ)."""
    return x * sigmoid(x)


def softplus(x: Array) -> Array:
    """y = ln(1 + eˣ), without overflow."""
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def mish(x: Array) -> Array:
    """y = x tanh(ln(1 + eˣ))."""
    return x * np.tanh(softplus(x))


def parametric(x: Array, bent: Array, amount: Array) -> Array:
    """y = x + amount (f(x) − x), with f(x) as `bent`."""
    return x + amount * (bent - x)


def softmax(x: Array, axis: int = -1) -> Array:
    """y = eˣ / Σ eˣ, after subtracting the largest x."""
    powers = np.exp(x - x.max(axis=axis, keepdims=True))
    return powers / powers.sum(axis=axis, keepdims=True)


def scale(x: Array, factor: Array) -> Array:
    """y = x · factor."""
    return x * factor


def standardize(x: Array, mean: tuple[float, ...], deviation: tuple[float, ...]) -> Array:
    """y = (x − mean) / deviation, channel by channel."""
    return (x - np.asarray(mean, x.dtype)) / np.asarray(deviation, x.dtype)


def batch_norm(x: Array, weight: Array, bias: Array, mean: Array, variance: Array, epsilon: float) -> Array:
    """y = weight (x − mean) / √(variance + ε) + bias, with the statistics of the training."""
    return (x - mean) * (weight / np.sqrt(variance + epsilon)) + bias


def layer_norm(x: Array, weight: Array, bias: Array, epsilon: float) -> Array:
    """y = weight (x − mean x) / √(var x + ε) + bias, over the features of each row."""
    centred = x - x.mean(axis=-1, keepdims=True)
    return weight * centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + epsilon) + bias


def rms_norm(x: Array, weight: Array, epsilon: float) -> Array:
    """y = weight x / √(mean x² + ε), over the features of each row."""
    return weight * x / np.sqrt((x**2).mean(axis=-1, keepdims=True) + epsilon)


def flatten(x: Array) -> Array:
    """y: all axes but the first as one."""
    return x.reshape(len(x), -1)


def embedding(x: Array, weight: Array) -> Array:
    """y = weight[x]: the vector of each whole number."""
    return weight[x.astype(np.int64)]


def column_embedding(x: Array, *tables: Array) -> Array:
    """The last columns of x are codes, each replaced by its vector in its table."""
    rest = x.shape[-1] - len(tables)
    vectors = [table[x[..., rest + place].astype(np.int64)] for place, table in enumerate(tables)]
    return np.concatenate([x[..., :rest], *vectors], axis=-1)


def periodic_embedding(x: Array, frequency: Array, phase: Array, mixture: Array, offset: Array) -> Array:
    """Column i of the first n becomes xᵢ and eᵢ = mixtureᵢ cos(2π frequencyᵢ xᵢ + phaseᵢ) + offsetᵢ."""
    n = len(frequency)
    turns = x[:, :n, None] * frequency + phase / (2 * np.pi)  # (rows, n, frequencies)
    waves = np.cos(2 * np.pi * (turns - np.round(turns)))
    mixed = np.einsum("rnf,ndf->rnd", waves, mixture) + offset
    embedded = np.concatenate([x[:, :n, None], mixed], axis=2).reshape(len(x), -1)
    return np.concatenate([embedded, x[:, n:]], axis=1)


def learned_positions(x: Array, weight: Array) -> Array:
    """y[:, t] = x[:, t] + weight[t]."""
    if x.shape[1] > len(weight):
        raise ValueError(f"got {x.shape[1]} places; the network knows {len(weight)}")
    return x + weight[: x.shape[1]]


def unembedding(x: Array, weight: Array) -> Array:
    """y = x weightᵀ: a score for each word, by its vector."""
    return x @ weight.T


def member_scale(x: Array, factor: Array) -> Array:
    """y[i, m] = x[i] · factor[m]; (rows, features) -> (rows, members, features)."""
    return x[:, None, :] * factor


def member_dense(x: Array, weight: Array, bias: Array) -> Array:
    """y[i, m] = x[i, m] weight[m] + bias[m]."""
    return (x.swapaxes(0, 1) @ weight).swapaxes(0, 1) + bias


def padding_around(
    lengths: tuple[int, ...], size: tuple[int, ...], stride: tuple[int, ...], dilation: tuple[int, ...]
) -> tuple[tuple[int, int], ...]:
    """The zeros before and after each axis that give ⌈length / stride⌉ windows."""
    around = []
    for length, places, move, apart in zip(lengths, size, stride, dilation, strict=True):
        needed = max((-(-length // move) - 1) * move + (places - 1) * apart + 1 - length, 0)
        around.append((needed // 2, needed - needed // 2))
    return tuple(around)


def windows(
    x: Array,
    size: tuple[int, ...],
    stride: tuple[int, ...],
    padding: str | tuple[tuple[int, int], ...],
    dilation: tuple[int, ...],
    filler: float = 0.0,
) -> Array:
    """Every window of x (batch, ..., channels): (batch, places ..., size ..., channels)."""
    around = padding_around(x.shape[1:-1], size, stride, dilation) if isinstance(padding, str) else padding
    x = np.pad(x, ((0, 0), *around, (0, 0)), constant_values=filler)
    spans = tuple((places - 1) * apart + 1 for places, apart in zip(size, dilation, strict=True))
    seen = np.lib.stride_tricks.sliding_window_view(x, spans, axis=tuple(range(1, x.ndim - 1)))
    moves = tuple(slice(None, None, move) for move in stride)
    steps = tuple(slice(None, None, apart) for apart in dilation)
    return np.moveaxis(seen[(slice(None), *moves, slice(None), *steps)], len(size) + 1, -1)


def convolution(
    x: Array,
    weight: Array,
    bias: Array | None = None,
    *,
    stride: tuple[int, ...],
    padding: str | tuple[tuple[int, int], ...],
    dilation: tuple[int, ...],
    groups: int = 1,
) -> Array:
    """Each place of y is the sum of a window of x times weight (size ..., in / groups, out), plus bias (out)."""
    axes, (inputs, outputs) = weight.ndim - 1, weight.shape[-2:]
    seen = windows(x, weight.shape[:-2], stride, padding, dilation)
    parts = [
        np.tensordot(
            seen[..., group * inputs : (group + 1) * inputs],
            weight[..., group * (outputs // groups) : (group + 1) * (outputs // groups)],
            axes=axes,
        )
        for group in range(groups)
    ]
    y = np.concatenate(parts, axis=-1)
    return y if bias is None else y + bias


def transposed_convolution(
    x: Array, weight: Array, bias: Array | None = None, *, stride: tuple[int, ...], padding: str | tuple[int, ...]
) -> Array:
    """Each place of x paints a window, weight (size ..., out, in) times x; what lies beyond the padding is cut off."""
    size, places = weight.shape[:-2], x.shape[1:-1]
    whole = [(count - 1) * move + span for count, move, span in zip(places, stride, size, strict=True)]
    y = np.zeros((len(x), *whole, weight.shape[-2]), x.dtype)
    for place in np.ndindex(*size):
        spots = zip(place, places, stride, strict=True)
        there = tuple(slice(first, first + (count - 1) * move + 1, move) for first, count, move in spots)
        y[(slice(None), *there)] += x @ weight[place].T
    if isinstance(padding, str):  # stride times as large as x
        low = [max(span - move, 0) // 2 for span, move in zip(size, stride, strict=True)]
        wanted = [count * move for count, move in zip(places, stride, strict=True)]
    else:
        low, wanted = list(padding), [length - 2 * edge for length, edge in zip(whole, padding, strict=True)]
    missing = [max(first + count - length, 0) for first, count, length in zip(low, wanted, whole, strict=True)]
    y = np.pad(y, ((0, 0), *((0, more) for more in missing), (0, 0)))
    y = y[(slice(None), *(slice(first, first + count) for first, count in zip(low, wanted, strict=True)))]
    return y if bias is None else y + bias


def max_pool(
    x: Array, size: tuple[int, ...], stride: tuple[int, ...], padding: str | tuple[tuple[int, int], ...]
) -> Array:
    """The largest number of each window; what lies around x is never the largest."""
    seen = windows(x, size, stride, padding, (1,) * len(size), -np.inf)
    return seen.max(axis=tuple(range(-1 - len(size), -1)))


def average_pool(
    x: Array, size: tuple[int, ...], stride: tuple[int, ...], padding: str | tuple[tuple[int, int], ...]
) -> Array:
    """The mean of each window; what lies around x is not counted."""
    apart, axes = (1,) * len(size), tuple(range(-1 - len(size), -1))
    total = windows(x, size, stride, padding, apart).sum(axis=axes)
    count = windows(np.ones_like(x[:1, ..., :1]), size, stride, padding, apart).sum(axis=axes)
    return total / count


def global_average_pool(x: Array) -> Array:
    """The mean of each channel over all places."""
    return x.mean(axis=tuple(range(1, x.ndim - 1)))


def global_max_pool(x: Array) -> Array:
    """The largest number of each channel over all places."""
    return x.max(axis=tuple(range(1, x.ndim - 1)))


def simple_rnn(x: Array, weight: Array, recurrent: Array, bias: Array) -> Array:
    """hₜ = tanh(xₜ weight + hₜ₋₁ recurrent + bias), from h₀ = 0; x (batch, time, in) -> h (batch, time, units)."""
    sums, h, states = x @ weight + bias, np.zeros((len(x), len(recurrent)), x.dtype), []
    for t in range(x.shape[1]):
        h = np.tanh(sums[:, t] + h @ recurrent)
        states.append(h)
    return np.stack(states, axis=1)


def gru(x: Array, weight: Array, recurrent: Array, bias: Array, recurrent_bias: Array) -> Array:
    """r, z = σ(…), n = tanh(xₜ weight + bias + r (h recurrent + recurrent_bias)), h ← (1 − z) n + z h."""
    units = len(recurrent)
    sums, h, states = x @ weight + bias, np.zeros((len(x), units), x.dtype), []
    for t in range(x.shape[1]):
        through, now = h @ recurrent, sums[:, t]
        r, z = np.split(sigmoid(now[:, : 2 * units] + through[:, : 2 * units]), 2, axis=1)
        n = np.tanh(now[:, 2 * units :] + r * (through[:, 2 * units :] + recurrent_bias))
        h = (1 - z) * n + z * h
        states.append(h)
    return np.stack(states, axis=1)


def lstm(x: Array, weight: Array, recurrent: Array, bias: Array) -> Array:
    """i, f, g, o = σ, σ, tanh, σ of xₜ weight + h recurrent + bias;  c ← f c + i g,  h ← o tanh c."""
    sums, h = x @ weight + bias, np.zeros((len(x), len(recurrent)), x.dtype)
    c, states = np.zeros_like(h), []
    for t in range(x.shape[1]):
        i, f, g, o = np.split(sums[:, t] + h @ recurrent, 4, axis=1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        states.append(h)
    return np.stack(states, axis=1)


def rotary(x: Array) -> Array:
    """Turn the pair (xᵢ, xᵢ₊ₕ), h half the features, at place t by the angle t · 10000^(−i/h)."""
    time, features = x.shape[-2:]
    turns = np.outer(np.arange(time), 10000.0 ** (-np.arange(0, features, 2) / features))
    cosine, sine = np.cos(turns).astype(x.dtype), np.sin(turns).astype(x.dtype)
    a, b = x[..., : features // 2], x[..., features // 2 :]
    return np.concatenate([a * cosine - b * sine, a * sine + b * cosine], axis=-1)


def attention(
    x: Array,
    weight: Array,
    bias: Array | None,
    output_weight: Array,
    output_bias: Array | None,
    *,
    heads: int,
    causal: bool,
    turned: bool = False,
) -> Array:
    """softmax(q kᵀ / √d) v for each head, with [q k v] = x weight + bias; the heads side by side, once more mixed."""
    batch, time, features = x.shape
    three = dense(x, weight, bias).reshape(batch, time, 3, heads, features // heads)
    q, k, v = three.transpose(2, 0, 3, 1, 4)  # each (batch, heads, time, d)
    if turned:
        q, k = rotary(q), rotary(k)
    scores = q @ k.swapaxes(-1, -2) / math.sqrt(features // heads)
    if causal:
        scores = np.where(np.tri(time, dtype=bool), scores, np.finfo(scores.dtype).min)
    found = (softmax(scores) @ v).swapaxes(1, 2).reshape(batch, time, features)
    return dense(found, output_weight, output_bias)
