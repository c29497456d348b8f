"""Every layer with a dense layer below it: gradients of its parameters and of what came in."""

import numpy as np
import pytest

from cutaway import layers, ops
from cutaway.autodiff import check_gradients, pull
from cutaway.backends.random import Random
from cutaway.layers import Context, Dense, Embedding, Flatten, Sequential
from cutaway.schedules import FlatCos
from cutaway.tensor import Tensor

FEATURES, BATCH = 3, 5
MASK = np.array([1.0, 1.0, 0.0, 1.0, 1.0])


class Bilinear(layers.Layer):
    """A user's own layer: y = (x weight) · x, a number a row."""

    def __init__(self):
        self.weight = layers.Parameter(lambda shape: (shape[-1], shape[-1]), layers.Normal())

    def forward(self, x, ctx):
        return ops.sum(x @ self.weight * x, axis=-1, keepdims=True)


class AsSequence(layers.Layer):
    """Rows as sequences: (batch, 12) -> (batch, 3, 4)."""

    def forward(self, x, ctx):
        return ops.reshape(x, shape=(-1, 3, 4))


class AsPictures(layers.Layer):
    """Rows as pictures: (batch, 32) -> (batch, 4, 4, 2)."""

    def forward(self, x, ctx):
        return ops.reshape(x, shape=(-1, 4, 4, 2))


def below_sequences(layer):
    return Sequential(Dense(12), AsSequence(), layer)


def below_pictures(layer):
    return Sequential(Dense(32), AsPictures(), layer)


def below(layer):
    return Sequential(Dense(4), layer)


ACTIVATIONS = [
    "Identity",
    "Sigmoid",
    "Tanh",
    "ReLU",
    "SELU",
    "GELU",
    "GELUTanh",
    "SiLU",
    "Mish",
    "Softplus",
    "LeakyReLU",
    "ELU",
    "Step",
]
NETWORKS = {
    **{name: below(getattr(layers, name)()) for name in ACTIVATIONS},
    "LeakyReLU(0.3)": below(layers.LeakyReLU(0.3)),
    "ELU(0.5)": below(layers.ELU(0.5)),
    "Dense": below(Dense(2)),
    "Dense without bias": below(Dense(2, bias=False)),
    "Softmax": below(layers.Softmax()),
    "LayerNorm": below(layers.LayerNorm()),
    "BatchNorm": below(layers.BatchNorm()),
    "Dropout": below(layers.Dropout(0.4)),
    "Flatten": below(Flatten()),
    "Residual": below(layers.Residual(Sequential(Dense(4), layers.Tanh()))),
    "Bilinear": below(Bilinear()),
    "Dense, ntk": below(Dense(2, ntk=True)),
    "Dropout by schedule": below(layers.Dropout(FlatCos(0.4))),
    "Scale": below(layers.Scale()),
    "Parametric": below(layers.Parametric(layers.SELU())),
    "PeriodicEmbedding": below(layers.PeriodicEmbedding(2, dimensions=3, frequencies=5, sigma=0.5)),
    "PeriodicEmbedding of all columns": below(layers.PeriodicEmbedding(4)),
    "RMSNorm": below(layers.RMSNorm()),
    "FeedForward": below(layers.FeedForward(2)),
    "Repeat": below(layers.Repeat(Sequential(Dense(4), layers.Tanh(), layers.Dropout(0.4)), 3)),
    "Checkpoint": below(layers.Checkpoint(Sequential(Dense(4), layers.BatchNorm(), layers.Dropout(0.4)))),
    "LearnedPositions": below_sequences(layers.LearnedPositions(5)),
    "MultiHeadAttention": below_sequences(layers.MultiHeadAttention(2, causal=True, rotary=True, dropout=0.4)),
    "TransformerBlock": below_sequences(layers.TransformerBlock(2, dropout=0.4, norm="rms")),
    "SimpleRNN": below_sequences(layers.SimpleRNN(3)),
    "GRU": below_sequences(layers.GRU(3, sequence=False)),
    "LSTM": below_sequences(layers.LSTM(3)),
    "Bidirectional": below_sequences(layers.Bidirectional(layers.GRU(2), layers.GRU(2))),
    "Conv1D": below_sequences(layers.Conv1D(3, 2, stride=2)),
    "ConvTranspose1D": below_sequences(layers.ConvTranspose1D(3)),
    "MaxPool1D": below_sequences(layers.MaxPool1D(2)),
    "AveragePool1D": below_sequences(layers.AveragePool1D(2)),
    "Conv2D": below_pictures(layers.Conv2D(4, 3, groups=2, dilation=2)),
    "ConvTranspose2D": below_pictures(layers.ConvTranspose2D(3)),
    "MaxPool2D": below_pictures(layers.MaxPool2D(2)),
    "AveragePool2D": below_pictures(layers.AveragePool2D(3, stride=1, padding=1)),
    "GlobalAveragePool": below_pictures(layers.GlobalAveragePool()),
    "GlobalMaxPool": below_pictures(layers.GlobalMaxPool()),
    "Standardize": below_pictures(layers.Standardize([1.0, 2.0], [3.0, 4.0])),
    "RandomShift": below_pictures(layers.RandomShift(1)),
    "RandomFlip": below_pictures(layers.RandomFlip()),
    "Cutout": below_pictures(layers.Cutout(2)),
    "members": Sequential(Dense(4), layers.MemberScale(3), Dense(5), layers.Tanh(), layers.MemberDense(2, 3)),
}
CONTEXTS = {
    "evaluate": {},
    "train": {"mode": "train", "random": Random(np.uint32(1), np.uint32(2)), "progress": np.float64(0.75)},
    "train with padding": {"mode": "train", "random": Random(np.uint32(1), np.uint32(2)), "row_mask": MASK},
}
ROWS = [(name, "train") for name in NETWORKS] + [
    ("BatchNorm", "evaluate"),
    ("BatchNorm", "train with padding"),
    ("Dropout", "evaluate"),
]


def built(network, shape=(FEATURES,)):
    """Build in float64 with no parameter or state at a special value such as 0 or 1."""
    network.build(shape, seed=3, dtype=np.float64)
    random = np.random.default_rng(4)
    arrays = {**network.parameters(), **network.state()}
    return network.load({path: array + random.uniform(0.1, 0.5, array.shape) for path, array in arrays.items()})


def as_function(network, context):
    """Return the network as a function of x and its parameters, and these."""
    params = network.parameters()

    def function(x, *values):
        return network.bind(dict(zip(params, values, strict=True)))(x, ctx=Context(**CONTEXTS[context]))

    return function, list(params.values())


def rows(shape=(BATCH, FEATURES)):
    return np.random.default_rng(5).standard_normal(shape)


def test_no_layer_is_missing():
    kinds = {kind for kind in vars(layers).values() if isinstance(kind, type) and issubclass(kind, layers.Layer)}
    tried = {type(layer) for network in NETWORKS.values() for _, layer in network.named_layers()}
    # The first two are abstract; the others look rows up and have tests of their own.
    assert kinds - tried <= {
        layers.Layer,
        layers.Activation,
        Embedding,
        layers.Unembedding,
        layers.ColumnEmbedding,
        layers.Graph,
        layers.Operation,
        layers.Values,
    }


@pytest.mark.parametrize(("name", "context"), ROWS)
def test_gradients_are_the_measured_slope(name, context):
    function, params = as_function(built(NETWORKS[name]), context)
    for seed in range(2):
        assert check_gradients(function, [rows(), *params], node=Tensor, seed=seed) < 1e-8


@pytest.mark.parametrize(("name", "context"), ROWS)
def test_gradients_are_those_that_jax_finds(name, context):
    jax = pytest.importorskip("jax")
    from .precision import x64

    function, params = as_function(built(NETWORKS[name]), context)
    operands = [rows(), *params]
    g = np.random.default_rng(6).standard_normal(function(*operands).shape)

    def ours(g, *operands):
        leaves = [Tensor(operand) for operand in operands]
        return pull(function(*leaves), leaves, g)

    with x64():
        soon = {"xla_backend_optimization_level": 0}  # any program of the reference will do, and this one is soon made
        theirs = jax.jit(lambda *operands: jax.vjp(function, *operands)[1](g), compiler_options=soon)(*operands)
        traced = jax.jit(ours)(g, *operands)
    for eager, compiled, expected in zip(ours(g, *operands), traced, theirs, strict=True):
        np.testing.assert_allclose(eager, expected, rtol=1e-11, atol=1e-12)
        np.testing.assert_allclose(compiled, expected, rtol=1e-11, atol=1e-12)


def test_embedding_sends_blame_to_the_words_that_occurred():
    network = built(Sequential(Embedding(6, 3), Flatten(), Dense(2), layers.Tanh()), (2,))
    function, params = as_function(network, "evaluate")
    words = np.array([[0, 5], [3, 3]])
    assert check_gradients(lambda *values: function(words, *values), params, node=Tensor) < 1e-8
    leaves = [Tensor(value) for value in params]
    blame = pull(function(words, *leaves), leaves[:1], np.ones((2, 2)))[0]
    assert [bool(np.any(row)) for row in blame] == [True, False, False, True, False, True]


def test_three_axes():
    """Sequences: dense layers and norms act on the last axis."""
    network = Sequential(Dense(4), layers.LayerNorm(), layers.BatchNorm(), Flatten(), Dense(1))
    function, params = as_function(built(network, (2, FEATURES)), "train with padding")
    assert check_gradients(function, [rows((BATCH, 2, FEATURES)), *params], node=Tensor) < 1e-8


def test_gradients_of_a_shared_layer_add_up():
    shared = Dense(3)
    both = built(Sequential(shared, layers.Tanh(), shared))
    apart = Sequential(Dense(3), layers.Tanh(), Dense(3)).build(3, dtype=np.float64)
    assert list(both.parameters()) == ["0.weight", "0.bias"]
    values = both.parameters()
    apart.load({f"{place}.{name}": values[f"0.{name}"] for place in "02" for name in ("weight", "bias")})
    g = np.random.default_rng(7).standard_normal((BATCH, 3))

    def blame(network):
        tensors = {path: Tensor(value) for path, value in network.parameters().items()}
        bound = network.bind(tensors)
        shares = pull(bound(rows(), ctx=Context()), list(tensors.values()), g)
        return bound, dict(zip(tensors, shares, strict=True))

    bound, summed = blame(both)
    parts = blame(apart)[1]
    assert bound[0] is bound[2]
    np.testing.assert_allclose(summed["0.weight"], parts["0.weight"] + parts["2.weight"], rtol=1e-13)
    np.testing.assert_allclose(summed["0.bias"], parts["0.bias"] + parts["2.bias"], rtol=1e-13)
