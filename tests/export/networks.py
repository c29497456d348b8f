"""One small network for each layer of the package, with rows that go through it."""

import numpy as np

import cutaway as ca

RNG = np.random.default_rng(7)
ROWS = RNG.normal(size=(4, 6)).astype(np.float32)
PICTURES = RNG.normal(size=(3, 9, 8, 4)).astype(np.float32)
SEQUENCES = RNG.normal(size=(3, 7, 4)).astype(np.float32)
TOKENS = RNG.integers(0, 9, (3, 5))
CODES = np.concatenate([ROWS[:, :3], RNG.integers(0, 3, (4, 1)), RNG.integers(0, 2, (4, 1))], axis=1).astype(np.float32)
WORDS = ca.Embedding(9, 8)
SHARED = ca.Dense(6)
FAR = np.concatenate([ROWS * 3, ROWS * 40])  # where activations saturate

REFUSED = {"Graph", "Operation", "Values"}  # what other programs' graphs become: they go no further


def bent(activation):
    return lambda: (ca.Sequential(activation, ca.Parametric(activation)), FAR)


NETWORKS = {
    "Dense": lambda: (ca.Sequential(ca.Dense(4, ntk=True), ca.Dense(3, bias=False), ca.Dense(2)), ROWS),
    "Sequential": lambda: (ca.Sequential(SHARED, ca.Sequential(ca.Tanh(), SHARED), ca.Dense(2)), ROWS),
    "Residual": lambda: (ca.Sequential(ca.Dense(4), ca.Residual(ca.Sequential(ca.Dense(4), ca.ReLU()))), ROWS),
    "Checkpoint": lambda: (ca.Sequential(ca.Checkpoint(ca.Dense(4))), ROWS),
    "Repeat": lambda: (ca.Repeat(ca.Residual(ca.Repeat(ca.Sequential(ca.LayerNorm(), ca.Dense(6)), 2)), 3), ROWS),
    **{
        name: bent(getattr(ca, name)())
        for name in (
            "ELU", "GELU", "GELUTanh", "Identity", "LeakyReLU", "Mish", "ReLU", "SELU", "Sigmoid", "SiLU", "Softplus",
            "Step", "Tanh",
        )
    },
    "Parametric": lambda: (ca.Sequential(ca.Parametric(ca.ELU(0.5)), ca.LeakyReLU(0.3)), ROWS),
    "Softmax": lambda: (ca.Sequential(ca.Dense(3), ca.Softmax()), ROWS),
    "Scale": lambda: (ca.Sequential(ca.Scale(), ca.Dense(2)), ROWS),
    "Standardize": lambda: (ca.Sequential(ca.Standardize([0.1] * 4, [2.0] * 4), ca.Conv2D(2)), PICTURES),
    "BatchNorm": lambda: (ca.Sequential(ca.Dense(4), ca.BatchNorm(epsilon=1e-3), ca.Dense(2)), ROWS),
    "LayerNorm": lambda: (ca.Sequential(ca.LayerNorm(1e-4), ca.Dense(2)), ROWS),
    "RMSNorm": lambda: (ca.Sequential(ca.RMSNorm(1e-4), ca.Dense(2)), ROWS),
    "Dropout": lambda: (ca.Sequential(ca.Dropout(0.3), ca.Dense(2), ca.Dropout(ca.FlatCos(0.2))), ROWS),
    "Flatten": lambda: (ca.Sequential(ca.Conv2D(2, 3, padding="valid"), ca.Flatten(), ca.Dense(2)), PICTURES),
    "Embedding": lambda: (ca.Sequential(ca.Embedding(9, 4), ca.Dense(2)), TOKENS),
    "Unembedding": lambda: (ca.Sequential(WORDS, ca.Tanh(), ca.Unembedding(WORDS)), TOKENS),
    "LearnedPositions": lambda: (ca.Sequential(ca.Embedding(9, 4), ca.LearnedPositions(6), ca.Dense(2)), TOKENS),
    "ColumnEmbedding": lambda: (ca.Sequential(ca.ColumnEmbedding([3, 2], 4), ca.Dense(2)), CODES),
    "PeriodicEmbedding": lambda: (ca.Sequential(ca.PeriodicEmbedding(4, frequencies=5, sigma=2.0), ca.Dense(2)), ROWS),
    "MemberScale": lambda: (ca.Sequential(ca.MemberScale(3), ca.Dense(4), ca.ReLU(), ca.MemberDense(2, 3)), ROWS),
    "MemberDense": lambda: (ca.Sequential(ca.MemberScale(2), ca.MemberDense(2, 2)), ROWS),
    "Conv1D": lambda: (ca.Sequential(ca.Conv1D(4, 3, stride=2), ca.BatchNorm(), ca.Conv1D(2, 2, padding=1)), SEQUENCES),
    "Conv2D": lambda: (
        ca.Sequential(
            ca.Conv2D(4, (3, 2), stride=2, groups=2), ca.BatchNorm(), ca.ReLU(),
            ca.Conv2D(3, 3, dilation=2, bias=False), ca.Conv2D(2, 2, padding=(1, 0)),
        ),
        PICTURES,
    ),
    "ConvTranspose1D": lambda: (
        ca.Sequential(
            ca.ConvTranspose1D(4, 3), ca.ConvTranspose1D(3, 4, padding=1), ca.ConvTranspose1D(2, 2, stride=3)
        ),
        SEQUENCES,
    ),
    "ConvTranspose2D": lambda: (
        ca.Sequential(ca.ConvTranspose2D(3, (3, 2)), ca.ReLU(), ca.ConvTranspose2D(2, 3, padding="valid", bias=False)),
        PICTURES,
    ),
    "MaxPool1D": lambda: (ca.Sequential(ca.MaxPool1D(3, 2, 1), ca.Dense(2)), SEQUENCES),
    "MaxPool2D": lambda: (ca.Sequential(ca.MaxPool2D(3, 2, "same"), ca.MaxPool2D((2, 1))), PICTURES),
    "AveragePool1D": lambda: (ca.Sequential(ca.AveragePool1D(3, 2, 1), ca.Dense(2)), SEQUENCES),
    "AveragePool2D": lambda: (ca.Sequential(ca.AveragePool2D(3, 2, "same"), ca.AveragePool2D((2, 1))), PICTURES),
    "GlobalAveragePool": lambda: (ca.Sequential(ca.Conv2D(3), ca.GlobalAveragePool(), ca.Dense(2)), PICTURES),
    "GlobalMaxPool": lambda: (ca.Sequential(ca.Conv1D(3), ca.GlobalMaxPool(), ca.Dense(2)), SEQUENCES),
    "SimpleRNN": lambda: (ca.Sequential(ca.SimpleRNN(3), ca.SimpleRNN(2, sequence=False)), SEQUENCES),
    "GRU": lambda: (ca.Sequential(ca.GRU(3), ca.GRU(2, sequence=False)), SEQUENCES),
    "LSTM": lambda: (ca.Sequential(ca.LSTM(3), ca.LSTM(2, sequence=False)), SEQUENCES),
    "Bidirectional": lambda: (
        ca.Sequential(
            ca.Bidirectional(ca.GRU(3), ca.LSTM(2)),
            ca.Bidirectional(ca.LSTM(2, sequence=False), ca.SimpleRNN(2, sequence=False)),
        ),
        SEQUENCES,
    ),
    "MultiHeadAttention": lambda: (
        ca.Sequential(ca.MultiHeadAttention(2), ca.MultiHeadAttention(2, causal=True, rotary=True, bias=False)),
        SEQUENCES,
    ),
    "FeedForward": lambda: (
        ca.Sequential(*(ca.FeedForward(2, activation=f) for f in ("gelu", "gelu_tanh", "relu", "silu", "tanh"))),
        SEQUENCES,
    ),
    "TransformerBlock": lambda: (
        ca.Sequential(
            ca.TransformerBlock(2), ca.TransformerBlock(2, norm="rms", rotary=True, causal=False, bias=False)
        ),
        SEQUENCES,
    ),
    "RandomShift": lambda: (ca.Sequential(ca.RandomShift(1), ca.Conv2D(2)), PICTURES),
    "RandomFlip": lambda: (ca.Sequential(ca.RandomFlip(), ca.Conv2D(2)), PICTURES),
    "Cutout": lambda: (ca.Sequential(ca.Cutout(2), ca.Conv2D(2)), PICTURES),
}  # fmt: skip


def network_of(name):
    """The network that shows a layer, every array of it changed from its first values, and rows for it."""
    net, x = NETWORKS[name]()
    net.build(x, seed=3)
    random = np.random.default_rng(11)
    for path, array in {**net.parameters(), **net.state()}.items():
        array += (0.2 * random.uniform(0 if "variance" in path else -1, 1, array.shape)).astype(array.dtype)
    return net, x
