"""More units where it is narrow: in the layer that is named, and in those as narrow."""

import numpy as np

import cutaway as ca
from tests.diagnosis.fixes.making import after, refused, setup_of

X = np.random.default_rng(0).normal(0, 1, (30, 5))


def test_the_narrow_layer_gets_more_units_and_the_others_keep_their_weights():
    net = ca.Sequential(ca.Dense(32), ca.ReLU(), ca.Dense(1), ca.ReLU(), ca.Dense(16), ca.Tanh(), ca.Dense(2))
    setup = setup_of(net, X, np.arange(30) % 2, "cross_entropy")
    changed = after(setup, "widen", layer="2", factor=8).network
    assert [layer.units for layer in changed if hasattr(layer, "units")] == [32, 8, 16, 2]
    assert np.array_equal(changed[0].weight, net[0].weight) and np.array_equal(changed[6].weight, net[6].weight)
    assert changed(X).shape == (30, 2)


def test_without_a_layer_all_hidden_ones_and_filters_are_more():
    net = ca.Sequential(ca.Conv2D(2, 3), ca.ReLU(), ca.Flatten(), ca.Dense(3), ca.ReLU(), ca.Dense(1))
    pictures = np.random.default_rng(0).normal(0, 1, (12, 6, 6, 1))
    changed = after(setup_of(net, pictures, pictures[:, 0, 0], "squared_error"), "widen", factor=3).network
    assert (changed[0].filters, changed[3].units, changed[5].units) == (6, 9, 1) and changed(pictures).shape == (12, 1)
    assert refused(setup_of(ca.Sequential(ca.Dense(1)), X, X[:, :1], "squared_error"), "widen")
