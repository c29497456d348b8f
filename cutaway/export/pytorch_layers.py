"""Layers that PyTorch has no module for, or has with the channels elsewhere: `pytorch_code` copies from here.

Every module takes what the layer of the same name takes: the batch first, features or channels last.
"""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - its usual name
from torch import Tensor, nn


class Step(nn.Module):
    """y = 1 where x > 0 else 0."""

    def forward(self, x: Tensor) -> Tensor:
        """Return the step of x."""
        return (x > 0).to(x.dtype)


class Scale(nn.Module):
    """y = x · factor."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.factor = nn.Parameter(torch.ones(features))

    def forward(self, x: Tensor) -> Tensor:
        """Return x · factor."""
        return x * self.factor


class Standardize(nn.Module):
    """y = (x − mean) / deviation, channel by channel."""

    def __init__(self, mean: tuple[float, ...], deviation: tuple[float, ...]) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(mean), persistent=False)
        self.register_buffer("deviation", torch.tensor(deviation), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Return (x − mean) / deviation."""
        return (x.to(self.mean.dtype) - self.mean) / self.deviation


class Parametric(nn.Module):
    """y = x + amount (f(x) − x)."""

    def __init__(self, activation: nn.Module, features: int) -> None:
        super().__init__()
        self.activation, self.amount = activation, nn.Parameter(torch.ones(features))

    def forward(self, x: Tensor) -> Tensor:
        """Return x + amount (f(x) − x)."""
        return x + self.amount * (self.activation(x) - x)


class Residual(nn.Module):
    """y = x + inner(x)."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: Tensor) -> Tensor:
        """Return x + inner(x)."""
        return x + self.inner(x)


class BatchNorm(nn.BatchNorm1d):
    """Batch norm over the last axis, whatever stands between it and the batch."""

    channels_last = True

    def _check_input_dim(self, x: Tensor) -> None:
        """Take any number of axes."""

    def forward(self, x: Tensor) -> Tensor:
        """Return the normalised x."""
        return super().forward(x.movedim(-1, 1)).movedim(1, -1)


class ColumnEmbedding(nn.Module):
    """The last columns of x are codes, each replaced by its vector in its table."""

    def __init__(self, sizes: tuple[int, ...], dimensions: int) -> None:
        super().__init__()
        self.tables = nn.ModuleList(nn.Embedding(size, dimensions) for size in sizes)

    def forward(self, x: Tensor) -> Tensor:
        """Return the other columns and the vectors, side by side."""
        rest = x.shape[-1] - len(self.tables)
        vectors = [table(x[..., rest + place].long()) for place, table in enumerate(self.tables)]
        return torch.cat([x[..., :rest], *vectors], -1)


class PeriodicEmbedding(nn.Module):
    """Column i of the first n becomes xᵢ and eᵢ = mixtureᵢ cos(2π frequencyᵢ xᵢ + phaseᵢ) + offsetᵢ."""

    def __init__(self, columns: int, dimensions: int, frequencies: int) -> None:
        super().__init__()
        self.frequency = nn.Parameter(torch.zeros(columns, frequencies))
        self.phase = nn.Parameter(torch.zeros(columns, frequencies))
        self.mixture = nn.Parameter(torch.zeros(columns, dimensions - 1, frequencies))
        self.offset = nn.Parameter(torch.zeros(columns, dimensions - 1))

    def forward(self, x: Tensor) -> Tensor:
        """Return the embedded columns and the others, side by side."""
        n = len(self.frequency)
        turns = x[:, :n, None] * self.frequency + self.phase / (2 * math.pi)
        waves = torch.cos(2 * math.pi * (turns - turns.round()))
        mixed = torch.einsum("rnf,ndf->rnd", waves, self.mixture) + self.offset
        return torch.cat([torch.cat([x[:, :n, None], mixed], 2).flatten(1), x[:, n:]], 1)


class LearnedPositions(nn.Module):
    """y[:, t] = x[:, t] + weight[t]."""

    def __init__(self, length: int, features: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(length, features))

    def forward(self, x: Tensor) -> Tensor:
        """Return x plus the vectors of its places."""
        return x + self.weight[: x.shape[1]]


class Unembedding(nn.Module):
    """y = x weightᵀ, with the weight of an embedding."""

    def __init__(self, embedding: nn.Embedding) -> None:
        super().__init__()
        self.shared = (embedding,)  # in a tuple it is no part of this module: its weight has one name

    def forward(self, x: Tensor) -> Tensor:
        """Return a score for each word."""
        return x @ self.shared[0].weight.T


class MemberScale(nn.Module):
    """y[i, m] = x[i] · factor[m]."""

    def __init__(self, members: int, features: int) -> None:
        super().__init__()
        self.factor = nn.Parameter(torch.ones(members, features))

    def forward(self, x: Tensor) -> Tensor:
        """Return x · factor for each member."""
        return x[:, None] * self.factor


class MemberDense(nn.Module):
    """y[i, m] = x[i, m] weight[m] + bias[m]."""

    def __init__(self, members: int, features: int, units: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(members, features, units))
        self.bias = nn.Parameter(torch.zeros(members, units))

    def forward(self, x: Tensor) -> Tensor:
        """Return x weight + bias for each member."""
        return torch.einsum("rmi,mio->rmo", x, self.weight) + self.bias


def with_edges(x: Tensor, padding: Any, size: Any, stride: Any, dilation: Any, value: float = 0.0) -> Tensor:
    """Return x (batch, channels, ...) with `value` around it: so many on both sides, or what "same" needs."""
    edges: list[int] = []
    for length, places, move, apart, edge in zip(
        x.shape[2:], size, stride, dilation, padding if padding != "same" else size, strict=True
    ):
        needed = max((-(-length // move) - 1) * move + (places - 1) * apart + 1 - length, 0)
        edges = [*((needed // 2, needed - needed // 2) if padding == "same" else (edge, edge)), *edges]
    return F.pad(x, edges, value=value)


class Conv2D(nn.Conv2d):
    """Convolution of pictures (batch, height, width, channels)."""

    channels_last = True

    def __init__(self, *sizes: int, edges: Any, **settings: Any) -> None:
        super().__init__(*sizes, **settings)
        self.edges = edges

    def forward(self, x: Tensor) -> Tensor:
        """Return the convolution of x."""
        x = with_edges(x.movedim(-1, 1), self.edges, self.kernel_size, self.stride, self.dilation)
        return super().forward(x).movedim(1, -1)


class Conv1D(nn.Conv1d):
    """Convolution of sequences (batch, length, channels)."""

    channels_last = True

    def __init__(self, *sizes: int, edges: Any, **settings: Any) -> None:
        super().__init__(*sizes, **settings)
        self.edges = edges

    def forward(self, x: Tensor) -> Tensor:
        """Return the convolution of x."""
        x = with_edges(x.movedim(-1, 1), self.edges, self.kernel_size, self.stride, self.dilation)
        return super().forward(x).movedim(1, -1)


def cut(y: Tensor, x: Tensor, edges: Any, size: Any, stride: Any) -> Tensor:
    """Return y (batch, channels, ...) cut to stride times the size of x, or by so many places on both sides."""
    rest: list[int] = []
    for length, count, span, move, edge in zip(
        y.shape[2:], x.shape[2:], size, stride, edges if edges != "same" else size, strict=True
    ):
        low = max(span - move, 0) // 2
        rest = [*((-low, count * move + low - length) if edges == "same" else (-edge, -edge)), *rest]
    return F.pad(y, rest)


class ConvTranspose2D(nn.ConvTranspose2d):
    """Transposed convolution of pictures (batch, rows, columns, channels), its bias added where nothing is painted."""

    channels_last = True

    def __init__(self, *sizes: int, edges: Any, **settings: Any) -> None:
        super().__init__(*sizes, **settings)
        self.edges = edges

    def forward(self, x: Tensor) -> Tensor:
        """Return the transposed convolution of x."""
        x = x.movedim(-1, 1)
        y = cut(F.conv_transpose2d(x, self.weight, None, self.stride), x, self.edges, self.kernel_size, self.stride)
        y = y.movedim(1, -1)
        return y if self.bias is None else y + self.bias


class ConvTranspose1D(nn.ConvTranspose1d):
    """Transposed convolution of sequences (batch, places, channels), its bias added where nothing is painted."""

    channels_last = True

    def __init__(self, *sizes: int, edges: Any, **settings: Any) -> None:
        super().__init__(*sizes, **settings)
        self.edges = edges

    def forward(self, x: Tensor) -> Tensor:
        """Return the transposed convolution of x."""
        x = x.movedim(-1, 1)
        y = cut(F.conv_transpose1d(x, self.weight, None, self.stride), x, self.edges, self.kernel_size, self.stride)
        y = y.movedim(1, -1)
        return y if self.bias is None else y + self.bias


class MaxPool(nn.Module):
    """The largest number of each window of x (batch, ..., channels)."""

    channels_last = True

    def __init__(self, size: tuple[int, ...], stride: tuple[int, ...], edges: Any) -> None:
        super().__init__()
        self.size, self.stride, self.edges = size, stride, edges

    def forward(self, x: Tensor) -> Tensor:
        """Return one number for each window and channel."""
        pool = F.max_pool1d if len(self.size) == 1 else F.max_pool2d
        x = with_edges(x.movedim(-1, 1), self.edges, self.size, self.stride, (1,) * len(self.size), -math.inf)
        return pool(x, self.size, self.stride).movedim(1, -1)


class AveragePool(nn.Module):
    """The mean of each window of x (batch, ..., channels); what lies around x is not counted."""

    channels_last = True

    def __init__(self, size: tuple[int, ...], stride: tuple[int, ...], edges: Any) -> None:
        super().__init__()
        self.size, self.stride, self.edges = size, stride, edges

    def forward(self, x: Tensor) -> Tensor:
        """Return one number for each window and channel."""
        pool = F.avg_pool1d if len(self.size) == 1 else F.avg_pool2d

        def mean(x: Tensor) -> Tensor:
            return pool(
                with_edges(x, self.edges, self.size, self.stride, (1,) * len(self.size)), self.size, self.stride
            )

        x = x.movedim(-1, 1)
        return (mean(x) / mean(torch.ones_like(x[:1, :1]))).movedim(1, -1)


class GlobalAveragePool(nn.Module):
    """The mean of each channel over all places."""

    def forward(self, x: Tensor) -> Tensor:
        """Return the means."""
        return x.mean(dim=tuple(range(1, x.dim() - 1)))


class GlobalMaxPool(nn.Module):
    """The largest number of each channel over all places."""

    def forward(self, x: Tensor) -> Tensor:
        """Return the largest numbers."""
        return x.amax(dim=tuple(range(1, x.dim() - 1)))


class States(nn.Module):
    """The states of a recurrent module at every place, or the last."""

    def __init__(self, cell: nn.Module, sequence: bool) -> None:
        super().__init__()
        self.cell, self.sequence = cell, sequence

    def forward(self, x: Tensor) -> Tensor:
        """Return the states, (batch, time, units) or (batch, units)."""
        states = self.cell(x)[0]
        return states if self.sequence else states[:, -1]


class Bidirectional(nn.Module):
    """[ahead(x), back(x)]: the second reads from the last place to the first."""

    def __init__(self, ahead: States, back: States) -> None:
        super().__init__()
        self.ahead, self.back = ahead, back

    def forward(self, x: Tensor) -> Tensor:
        """Return what both make of x, side by side."""
        back = self.back(x.flip(1))
        return torch.cat([self.ahead(x), back.flip(1) if self.back.sequence else back], -1)


def rotary(x: Tensor) -> Tensor:
    """Turn the pair (xᵢ, xᵢ₊ₕ), h half the features, at place t by the angle t · 10000^(−i/h)."""
    time, features = x.shape[-2:]
    steps = torch.arange(0, features, 2, device=x.device, dtype=torch.float64)
    turns = torch.outer(torch.arange(time, device=x.device, dtype=torch.float64), 10000.0 ** (-steps / features))
    cosine, sine = turns.cos().to(x.dtype), turns.sin().to(x.dtype)
    a, b = x.chunk(2, -1)
    return torch.cat([a * cosine - b * sine, a * sine + b * cosine], -1)


class Attention(nn.Module):
    """softmax(q kᵀ / √d) v for each head, with q, k, v by one product; the heads side by side, once more mixed."""

    def __init__(self, features: int, heads: int, causal: bool, turned: bool, bias: bool) -> None:
        super().__init__()
        self.heads, self.causal, self.turned = heads, causal, turned
        self.inward, self.outward = nn.Linear(features, 3 * features, bias), nn.Linear(features, features, bias)

    def forward(self, x: Tensor) -> Tensor:
        """Return what the heads find, mixed."""
        q, k, v = (part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in self.inward(x).chunk(3, -1))
        if self.turned:
            q, k = rotary(q), rotary(k)
        found = F.scaled_dot_product_attention(q, k, v, is_causal=self.causal)
        return self.outward(found.transpose(1, 2).flatten(2))


class TransformerBlock(nn.Module):
    """h = x + attention(norm₁(x)), y = h + feed_forward(norm₂(h))."""

    def __init__(self, norm_1: nn.Module, attention: nn.Module, norm_2: nn.Module, feed_forward: nn.Module) -> None:
        super().__init__()
        self.norm_1, self.attention, self.norm_2, self.feed_forward = norm_1, attention, norm_2, feed_forward

    def forward(self, x: Tensor) -> Tensor:
        """Return the stream with what both parts add to it."""
        x = x + self.attention(self.norm_1(x))
        return x + self.feed_forward(self.norm_2(x))
