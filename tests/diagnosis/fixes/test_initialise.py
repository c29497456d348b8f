"""First weights drawn anew: He's deviation below ReLU, Glorot's elsewhere, and nothing else changed."""

import numpy as np

import cutaway as ca
from tests.diagnosis.fixes.making import after, refused, setup_of

X = np.random.default_rng(0).normal(0, 1, (32, 40))
OFF = [ca.Constant(0.1), ca.Normal(1e-4), ca.Normal(3.0), ca.Uniform(0.4, 0.6), ca.Constant(0.0)]


def test_each_kind_of_wrong_start_is_replaced_by_what_the_next_layer_wants():
    for wrong in OFF:
        for bend, wanted in ((ca.ReLU(), np.sqrt(2 / 40)), (ca.Tanh(), np.sqrt(2 / (40 + 60)))):
            net = ca.Sequential(ca.Dense(60, initializer=wrong), bend, ca.Dense(1, initializer=ca.Glorot()))
            setup = setup_of(net, X, X[:, :1], "squared_error")
            weight = after(setup, "initialise").network[0].weight
            assert abs(weight.std() / wanted - 1) < 0.1, (wrong, bend)
            assert len(np.unique(weight, axis=1).T) == 60


def test_layers_that_start_well_keep_their_weights_and_the_named_one_does_not():
    net = ca.Sequential(ca.Dense(60), ca.ReLU(), ca.Dense(60, initializer=ca.Normal(2.0)), ca.ReLU(), ca.Dense(1))
    setup = setup_of(net, X, X[:, :1], "squared_error")
    changed = after(setup, "initialise").network
    assert np.array_equal(changed[0].weight, net[0].weight) and not np.array_equal(changed[2].weight, net[2].weight)
    good = setup_of(ca.Sequential(ca.Dense(60), ca.ReLU(), ca.Dense(1)), X, X[:, :1], "squared_error")
    assert refused(good, "initialise") and not refused(good, "initialise", layer="0")


def test_a_large_bias_starts_at_0():
    net = ca.Sequential(ca.Dense(60, bias_initializer=ca.Constant(-9.0)), ca.ReLU(), ca.Dense(1))
    changed = after(setup_of(net, X, X[:, :1], "squared_error"), "initialise").network
    assert not changed[0].bias.any() and repr(changed[0]) == "Dense(60)"
