"""Clipping: no step uses a gradient longer than the norm."""

import numpy as np

import cutaway as ca
from tests.diagnosis.fixes.making import after, refused, setup_of


def test_a_step_is_no_longer_than_rate_times_norm():
    x = np.random.default_rng(0).normal(0, 1, (8, 2))
    setup = setup_of(ca.Sequential(ca.Dense(1)), x, x[:, :1], "squared_error", ca.GradientDescent(0.1))
    optimizer = after(setup, "clip", norm=0.5).optimizer
    params = setup.network.parameters()
    grads = {path: np.full_like(array, 1e6) for path, array in params.items()}
    moved, _ = optimizer.update(params, grads, optimizer.init(params))
    length = np.sqrt(sum(((moved[path] - params[path]) ** 2).sum() for path in params))
    assert np.isclose(length, 0.05, rtol=1e-4)
    assert refused(setup_of(ca.Sequential(ca.Dense(1)), x, x[:, :1], "squared_error", optimizer), "clip", norm=0.5)
