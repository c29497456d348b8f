"""Constant features are left out, and the network still takes rows that have them."""

import numpy as np

import cutaway as ca
from tests.diagnosis.fixes.making import after, refused, setup_of


def test_the_network_no_longer_depends_on_a_constant_feature():
    x = np.random.default_rng(0).normal(0, 1, (32, 4))
    x[:, [0, 2]] = 7.0
    setup = setup_of(ca.Sequential(ca.Dense(3), ca.Tanh(), ca.Dense(1)), x, x[:, 1:2], "squared_error")
    network = after(setup, "drop_constant").network
    assert network[1].weight.shape == (2, 3)
    other = x.copy()
    other[:, [0, 2]] = -100.0
    assert np.array_equal(network(x), network(other)) and not np.array_equal(network(x), network(x[::-1]))


def test_rows_whose_features_all_vary_are_left_alone():
    x = np.random.default_rng(0).normal(0, 1, (32, 2))
    assert refused(setup_of(ca.Sequential(ca.Dense(1)), x, x[:, :1], "squared_error"), "drop_constant")
