"""Every layer and activation earns its place: networks with it learn, and do what the layer is for."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import datasets

import cutaway as ca
from tests.learning.data import digits, load


def accuracy_on_digits(net, epochs=8, rate=0.005, **settings):
    x, y, x_test, y_test = digits()
    shape = settings.pop("shape", None)
    if shape:
        x, x_test = x.reshape(-1, *shape), x_test.reshape(-1, *shape)
    ca.fit(
        net, x, y, loss="cross_entropy", optimizer=ca.Adam(ca.Cosine(rate)), epochs=epochs, engine="numpy",
        observe=False, **settings,
    )  # fmt: skip
    return ca.metrics.accuracy(net(x_test), y_test)


BENT = (
    ca.ReLU(), ca.LeakyReLU(), ca.ELU(), ca.SELU(), ca.GELU(), ca.GELUTanh(), ca.SiLU(), ca.Mish(), ca.Softplus(),
    ca.Sigmoid(), ca.Tanh(),
)  # fmt: skip


@pytest.mark.parametrize("activation", BENT, ids=repr)
def test_every_activation_learns_xor(activation):
    """Only a bend can: without one the best is a guess, at a loss of ln 2."""
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], float)
    net = ca.Sequential(ca.Dense(16), activation, ca.Dense(1))
    run = ca.fit(
        net, x, [0, 1, 1, 0], loss="binary_cross_entropy", optimizer=ca.Adam(0.05), epochs=300, batch_size=None,
        engine="numpy", observe=False,
    )  # fmt: skip
    assert run.history[-1].loss < 0.1


@pytest.mark.parametrize("activation", [ca.Identity(), ca.Step()], ids=repr)
def test_xor_is_not_learned_without_a_bend_or_without_a_slope(activation):
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], float)
    net = ca.Sequential(ca.Dense(1), activation, ca.Dense(1))
    run = ca.fit(
        net, x, [0, 1, 1, 0], loss="binary_cross_entropy", optimizer=ca.Adam(0.05), epochs=300, batch_size=None,
        engine="numpy", observe=False,
    )  # fmt: skip
    assert run.history[-1].loss > 0.45


@pytest.mark.parametrize("norm", [False, True], ids=["none", "batch norm"])
def test_batch_norm_makes_up_for_columns_of_very_different_size(norm):
    """Wine as measured, columns from 0.1 to 1,680, by plain gradient descent."""
    x, y = datasets.load_wine(return_X_y=True)
    net = ca.Sequential(*([ca.BatchNorm()] if norm else []), ca.Dense(16), ca.ReLU(), ca.Dense(3))
    ca.fit(
        net, x, y, loss="cross_entropy", optimizer=ca.GradientDescent(0.05), epochs=40, engine="numpy", observe=False
    )
    accuracy = ca.metrics.accuracy(net(x), y)
    assert accuracy > 0.95 if norm else accuracy < 0.6


@pytest.mark.parametrize("norm", [False, True], ids=["none", "layer norm"])
def test_layer_norm_makes_up_for_rows_of_very_different_size(norm):
    """Digits, each picture brightened by a factor of its own between 1 and 1,000."""
    x, y = datasets.load_digits(return_X_y=True)
    x = x * 10 ** np.random.default_rng(0).uniform(0, 3, (len(x), 1))
    net = ca.Sequential(*([ca.LayerNorm()] if norm else []), ca.Dense(32), ca.ReLU(), ca.Dense(10))
    ca.fit(
        net, x[:1200], y[:1200], loss="cross_entropy", optimizer=ca.GradientDescent(0.1), epochs=10, engine="numpy",
        observe=False,
    )  # fmt: skip
    accuracy = ca.metrics.accuracy(net(x[1200:]), y[1200:])
    assert accuracy > 0.85 if norm else accuracy < 0.6


def test_batch_norm_evaluates_with_the_statistics_of_the_training_rows():
    x, y, x_test, _ = digits()
    net = ca.Sequential(ca.BatchNorm(momentum=0.02), ca.Dense(10))
    shifted = 3 * x[:, 20:40] + 7
    ca.fit(net, shifted, y, loss="cross_entropy", epochs=20, engine="numpy", observe=False)
    assert net[0].running_mean == pytest.approx(shifted.mean(axis=0), abs=0.3)
    assert np.sqrt(net[0].running_variance) == pytest.approx(shifted.std(axis=0), rel=0.2, abs=0.1)
    one, many = net(3 * x_test[:1, 20:40] + 7), net(3 * x_test[:, 20:40] + 7)[:1]
    assert np.allclose(one, many, atol=1e-5), "a row's answer does not depend on the rows beside it"


def test_dropout_keeps_a_large_network_from_learning_wrong_labels_by_heart():
    x, y, x_test, y_test = digits()
    x, y = x[:400], y[:400].copy()
    random = np.random.default_rng(0)
    wrong = random.random(len(y)) < 0.3
    y[wrong] = random.integers(0, 10, wrong.sum())

    def trained(rate):
        net = ca.Sequential(ca.Dense(256), ca.ReLU(), ca.Dropout(rate), ca.Dense(10))
        ca.fit(net, x, y, loss="cross_entropy", optimizer=ca.Adam(0.002), epochs=40, engine="numpy", observe=False)
        entropy = ca.CrossEntropy()
        return net, float(entropy(net(x), y)), float(entropy(net(x_test), y_test))

    _, seen, unseen = trained(0.0)
    net, seen_dropped, unseen_dropped = trained(0.5)
    assert seen_dropped > 2 * seen
    assert unseen_dropped < 0.9 * unseen
    assert np.array_equal(net(x_test), net(x_test)), "evaluation drops nothing"


def test_residual_stack_learns_where_the_plain_one_does_not():
    def block():
        return ca.Sequential(ca.Dense(32, initializer=ca.Normal(0.05)), ca.Tanh())

    first, last = ca.Dense(32), ca.Dense(10)
    plain = accuracy_on_digits(ca.Sequential(first, *(block() for _ in range(20)), last), epochs=4, rate=0.002)
    residual = accuracy_on_digits(
        ca.Sequential(ca.Dense(32), *(ca.Residual(block()) for _ in range(20)), ca.Dense(10)), epochs=4, rate=0.002
    )
    assert plain < 0.3
    assert residual > 0.85


def test_embedding_learns_what_each_category_is_worth():
    """A made-up price: each of 12 categories has a value of its own, in no order."""
    random = np.random.default_rng(0)
    worth = random.normal(size=12)
    category = random.integers(0, 12, size=(600, 1))
    net = ca.Sequential(ca.Embedding(12, 4), ca.Flatten(), ca.Dense(1))
    ca.fit(
        net, category, worth[category], loss="squared_error", optimizer=ca.Adam(0.02), epochs=20, engine="numpy",
        observe=False,
    )  # fmt: skip
    assert net(np.arange(12)[:, None])[:, 0] == pytest.approx(worth, abs=0.05)


def test_embedding_moves_only_the_vectors_that_were_looked_up():
    net = ca.Sequential(ca.Embedding(5, 3), ca.Flatten(), ca.Dense(1)).build(np.array([[0]]))
    before = net[0].weight.copy()
    ca.fit(
        net, np.array([[1], [3]]), np.array([1.0, -1.0]), loss="squared_error", optimizer=ca.GradientDescent(0.1),
        epochs=5, engine="numpy",
    )  # fmt: skip
    moved = np.abs(net[0].weight - before).max(axis=1) > 0
    assert moved.tolist() == [False, True, False, True, False]


def test_flatten_reads_pictures():
    net = ca.Sequential(ca.Flatten(), ca.Dense(32), ca.ReLU(), ca.Dense(10))
    assert accuracy_on_digits(net, shape=(8, 8)) > 0.88


def test_a_network_that_ends_in_softmax_learns_the_same():
    x, y, x_test, y_test = digits()
    net = ca.Sequential(ca.Dense(32), ca.ReLU(), ca.Dense(10), ca.Softmax())
    ca.fit(
        net, x, y, loss=ca.CrossEntropy(from_logits=False), optimizer=ca.Adam(0.005), epochs=8, engine="numpy",
        observe=False,
    )  # fmt: skip
    outputs = net(x_test)
    assert outputs.sum(axis=-1) == pytest.approx(1, abs=1e-5)
    assert ca.metrics.accuracy(outputs, y_test) > 0.88


@pytest.mark.parametrize(
    "initializer", [ca.He(), ca.LeCun(), ca.Glorot(), ca.Orthogonal(), ca.Normal(0.1), ca.Uniform(-0.1, 0.1)], ids=repr
)
def test_every_initializer_starts_a_network_that_learns(initializer):
    net = ca.Sequential(
        ca.Dense(32, initializer=initializer), ca.ReLU(), ca.Dense(32, initializer=initializer), ca.ReLU(), ca.Dense(10)
    )
    assert accuracy_on_digits(net) > 0.88


def test_equal_weights_stay_equal_and_learn_little():
    """Neurons that start alike are blamed alike: the layer has the strength of one neuron."""
    net = ca.Sequential(
        ca.Dense(32, initializer=ca.Constant(0.01)), ca.ReLU(), ca.Dense(10, initializer=ca.Constant(0.1))
    )
    accuracy = accuracy_on_digits(net)
    assert np.allclose(net[0].weight, net[0].weight[:, :1], atol=1e-6)
    assert accuracy < 0.5


def test_a_layer_of_ones_own_learns():
    class Bump(ca.Layer):
        """A learned bell of each input: y = weight · exp(−(x − centre)²)."""

        def __init__(self) -> None:
            self.centre = ca.Parameter(("features",), ca.Constant(0.0))
            self.weight = ca.Parameter(("features",), ca.Constant(1.0))

        def forward(self, x, ctx):
            away = x - self.centre
            return ca.ops.exp(-(away * away)) * self.weight

    x = np.linspace(-2, 2, 81)[:, None]
    net = ca.Sequential(Bump())
    ca.fit(
        net, x, 3 * np.exp(-((x - 0.7) ** 2)), loss="squared_error", optimizer=ca.Adam(0.05), epochs=200,
        engine="numpy", observe=False,
    )  # fmt: skip
    assert net[0].centre == pytest.approx([0.7], abs=0.01)
    assert net[0].weight == pytest.approx([3.0], abs=0.03)


def test_iris_with_three_neurons():
    x, y = load("iris")
    net = ca.Sequential(ca.Dense(3), ca.Tanh(), ca.Dense(3))
    ca.fit(net, x, y, loss="cross_entropy", optimizer=ca.Adam(0.02), epochs=100, engine="numpy", observe=False)
    assert ca.metrics.accuracy(net(x), y) > 0.96
