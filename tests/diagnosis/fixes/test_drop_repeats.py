"""Rows on both sides are left out of one of them."""

import numpy as np

import cutaway as ca
from tests.diagnosis.fixes.making import after, refused, setup_of

X = np.random.default_rng(0).normal(0, 1, (60, 2))


def test_held_out_rows_that_are_learned_from_are_left_out():
    x = np.concatenate([X[:40], X[:5], X[45:]])
    changed = after(setup_of(ca.Sequential(ca.Dense(1)), x, x[:, :1], "squared_error", held_out=20), "drop_repeats")
    assert len(changed.rows.x) == 40 and np.array_equal(changed.held_out.x, X[45:].astype(np.float32))


def test_where_all_of_them_are_the_training_rows_go():
    x = np.concatenate([X[:40], X[:20]])
    changed = after(setup_of(ca.Sequential(ca.Dense(1)), x, x[:, :1], "squared_error", held_out=20), "drop_repeats")
    assert len(changed.held_out.x) == 20 and np.array_equal(changed.rows.x, X[20:40].astype(np.float32))
    assert refused(setup_of(ca.Sequential(ca.Dense(1)), X, X[:, :1], "squared_error", held_out=20), "drop_repeats")
