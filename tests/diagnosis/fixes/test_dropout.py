"""Dropout at a fitting rate, and none on the answers."""

import numpy as np

import cutaway as ca
from tests.diagnosis.fixes.making import after, refused, setup_of

X = np.random.default_rng(0).normal(0, 1, (30, 5))


def kinds(network):
    return [repr(layer) for layer in network]


def test_rates_become_the_one_asked_for_and_answers_are_left_alone():
    net = ca.Sequential(ca.Dense(8), ca.ReLU(), ca.Dropout(0.9), ca.Dense(1), ca.Dropout(0.5))
    setup = setup_of(net, X, X[:, :1], "squared_error")
    assert kinds(after(setup, "dropout", rate=0.2).network) == ["Dense(8)", "ReLU()", "Dropout(rate=0.2)", "Dense(1)"]
    assert kinds(after(setup, "dropout", rate=0).network) == ["Dense(8)", "ReLU()", "Dense(1)"]


def test_where_there_is_none_one_comes_before_the_last_sums():
    setup = setup_of(ca.Sequential(ca.Dense(8), ca.ReLU(), ca.Dense(1)), X, X[:, :1], "squared_error")
    changed = after(setup, "dropout", rate=0.3).network
    assert kinds(changed) == ["Dense(8)", "ReLU()", "Dropout(rate=0.3)", "Dense(1)"]
    assert np.array_equal(changed(X), setup.network(X))  # evaluated, it is the network that it was
    assert refused(setup, "dropout", rate=0)
