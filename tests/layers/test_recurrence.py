"""Recurrent layers: masks, first weights, one place at a time, members, saving, and what a wrong input is told."""

import numpy as np
import pytest

from cutaway.autodiff import check_gradients
from cutaway.errors import InputError
from cutaway.layers import (
    GRU,
    LSTM,
    Bidirectional,
    Cache,
    Constant,
    Context,
    Dense,
    Embedding,
    Normal,
    Orthogonal,
    Sequential,
    SimpleRNN,
)
from cutaway.storage.architecture import describe, rebuild
from cutaway.tensor import Tensor

BATCH, TIME, FEATURES, UNITS = 3, 5, 4, 6
X = np.random.default_rng(0).standard_normal((BATCH, TIME, FEATURES))
MASK = np.array([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1], [1, 0, 0, 0, 0]], bool)
KINDS = [SimpleRNN, GRU, LSTM]
each_kind = pytest.mark.parametrize("kind", KINDS)


def built(kind, **settings):
    layer = kind(UNITS, **settings).build(X, seed=1, dtype=np.float64)
    random = np.random.default_rng(2)
    return layer.load({p: a + random.uniform(-0.3, 0.3, a.shape) for p, a in layer.parameters().items()})


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def by_hand(layer, x):
    """Return the states of one row, place by place, from the formulas of the docstrings."""
    h, c, states = np.zeros(UNITS), np.zeros(UNITS), []
    for place in x:
        a, b = place @ layer.weight + layer.bias, h @ layer.recurrent
        if isinstance(layer, SimpleRNN):
            h = np.tanh(a + b)
        elif isinstance(layer, GRU):
            r, z = sigmoid((a + b)[:UNITS]), sigmoid((a + b)[UNITS : 2 * UNITS])
            n = np.tanh(a[2 * UNITS :] + r * (b[2 * UNITS :] + layer.recurrent_bias))
            h = (1 - z) * n + z * h
        else:
            i, f, g, o = np.split(a + b, 4)
            c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
            h = sigmoid(o) * np.tanh(c)
        states.append(h)
    return np.array(states)


@each_kind
def test_it_is_the_formula_place_by_place(kind):
    layer = built(kind)
    np.testing.assert_allclose(layer(X), [by_hand(layer, row) for row in X], rtol=1e-12)


@each_kind
def test_the_last_state_alone(kind):
    whole, last = built(kind), built(kind, sequence=False)
    np.testing.assert_array_equal(last(X), whole(X)[:, -1])


@each_kind
@pytest.mark.parametrize("mask", [MASK, MASK.astype(np.float32), MASK.astype(int)], ids=["bool", "float", "int"])
def test_padding_changes_nothing_and_the_last_state_is_that_of_the_last_place_that_counts(kind, mask):
    whole, last = built(kind), built(kind, sequence=False)
    for row, length in enumerate(MASK.sum(axis=1)):
        alone = whole(X[row : row + 1, :length])[0]
        np.testing.assert_allclose(whole(X, mask)[row, :length], alone, rtol=1e-12)
        np.testing.assert_allclose(last(X, mask)[row], alone[-1], rtol=1e-12)
    elsewhere = np.where(MASK[:, :, None], X, 1e6)
    np.testing.assert_array_equal(whole(elsewhere, mask), whole(X, mask))


@each_kind
@pytest.mark.parametrize("settings", [{}, {"sequence": False}], ids=["sequence", "last"])
def test_gradients_are_the_measured_slope(kind, settings):
    network = Sequential(Dense(FEATURES), built(kind, **settings)).build(X, seed=3, dtype=np.float64)
    params = network.parameters()

    def function(x, *values):
        below, layer = network.bind(dict(zip(params, values, strict=True)))
        return layer(below(x, ctx=Context()), MASK, ctx=Context())

    assert check_gradients(function, [X, *params.values()], node=Tensor) < 1e-8


@each_kind
def test_one_place_at_a_time_from_a_cache(kind):
    tokens = np.random.default_rng(4).integers(0, 9, (2, 12))
    network = Sequential(Embedding(9, 3), kind(UNITS), kind(UNITS), Dense(9)).build(tokens, dtype=np.float64)
    cache = Cache(length=12)
    parts = [cache.feed(network, tokens[:, begin:end]) for begin, end in ((0, 4), (4, 5), (5, 6), (6, 11), (11, 12))]
    np.testing.assert_allclose(np.concatenate(parts, axis=1), network(tokens), rtol=1e-12)
    with pytest.raises(InputError, match="is for evaluating on NumPy; train without it"):
        network.bind({path: Tensor(array) for path, array in network.parameters().items()})(
            tokens, ctx=Context(cache=Cache(12))
        )


@each_kind
def test_members_are_trained_as_each_alone_would_be(kind):
    import cutaway as ca

    random = np.random.default_rng(5)
    x = random.standard_normal((16, TIME, 2))
    y, settings = x[:, 0], {"loss": "squared_error", "epochs": 2, "batch_size": 8, "observe": False}
    for engine in ("numpy", "xla"):
        if engine == "xla":
            pytest.importorskip("jax")
        both = ca.fit(Sequential(kind(4, sequence=False), Dense(2)), x, y, members=2, engine=engine, **settings)
        for seed, member in enumerate(both.network):
            alone = Sequential(kind(4, sequence=False), Dense(2))
            ca.fit(alone, x, y, seed=seed, engine="numpy", **settings)
            np.testing.assert_allclose(member(x), alone(x), rtol=1e-3, atol=1e-5)


@each_kind
def test_each_gate_starts_as_a_layer_of_its_own(kind):
    layer = kind(UNITS, initializer=Normal(0.1)).build(X)
    for block in np.split(layer.recurrent, layer.gates, axis=1):
        np.testing.assert_allclose(block @ block.T, np.eye(UNITS), atol=1e-6)
    assert layer.weight.shape == (FEATURES, layer.gates * UNITS)
    assert layer.weight.std() == pytest.approx(0.1, rel=0.3)
    biases = layer.bias.reshape(layer.gates, UNITS)
    assert [row.tolist() for row in biases] == [
        [1.0 if kind is LSTM and i == 1 else 0.0] * UNITS for i in range(layer.gates)
    ]


@pytest.mark.parametrize(
    "layer",
    [
        SimpleRNN(3, sequence=False),
        GRU(3, recurrent_initializer=Orthogonal(0.5)),
        LSTM(3, forget_bias=2.5, initializer=Constant(0.1)),
    ],
    ids=repr,
)
def test_it_is_saved_and_made_again(layer):
    again = rebuild(describe(layer))
    assert repr(again) == repr(layer)
    x = X.astype(np.float32)
    np.testing.assert_array_equal(again.build(x).load(layer.build(x).parameters())(x), layer(x))


@each_kind
@pytest.mark.parametrize("units", [0, 2.0, True, "4"], ids=repr)
def test_wrong_units_are_refused(kind, units):
    with pytest.raises(InputError, match=rf"{kind.__name__}: units must be a whole number of at least 1, got"):
        kind(units)


@each_kind
def test_wrong_inputs_are_refused(kind):
    layer = kind(UNITS).build(X)
    for wrong in (X[0], X[:, :0]):
        with pytest.raises(InputError, match=r"got an input of shape .* expected \(batch, time, features\)"):
            layer(wrong)
    with pytest.raises(InputError, match="got 3 input features, was built for 4"):
        layer(X[:, :, :3])
    with pytest.raises(InputError, match=r"got a mask of shape \(3, 4\), expected \(batch, time\) \(3, 5\)"):
        layer(X, MASK[:, :4])
    with pytest.raises(InputError, match="sequence must be True"):
        kind(UNITS, sequence="last")


def test_from_both_ends():
    network = Bidirectional(built(GRU), built(LSTM))
    params, (ahead, back) = network.parameters(), (network.ahead, network.back)
    np.testing.assert_allclose(network(X), np.concatenate((ahead(X), back(X[:, ::-1])[:, ::-1]), axis=-1), rtol=1e-12)

    def function(x, *values):
        return network.bind(dict(zip(params, values, strict=True)))(x, MASK, ctx=Context())

    assert check_gradients(function, [X, *params.values()], node=Tensor) < 1e-8
    again = rebuild(describe(network)).build(X, dtype=np.float64).load(params)
    np.testing.assert_array_equal(again(X, MASK), network(X, MASK))


def test_what_cannot_be_read_from_both_ends_is_refused():
    with pytest.raises(InputError, match=r"back is Dense\(2\), expected a recurrent layer"):
        Bidirectional(GRU(2), Dense(2))
    with pytest.raises(InputError, match="differ in `sequence`"):
        Bidirectional(GRU(2), GRU(2, sequence=False))
    with pytest.raises(InputError, match="are one layer"):
        Bidirectional(*[GRU(2)] * 2)
    with pytest.raises(InputError, match=r"evaluate without ctx\.cache"):
        Bidirectional(GRU(2), GRU(2)).build(X)(X, ctx=Context(cache=Cache(5)))


def test_an_infinite_forget_bias_is_refused():
    with pytest.raises(InputError, match="LSTM: forget_bias must be a finite number, got inf"):
        LSTM(3, forget_bias=float("inf"))
