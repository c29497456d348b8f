"""Standardised inputs: mean 0 and deviation 1 reach the first weights, which stay as they were."""

import numpy as np

import cutaway as ca
from tests.diagnosis.fixes.making import after, refused, setup_of


def test_what_reaches_the_first_layer_has_mean_0_and_deviation_1_and_the_weights_stay():
    x = np.random.default_rng(0).normal(500, 30, (64, 3)) * [1, 1e-3, 10]
    setup = setup_of(ca.Sequential(ca.Dense(4), ca.ReLU(), ca.Dense(1)), x, x[:, :1], "squared_error")
    changed = after(setup, "standardise_inputs")
    scaled = changed.network[0](setup.rows.x)
    assert np.allclose(scaled.mean(axis=0), 0, atol=1e-3) and np.allclose(scaled.std(axis=0), 1, atol=1e-3)
    assert [type(layer).__name__ for layer in changed.network] == ["Standardize", "Dense", "ReLU", "Dense"]
    for place in (0, 2):
        assert np.array_equal(changed.network[place + 1].weight, setup.network[place].weight)


def test_a_feature_that_is_the_same_but_for_rounding_is_not_blown_up():
    x = np.random.default_rng(0).normal(0, 1, (64, 2)).astype(np.float32)
    x[:, 1] = np.float32(1000) + np.tile(np.float32([0, 6e-5]), 32)
    setup = setup_of(ca.Sequential(ca.Dense(1)), x, x[:, :1], "squared_error")
    assert np.abs(after(setup, "standardise_inputs").network[0](x)[:, 1]).max() < 0.01


def test_tokens_and_what_is_standardised_are_left_alone():
    x = np.arange(40).reshape(20, 2) % 7
    tokens = setup_of(ca.Sequential(ca.Embedding(7, 3), ca.Flatten(), ca.Dense(1)), x, x[:, :1] * 1.0, "squared_error")
    assert refused(tokens, "standardise_inputs")
    once = after(setup_of(ca.Sequential(ca.Dense(1)), x * 9.0, x[:, :1] * 1.0, "squared_error"), "standardise_inputs")
    assert refused(once, "standardise_inputs")
