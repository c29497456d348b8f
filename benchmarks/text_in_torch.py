"""The GPT and the LSTM of `benchmarks.text` in PyTorch, with its own fused attention and its own LSTM."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn import functional


class Block(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.hidden, self.back = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x: Any) -> Any:
        batch, length, width = x.shape
        q, k, v = self.qkv(self.norm(x)).view(batch, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        found = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(found.transpose(1, 2).reshape(batch, length, width))
        return x + self.back(functional.gelu(self.hidden(self.norm2(x)), approximate="tanh"))


class GPT(nn.Module):
    def __init__(self, words: int, width: int, heads: int, blocks: int, length: int) -> None:
        super().__init__()
        self.words, self.places = nn.Embedding(words, width), nn.Parameter(torch.zeros(length, width))
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(blocks))
        self.norm = nn.LayerNorm(width)
        for weight in self.parameters():
            if weight.ndim == 2:
                nn.init.normal_(weight, std=0.02)

    def forward(self, x: Any) -> Any:
        h = self.words(x) + self.places
        for block in self.blocks:
            h = block(h)
        return self.norm(h) @ self.words.weight.T


class LSTM(nn.Module):
    def __init__(self, words: int, width: int, heads: int, blocks: int, length: int) -> None:
        super().__init__()
        self.words, self.out = nn.Embedding(words, width), nn.Linear(width, words)
        self.cells = nn.LSTM(width, width, batch_first=True)

    def forward(self, x: Any) -> Any:
        return self.out(self.cells(self.words(x))[0])
