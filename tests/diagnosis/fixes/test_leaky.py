"""LeakyReLU for ReLU: units that were off for every row learn again."""

import numpy as np

import cutaway as ca
from tests.diagnosis.fixes.making import after, refused, setup_of, trained

X = np.random.default_rng(0).normal(0, 1, (200, 3))
Y = X[:, :1] * 2


def test_dead_units_learn_again():
    net = ca.Sequential(ca.Dense(8, bias_initializer=ca.Constant(-50.0)), ca.ReLU(), ca.Dense(1))
    setup = setup_of(net, X, Y, "squared_error", ca.Adam(0.02), epochs=60)
    assert np.var(trained(setup)(X)) < 1e-6  # every unit is off, and stays so
    net[0].bias = np.zeros(8)
    changed = after(setup, "leaky")
    assert [type(layer).__name__ for layer in changed.network] == ["Dense", "LeakyReLU", "Dense"]
    assert np.mean((trained(changed)(X) - Y) ** 2) < 0.1 * np.var(Y)


def test_the_weights_below_are_drawn_anew_and_others_are_not():
    net = ca.Sequential(ca.Dense(40, initializer=ca.Constant(-1.0)), ca.ReLU(), ca.Dense(1))
    changed = after(setup_of(net, X, Y, "squared_error"), "leaky").network
    assert 0.6 < changed[0].weight.std() / np.sqrt(2 / 3) < 1.4
    assert np.array_equal(changed[2].weight, net[2].weight)
    assert refused(setup_of(ca.Sequential(ca.Dense(4), ca.Tanh(), ca.Dense(1)), X, Y, "squared_error"), "leaky")
