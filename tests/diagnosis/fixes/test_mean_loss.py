"""A sum becomes a mean: twice the rows are no longer twice the loss."""

import numpy as np

import cutaway as ca
from tests.diagnosis.fixes.making import after, refused, setup_of


def test_the_loss_no_longer_grows_with_the_rows():
    x = np.random.default_rng(0).normal(0, 1, (20, 2))
    setup = setup_of(ca.Sequential(ca.Dense(1)), x, x[:, :1], "residual_sum_of_squares")
    loss, outputs = after(setup, "mean_loss").loss, setup.network(x)
    twice = np.concatenate([outputs] * 2), np.concatenate([setup.rows.y] * 2)
    assert np.isclose(loss(*twice), loss(outputs, setup.rows.y))
    assert np.isclose(20 * loss(outputs, setup.rows.y), setup.loss(outputs, setup.rows.y))
    assert refused(setup_of(ca.Sequential(ca.Dense(1)), x, x[:, :1], "squared_error"), "mean_loss")
