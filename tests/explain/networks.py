"""A small network around each layer, and rows for it."""

from __future__ import annotations

import numpy as np

import cutaway as ca
from cutaway.layers import Values
from cutaway.layers.feed_forward import FeedForward

SEQUENCE, PICTURE, ROW = (4, 6), (6, 6, 2), (3,)
WORDS = "words"


class Doubled(ca.Layer):
    """A user's own layer with an operation on either side of the one inside."""

    def __init__(self):
        self.inner = ca.Dense(3)

    def forward(self, x, ctx):
        return self.inner(x * 2.0, ctx=ctx) - 1.0


def after(layer, shape=ROW):
    """The layer with a dense one before and behind it."""
    return ca.Sequential(ca.Dense(4), layer, ca.Dense(2)), shape


def embedded():
    words = ca.Embedding(5, 6)
    return ca.Sequential(words, ca.LearnedPositions(8), ca.Dropout(0.3), ca.Unembedding(words)), WORDS


NETWORKS = {
    **{
        name: after(getattr(ca, name)())
        for name in (
            "ELU",
            "SELU",
            "GELU",
            "GELUTanh",
            "Identity",
            "LeakyReLU",
            "Mish",
            "ReLU",
            "Sigmoid",
            "SiLU",
            "Softplus",
            "Tanh",
            "Softmax",
            "BatchNorm",
            "LayerNorm",
            "RMSNorm",
            "Scale",
            "Flatten",
        )
    },
    "Step": after(ca.Step()),
    "Dense": (ca.Sequential(ca.Dense(5, bias=False), ca.Tanh(), ca.Dense(2, ntk=True)), ROW),
    "Dropout": after(ca.Dropout(0.4)),
    "Residual": after(ca.Residual(ca.Sequential(ca.Dense(4), ca.Tanh()))),
    "Parametric": after(ca.Parametric(ca.SELU())),
    "Checkpoint": after(ca.Checkpoint(ca.Sequential(ca.Dense(4), ca.Tanh()))),
    "Repeat": after(ca.Repeat(ca.Residual(ca.Sequential(ca.LayerNorm(), ca.Dense(4), ca.Dropout(0.2))), 3)),
    "Sequential": (ca.Sequential(ca.Sequential(ca.Dense(2), ca.ReLU()), Doubled()), ROW),
    "members": (ca.Sequential(ca.MemberScale(3), ca.Dense(4), ca.Tanh(), ca.MemberDense(2, 3)), ROW),
    "ColumnEmbedding": (ca.Sequential(ca.ColumnEmbedding([4], 3), ca.Dense(2)), "codes"),
    "PeriodicEmbedding": (ca.Sequential(ca.PeriodicEmbedding(2), ca.Dense(2)), ROW),
    "Standardize": (ca.Sequential(ca.Standardize([0.5, 1.0, 0.0], [2.0, 1.0, 3.0]), ca.Dense(2)), ROW),
    "Conv2D": (
        ca.Sequential(
            ca.Conv2D(3, 3),
            ca.BatchNorm(),
            ca.Tanh(),
            ca.MaxPool2D(2),
            ca.Conv2D(2, 2),
            ca.AveragePool2D(3),
            ca.Flatten(),
            ca.Dense(2),
        ),
        PICTURE,
    ),
    "augmentation": (
        ca.Sequential(ca.RandomFlip(), ca.RandomShift(1), ca.Cutout(2), ca.Conv2D(2, 3), ca.GlobalAveragePool()),
        PICTURE,
    ),
    "ConvTranspose2D": (ca.Sequential(ca.ConvTranspose2D(2, 3), ca.GlobalAveragePool()), PICTURE),
    "ConvTranspose1D": (ca.Sequential(ca.ConvTranspose1D(2, 2, stride=2), ca.Flatten(), ca.Dense(2)), SEQUENCE),
    "Conv1D": (
        ca.Sequential(ca.Conv1D(3, 2), ca.MaxPool1D(2), ca.AveragePool1D(2), ca.GlobalMaxPool(), ca.Dense(2)),
        SEQUENCE,
    ),
    "LSTM": (ca.Sequential(ca.LSTM(3), ca.Dense(2)), SEQUENCE),
    "GRU": (ca.Sequential(ca.GRU(3, sequence=False), ca.Dense(2)), SEQUENCE),
    "SimpleRNN": (ca.Sequential(ca.SimpleRNN(3), ca.Dense(2)), SEQUENCE),
    "Bidirectional": (ca.Sequential(ca.Bidirectional(ca.LSTM(2), ca.GRU(3)), ca.Dense(2)), SEQUENCE),
    "MultiHeadAttention": (ca.Sequential(ca.MultiHeadAttention(2, causal=True), ca.Dense(2)), SEQUENCE),
    "TransformerBlock": (
        ca.Sequential(ca.Dense(8), ca.Repeat(ca.TransformerBlock(2, rotary=True, norm="rms", dropout=0.1), 2)),
        SEQUENCE,
    ),
    "FeedForward": after(FeedForward(2)),
    "Graph": (
        ca.Graph(
            ["x"],
            [ca.Dense(4), ca.Operation("erf"), Values((1, 4)), ca.Operation("multiply"), ca.Dense(2)],
            ["a", "b", "c", "d", "e"],
            [["x"], ["a"], ["x"], ["b", "c"], ["d"]],
            "e",
        ),
        ROW,
    ),
    "Embedding": embedded(),
}


def built(name: str, seed: int = 3):
    """Return the network, with no parameter or state at a special value such as 0 or 1, and one row for it."""
    network, shape = NETWORKS[name]
    random = np.random.default_rng(seed)
    if shape == WORDS:
        x = np.array([[0, 4, 2, 2]])
    elif shape == "codes":
        x = np.array([[0.4, -1.2, 2.0]])
    else:
        x = random.standard_normal((1, *shape))
    network.build(x, seed=seed)
    arrays = {**network.parameters(), **network.state()}
    network.load({path: array + random.uniform(0.05, 0.3, array.shape) for path, array in arrays.items()})
    return network, x
