"""Sums of sums get a ReLU between them, and the network can then learn what no line can."""

from dataclasses import replace

import numpy as np

import cutaway as ca
from cutaway.diagnosis.fixes import fixed
from cutaway.training.score import score_of
from tests.diagnosis.fixes.making import after, evidence_of, finding, refused, setup_of, trained

X = np.random.default_rng(0).uniform(-1, 1, (400, 2))
XOR = (X[:, 0] * X[:, 1] > 0).astype(float)


def test_a_line_learns_no_xor_and_the_repaired_network_does():
    net = ca.Sequential(ca.Dense(16), ca.Dropout(0.0), ca.Dense(16), ca.BatchNorm(), ca.Dense(1))
    setup = setup_of(net, X, XOR, "binary_cross_entropy", ca.Adam(0.02), epochs=40)
    changed = after(setup, "insert_activation")
    kinds = [type(layer).__name__ for layer in changed.network]
    assert kinds == ["Dense", "Dropout", "ReLU", "Dense", "BatchNorm", "ReLU", "Dense"]
    assert np.array_equal(changed.network[0].weight, net[0].weight)  # He's already

    def accuracy(of):
        return score_of(of.loss, trained(of)(of.rows.x), of.rows.y)[0]

    assert accuracy(setup) < 0.7 < 0.9 < accuracy(changed)


def test_weights_of_another_kind_are_drawn_anew_as_relu_wants_them():
    net = ca.Sequential(ca.Dense(64, initializer=ca.Normal(1e-3)), ca.Dense(1))
    x = np.random.default_rng(1).normal(0, 1, (8, 50))
    first = after(setup_of(net, x, x[:, :1], "squared_error"), "insert_activation").network[0]
    assert abs(first.weight.std() / np.sqrt(2 / 50) - 1) < 0.1


def test_what_has_activations_is_left_alone():
    net = ca.Sequential(ca.Dense(4), ca.BatchNorm(), ca.Tanh(), ca.Dense(1))
    assert refused(setup_of(net, X, XOR, "binary_cross_entropy"), "insert_activation")


def test_flat_activations_are_exchanged_below_the_last_sums_and_one_alone_where_it_is_named():
    net = ca.Sequential(
        ca.Dense(8, initializer=ca.Glorot()), ca.Sigmoid(), ca.Dense(8), ca.Softmax(), ca.Dense(1), ca.Sigmoid()
    )
    setup = setup_of(net, X, XOR, ca.BinaryCrossEntropy(from_logits=False))
    every = after(setup, "insert_activation", kind="ReLU").network
    assert [type(layer).__name__ for layer in every[1::2]] == ["ReLU", "ReLU", "Sigmoid"]
    assert not np.array_equal(every[0].weight, net[0].weight) and np.array_equal(every[2].weight, net[2].weight)
    found = finding("insert_activation")
    found = replace(found, fix=replace(found.fix, settings={"layer": "3"}))
    one = fixed(setup, found, evidence_of(setup)).network
    assert [type(layer).__name__ for layer in one[1::2]] == ["Sigmoid", "ReLU", "Sigmoid"]
