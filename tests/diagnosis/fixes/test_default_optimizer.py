"""The optimizer as its paper sets it, with the learning rate that was chosen if that is anything near."""

import numpy as np

import cutaway as ca
from tests.diagnosis.fixes.making import after, refused, setup_of

X = np.random.default_rng(0).normal(0, 1, (8, 2))


def test_odd_settings_go_and_a_usual_rate_stays():
    for odd, expected in (
        (ca.Adam(0.002, epsilon=1e-17), "Adam(0.002)"),
        (ca.Momentum(0.02, momentum=0.999), "Momentum(0.02)"),
        (ca.AdamW(0.001, weight_decay=50.0), "AdamW(0.001)"),
        (ca.Adam(5.0, clip_norm=1e-9), "Adam(0.001)"),
        (ca.GradientDescent(0.01), "Adam(0.001)"),
    ):
        made = after(setup_of(ca.Sequential(ca.Dense(1)), X, X[:, :1], "squared_error", odd), "default_optimizer")
        assert repr(made.optimizer) == expected
    assert refused(setup_of(ca.Sequential(ca.Dense(1)), X, X[:, :1], "squared_error", ca.Adam()), "default_optimizer")
