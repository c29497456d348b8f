"""Fixes of the plan alone: shuffled rows, batches of another size, more epochs, an end in time."""

import numpy as np

import cutaway as ca
from tests.diagnosis.fixes.making import after, refused, setup_of

X = np.random.default_rng(0).normal(0, 1, (100, 2))


def line(**plan):
    return setup_of(ca.Sequential(ca.Dense(1)), X, X[:, :1], "squared_error", **plan)


def test_shuffle_takes_every_row_once_in_another_order():
    changed = after(line(shuffle=False, batch_size=10), "shuffle").plan
    order = changed.order(100, 0)
    assert sorted(order.ravel()) == list(range(100)) and (order.ravel() != np.arange(100)).any()
    assert refused(line(), "shuffle")


def test_batch_size_stays_within_a_few_rows_and_all_of_them():
    assert after(line(batch_size=100), "batch_size", factor=0.25).plan.batch_size == 25
    assert after(line(batch_size=1), "batch_size", factor=16).plan.batch_size == 16
    assert after(line(batch_size=60), "batch_size", factor=9).plan.batch_size == 100
    assert after(line(batch_size=8), "batch_size", factor=0.01).plan.batch_size == 4
    assert refused(line(batch_size=100), "batch_size", factor=2)


def test_epochs_times_the_factor():
    assert after(line(epochs=7), "epochs", factor=2.5).plan.epochs == 18
    assert refused(line(epochs=7), "epochs", factor=1)
