"""Parameters that were held still learn again; other factors stay."""

import numpy as np

import cutaway as ca
from tests.diagnosis.fixes.making import after, refused, setup_of, trained

X = np.random.default_rng(0).normal(0, 1, (64, 2))


def test_a_frozen_layer_moves_again():
    factors = {"0.weight": 0.0, "*.bias": 0.5}
    net = ca.Sequential(ca.Dense(4), ca.Tanh(), ca.Dense(1))
    setup = setup_of(net, X, X[:, :1], "squared_error", ca.Adam(0.01, learning_rate_factors=factors))
    changed = after(setup, "unfreeze")
    assert np.array_equal(trained(setup)[0].weight, net[0].weight)
    assert not np.array_equal(trained(changed)[0].weight, net[0].weight)
    assert changed.optimizer.learning_rate_factors == {"*.bias": 0.5} and refused(changed, "unfreeze")
