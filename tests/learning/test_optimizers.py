"""Every optimizer learns the ten digits, and differs from the others in the way its rule says."""

from __future__ import annotations

import numpy as np
import pytest

import cutaway as ca
from tests.learning.data import digits, load

# The loss to be reached after six epochs, half as much again as measured; a guess costs ln 10 = 2.303.
REACH = {
    "gradient descent": (ca.GradientDescent(0.05), 0.35),
    "momentum": (ca.Momentum(0.02), 0.08),
    "nesterov": (ca.Nesterov(0.02), 0.08),
    "rmsprop": (ca.RMSProp(0.003), 0.09),
    "adam": (ca.Adam(0.005), 0.08),
    "adamw": (ca.AdamW(0.005, weight_decay=0.01), 0.08),
    "adam, clipped by norm": (ca.Adam(0.005, clip_norm=1.0), 0.06),
    "adam, clipped by value": (ca.Adam(0.005, clip_value=0.1), 0.08),
    "one-cycle": (ca.Adam(ca.OneCycle(0.01)), 0.08),
    "warm-up and cosine": (ca.Adam(ca.WarmUp.before(ca.Cosine(0.01))), 0.07),
    "step decay": (ca.Adam(ca.StepDecay(0.005)), 0.16),
    "exponential": (ca.Adam(ca.Exponential(0.01)), 0.2),
    "coslog4": (ca.Adam(ca.CosLog4(0.01)), 0.07),
}


def final_loss(optimizer, epochs=6, batch_size=32, network=None):
    x, y, _, _ = digits()
    net = network or ca.Sequential(ca.Dense(32), ca.ReLU(), ca.Dense(10))
    run = ca.fit(
        net, x, y, loss="cross_entropy", optimizer=optimizer, epochs=epochs, batch_size=batch_size, engine="numpy",
        observe=False,
    )  # fmt: skip
    return run.history[-1].loss, net


@pytest.mark.parametrize("name", REACH)
def test_learns_the_digits(name):
    optimizer, reach = REACH[name]
    loss, net = final_loss(optimizer)
    _, _, x, y = digits()
    assert loss < reach
    assert ca.metrics.accuracy(net(x), y) > 0.87


def test_momentum_is_ahead_of_plain_descent_at_the_same_rate():
    plain, _ = final_loss(ca.GradientDescent(0.002))
    rolling, _ = final_loss(ca.Momentum(0.002))
    ahead, _ = final_loss(ca.Nesterov(0.002))
    assert rolling < 0.5 * plain
    assert ahead < 0.5 * plain


@pytest.mark.parametrize("batch_size", [None, 32, 1], ids=["whole batch", "mini-batch", "one example"])
def test_learns_from_batches_of_any_size(batch_size):
    x, y = load("iris")
    epochs = {None: 300, 32: 60, 1: 20}[batch_size]
    rate = {None: 0.5, 32: 0.1, 1: 0.01}[batch_size]
    net = ca.Sequential(ca.Dense(3))
    ca.fit(
        net, x, y, loss="cross_entropy", optimizer=ca.GradientDescent(rate), epochs=epochs, batch_size=batch_size,
        engine="numpy",
    )  # fmt: skip
    assert ca.metrics.accuracy(net(x), y) > 0.93


def test_weight_decay_makes_the_weights_smaller():
    _, free = final_loss(ca.AdamW(0.005, weight_decay=0.0), epochs=5)
    _, held = final_loss(ca.AdamW(0.005, weight_decay=1.0), epochs=5)
    assert np.linalg.norm(held[0].weight) < 0.8 * np.linalg.norm(free[0].weight)


def test_a_rate_of_zero_for_some_leaves_them_as_they_are():
    net = ca.Sequential(ca.Dense(32), ca.ReLU(), ca.Dense(10)).build(64)
    before = net.parameters()
    loss, _ = final_loss(ca.Adam(0.005, learning_rate_factors={"0.*": 0.0}), network=net)
    after = net.parameters()
    assert np.array_equal(before["0.weight"], after["0.weight"])
    assert not np.array_equal(before["2.weight"], after["2.weight"])
    assert loss < 1


def test_a_rate_that_falls_ends_nearer_the_least_squares_line():
    """One example a step at a fixed rate keeps trembling around the optimum."""
    x, y = load("diabetes")
    y = (y - y.mean()) / y.std()
    best, *_ = np.linalg.lstsq(x, y, rcond=None)

    def distance(rate):
        net = ca.Sequential(ca.Dense(1, bias=False))
        ca.fit(
            net, x, y, loss="squared_error", optimizer=ca.GradientDescent(rate), epochs=10, batch_size=1,
            engine="numpy", observe=False,
        )  # fmt: skip
        return float(np.mean((x @ (net[0].weight[:, 0] - best)) ** 2))

    assert distance(ca.Cosine(0.02)) < 0.2 * distance(0.02)


def test_too_large_a_rate_is_noticed_and_the_weights_stay_finite():
    x, y = load("diabetes")
    net = ca.Sequential(ca.Dense(8), ca.ReLU(), ca.Dense(1))
    with pytest.warns(ca.TrainingWarning, match="lower it"):
        run = ca.fit(net, x, y, loss="squared_error", optimizer=ca.GradientDescent(100.0), epochs=5, engine="numpy")
    assert any(event.what == "not finite" for event in run.events)
    assert all(np.isfinite(array).all() for array in net.parameters().values())
