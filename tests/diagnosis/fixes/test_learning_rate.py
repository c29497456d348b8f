"""The learning rate times a factor, of a number as of a schedule; the setup it came from stays."""

import numpy as np
import pytest

import cutaway as ca
from cutaway.schedules import Cosine, OneCycle, WarmUp
from tests.diagnosis.fixes.making import after, setup_of

X = np.random.default_rng(0).normal(0, 1, (8, 2))


@pytest.mark.parametrize("rate", [0.5, Cosine(0.5), OneCycle(0.5), WarmUp.before(Cosine(0.5))])
def test_the_rate_is_so_many_times_what_it_was_at_every_time(rate):
    setup = setup_of(ca.Sequential(ca.Dense(1)), X, X[:, :1], "squared_error", ca.Momentum(rate, momentum=0.8))
    changed = after(setup, "learning_rate", factor=0.03)
    for t in np.linspace(0, 1, 11):
        assert np.isclose(changed.optimizer.learning_rate(t), 0.03 * setup.optimizer.learning_rate(t))
    assert changed.optimizer.momentum == 0.8 and setup.optimizer.learning_rate.rate == 0.5
