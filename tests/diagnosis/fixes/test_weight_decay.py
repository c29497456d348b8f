"""Weight decay times a factor, or begun where there was none and more is wanted."""

import numpy as np

import cutaway as ca
from cutaway.schedules import Cosine
from tests.diagnosis.fixes.making import after, refused, setup_of

X = np.random.default_rng(0).normal(0, 1, (8, 2))


def decayed(decay, **settings):
    return after(line(decay), "weight_decay", **settings).optimizer.weight_decay


def line(decay):
    return setup_of(ca.Sequential(ca.Dense(1)), X, X[:, :1], "squared_error", ca.AdamW(0.01, weight_decay=decay))


def test_the_decay_is_so_many_times_what_it_was():
    assert np.isclose(decayed(0.5, factor=0.1), 0.05) and np.isclose(decayed(Cosine(0.5), factor=2)(0.0), 1.0)
    assert decayed(0.0, factor=10) > 0 and refused(line(0.0), "weight_decay", factor=0.1)
