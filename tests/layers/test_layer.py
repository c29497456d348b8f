"""Binding, loading, copying and printing: what every layer can do."""

import copy
import pickle
from inspect import signature

import numpy as np
import pytest

from cutaway import layers
from cutaway.errors import InputError
from cutaway.layers import (
    BatchNorm,
    Constant,
    Context,
    Dense,
    Dropout,
    Layer,
    Parameter,
    ReLU,
    Residual,
    Sequential,
)
from cutaway.schedules import FlatCos
from cutaway.tensor import as_tensors

X = np.random.default_rng(0).standard_normal((4, 3)).astype(np.float32)


class Scale(Layer):
    """A user's own layer."""

    def __init__(self, start=2.0):
        self.start = start
        self.factor = Parameter(("features",), Constant(start))

    def forward(self, x, ctx):
        return x * self.factor


class Square(Layer):
    """One without parameters and without __init__."""

    def forward(self, x, ctx):
        return x * x


class Forgetful(Layer):
    def __init__(self, size, weight=None):
        self.weight = Parameter((size,))


def network():
    return Sequential(Dense(4), BatchNorm(), ReLU(), Residual(Sequential(Dense(4), Scale())), Dense(1)).build(3, 1)


def test_bind_computes_with_the_arrays_given_and_leaves_the_network_alone():
    net, other = network(), network().build(3, seed=2)
    before = {path: array.copy() for path, array in net.parameters().items()}
    bound = net.bind(other.parameters())
    np.testing.assert_array_equal(bound(X, ctx=Context()), other(X))
    bound(X, ctx=Context(mode="train"))
    assert bound.built and bound[0] is not net[0] and bound[0].path == "0"
    for path, array in net.parameters().items():
        assert array is not other.parameters()[path]
        np.testing.assert_array_equal(array, before[path])
    assert not np.allclose(net(X), other(X))


def test_bind_uses_the_state_given():
    net = network()
    state = {"1.running_mean": np.full(4, 3, np.float32), "1.running_variance": np.full(4, 4, np.float32)}
    moved = net.bind(net.parameters(), state)[1](np.full((1, 4), 7, np.float32), ctx=Context())
    np.testing.assert_allclose(moved, np.full((1, 4), 2.0), rtol=1e-5)
    assert np.all(net[1].running_mean == 0)


def test_bind_names_a_missing_array():
    net = network()
    with pytest.raises(InputError, match=r"no array for '4.bias'"):
        net.bind({path: array for path, array in net.parameters().items() if path != "4.bias"})


def test_tensors_in_tensor_out():
    net = network()
    output = net.bind(as_tensors(net.parameters()))(X, ctx=Context())
    assert type(output).__name__ == "Tensor"
    np.testing.assert_array_equal(output.value, net(X))


def test_load_parameters_and_state_round_trip():
    net, other = network(), network().build(3, seed=9)
    net[1].running_mean = [1, 2, 3, 4]
    other.load({**net.parameters(), **net.state()})
    np.testing.assert_array_equal(other(X), net(X))
    other[0].weight[:] = 0
    assert np.any(net[0].weight)


def test_load_refuses_what_does_not_fit_and_sets_nothing():
    net = Sequential(Dense(2), Dense(1)).build(3)
    arrays = {path: array + 1 for path, array in net.parameters().items()}
    before = net(X)
    with pytest.raises(InputError, match=r"missing \['1.bias'\], not known \['2.bias'\]"):
        net.load({path.replace("1.bias", "2.bias"): array for path, array in arrays.items()})
    with pytest.raises(InputError, match=r"layer '1' \(Dense\): bias has shape \(1,\), got \(2,\)"):
        net.load({**arrays, "1.bias": np.zeros(2)})
    np.testing.assert_array_equal(net(X), before)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))])
def test_copies_are_equal_and_independent(copied):
    net = network()
    twin = copied(net)
    np.testing.assert_array_equal(twin(X), net(X))
    assert repr(twin) == repr(net)
    twin[0].weight[:] = 0
    twin[1].running_mean = np.ones(4)
    assert np.any(net[0].weight) and not np.any(net[1].running_mean)
    unbuilt = copied(Sequential(Dense(2)))
    assert not unbuilt.built
    np.testing.assert_array_equal(unbuilt(X), Sequential(Dense(2))(X))


def test_a_layer_of_ones_own():
    net = Sequential(Scale(3.0), Square(), Dense(1)).build(3)
    assert net[0].factor.tolist() == [3, 3, 3]
    np.testing.assert_array_equal(net[1](net[0](X)), np.square(3 * X))
    assert list(net.parameters()) == ["0.factor", "2.weight", "2.bias"]
    with pytest.raises(TypeError, match=r"Layer does not say what it computes; define forward"):
        Layer()(X)


def test_taps_see_every_layer():
    net, ctx = network(), Context(taps=[])
    output = net(X, ctx=ctx)
    assert [tap.path for tap in ctx.taps] == [
        "0",
        "1",
        "2",
        "3.inner.0",
        "3.inner.1",
        "3.inner",
        "3",
        "4",
        "",
    ]
    assert ctx.taps[-1].output is output and ctx.taps[-2].layer is net[4]
    assert ctx.taps[1].inputs[0] is ctx.taps[0].output


# Each has a file of tests of its own.
TESTED_ELSEWHERE = {"ColumnEmbedding", "Graph", "Operation", "Values"}
KINDS = [kind for kind in vars(layers).values() if isinstance(kind, type) and issubclass(kind, Layer)]
WITHOUT_ARGUMENTS = [
    kind
    for kind in KINDS
    if all(p.default is not p.empty or p.kind is p.VAR_POSITIONAL for p in signature(kind).parameters.values())
]
EVERY_LAYER = [
    (Dense(3), "Dense(3)"),
    (Dense(3, bias=False, initializer=layers.Glorot()), "Dense(3, bias=False, initializer=Glorot())"),
    (Dropout(0.1), "Dropout(rate=0.1)"),
    (BatchNorm(momentum=0.2), "BatchNorm(momentum=0.2)"),
    (layers.Embedding(5, 2), "Embedding(5, 2)"),
    (layers.LeakyReLU(0.2), "LeakyReLU(slope=0.2)"),
    (Residual(Sequential(Dense(2), ReLU())), "Residual(Sequential(Dense(2), ReLU()))"),
    (layers.Parametric(layers.Mish()), "Parametric(Mish())"),
    (layers.PeriodicEmbedding(3, sigma=0.5), "PeriodicEmbedding(3, sigma=0.5)"),
    (layers.MemberScale(4), "MemberScale(4)"),
    (layers.MemberScale(4, layers.Normal()), "MemberScale(4, initializer=Normal(std=1.0, mean=0.0))"),
    (layers.MemberDense(1, 4), "MemberDense(1, 4)"),
    (Dropout(FlatCos(0.2)), "Dropout(rate=FlatCos(rate=0.2))"),
    (
        Dense(2, ntk=True, initializer=layers.UnitVariance(), bias_initializer=layers.RandomSimplex(3)),
        "Dense(2, ntk=True, initializer=UnitVariance(), bias_initializer=RandomSimplex(rows=3))",
    ),
    (layers.MultiHeadAttention(2, causal=True, bias=False), "MultiHeadAttention(2, causal=True, bias=False)"),
    (layers.TransformerBlock(2, norm="rms", dropout=0.1), "TransformerBlock(2, dropout=0.1, norm='rms')"),
    (layers.LearnedPositions(4), "LearnedPositions(4)"),
    (layers.Unembedding(layers.Embedding(5, 2)), "Unembedding(Embedding(5, 2))"),
    (layers.Repeat(Residual(ReLU()), 3), "Repeat(Residual(ReLU()), 3)"),
    (layers.Checkpoint(Dense(3)), "Checkpoint(Dense(3))"),
    (layers.GRU(3, sequence=False), "GRU(3, sequence=False)"),
    (layers.LSTM(3, forget_bias=0.0), "LSTM(3, forget_bias=0.0)"),
    (layers.SimpleRNN(3), "SimpleRNN(3)"),
    (layers.Bidirectional(layers.GRU(2), layers.GRU(2)), "Bidirectional(GRU(2), GRU(2))"),
    (layers.Conv1D(3, 5), "Conv1D(3, size=5)"),
    (layers.Conv2D(3, 5, stride=2, groups=3), "Conv2D(3, size=5, stride=2, groups=3)"),
    (layers.ConvTranspose1D(3), "ConvTranspose1D(3)"),
    (layers.ConvTranspose2D(3, 4), "ConvTranspose2D(3, size=4)"),
    (layers.Standardize([1.0], [2.0]), "Standardize((1.0,), (2.0,))"),
    (layers.Cutout(4), "Cutout(4)"),
    (Scale(3.0), "Scale(start=3.0)"),
    (Square(), "Square()"),
    (Forgetful(3), "Forgetful(…)"),
    *[(kind(), f"{kind.__name__}()") for kind in WITHOUT_ARGUMENTS],
]
OWN = {"Scale(start=3.0)", "Square()"}


@pytest.mark.parametrize(("layer", "shown"), EVERY_LAYER, ids=[shown for _, shown in EVERY_LAYER])
def test_repr_says_how_to_make_it(layer, shown):
    assert repr(layer) == shown
    if "…" not in shown:
        own = {"Scale": Scale, "Square": Square} if shown in OWN else {}
        assert repr(eval(shown, {**vars(layers), "FlatCos": FlatCos, **own})) == shown


def test_no_layer_is_missing_from_the_list():
    assert {"BatchNorm", "Dropout", "Sequential", "Tanh"} <= {kind.__name__ for kind in WITHOUT_ARGUMENTS}
    assert {kind.__name__ for kind in KINDS} - {type(layer).__name__ for layer, _ in EVERY_LAYER} <= TESTED_ELSEWHERE


def test_a_forgotten_argument_is_named():
    with pytest.raises(AttributeError, match=r"did not keep the argument 'size'.*self.size = size"):
        Forgetful(3).arguments()
