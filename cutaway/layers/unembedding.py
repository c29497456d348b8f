"""Unembedding: a score for each word, by the vectors that the words came in as (weight tying)."""

from __future__ import annotations

from typing import Any

from cutaway import ops
from cutaway.errors import InputError
from cutaway.layers.context import Context
from cutaway.layers.embedding import Embedding
from cutaway.layers.layer import Layer


class Unembedding(Layer):
    """Score each word by how well its vector fits.

        y = x weightᵀ        x (..., dimensions), weight (words, dimensions)  ->  y (..., words)

    embedding   the `Embedding` whose weight is shared; it stands before this layer in the same network

    The weight gets blame from both places. There are fewer weights to learn, and a word that is read gets its vector
    moved by the words that are written.

    Raises `InputError` for anything but an embedding, and where it is built before that.

    Reference: Press, Wolf, "Using the output embedding to improve language models", EACL 2017, arXiv 1608.05859.

    >>> import numpy as np, cutaway as ca
    >>> words = Embedding(3, 2)
    >>> net = ca.Sequential(words, Unembedding(words)).build(np.zeros((1, 4), int))
    >>> words.weight = [[1, 0], [0, 1], [1, 1]]
    >>> net(np.array([[2]])).tolist(), list(net.parameters())
    ([[[1.0, 1.0, 2.0]]], ['0.weight'])
    """

    def __init__(self, embedding: Embedding) -> None:
        if not isinstance(embedding, Embedding):
            raise InputError(f"Unembedding: expected the Embedding whose weight it shares, got {embedding!r}")
        self.embedding = embedding

    def forward(self, x: Any, ctx: Context) -> Any:
        """Return x weightᵀ."""
        if "weight" not in self.embedding.__dict__:
            raise InputError(f"{self._place()}: its embedding has no weight yet; put that before it in the network")
        weight = self.embedding.weight
        return ops.matmul(self._features(x, weight.shape[1]), ops.transpose(weight))
