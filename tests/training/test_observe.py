"""Vitals of a loss that is summed over the rows are those of a batch, whatever the probe has of rows."""

import numpy as np
import pytest

import cutaway as ca
from cutaway.training.observe import observe
from cutaway.training.step import Batch, Carry

RATE, BATCH = 1e-3, 16


def seen(loss, rate, batch_size=BATCH):
    random = np.random.default_rng(0)
    x = random.normal(size=(64, 3)).astype(np.float32)
    network = ca.Sequential(ca.Dense(5), ca.Tanh(), ca.Dense(1))
    network.build(x, 0, np.float32)
    optimizer = ca.GradientDescent(rate)
    params = network.parameters()
    carry = Carry(params, network.state(), optimizer.init(params))
    rows = Batch(x, (x[:, :1] * x[:, 1:2]).astype(np.float32), None)
    return observe(network, loss, optimizer, carry, rows, 0, 100, held_out=rows, batch_size=batch_size)


def test_a_sum_is_the_mean_times_the_rows_of_a_step():
    layers, whole = seen(ca.losses.ResidualSumOfSquares(), RATE)
    others, mean = seen(ca.losses.SquaredError(), RATE * BATCH)  # the same steps
    assert whole.loss == pytest.approx(BATCH * mean.loss, rel=1e-5)
    assert whole.settled == pytest.approx(BATCH * mean.settled, rel=1e-5)
    assert whole.gradient_norm == pytest.approx(BATCH * mean.gradient_norm, rel=1e-5)
    assert whole.agreement == pytest.approx(mean.agreement, abs=1e-5)
    for name in ("promised", "stepped", "stepped_far"):
        assert getattr(whole, name) == pytest.approx(BATCH * getattr(mean, name), rel=1e-3)
    for one, other in zip(layers, others, strict=True):
        assert (one.update_ratio is None) == (one.weight_norm is None)
        assert one.update_ratio is None or one.update_ratio == pytest.approx(other.update_ratio, rel=1e-4)
    assert whole.score == mean.score and (whole.rows, whole.validation_rows) == (64, 64)


def test_the_mean_has_no_batch():
    assert seen(ca.losses.SquaredError(), RATE, 16) == seen(ca.losses.SquaredError(), RATE, None)
