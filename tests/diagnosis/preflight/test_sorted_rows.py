"""Rows in the order of their targets, not shuffled."""

import numpy as np

import cutaway as ca
from tests.diagnosis.preflight.trained import classifier, first, found, numbers, regressor, three_classes

X, Y = three_classes()
ORDER = np.argsort(Y, kind="stable")
SORTED = {"x": X[ORDER], "y": Y[ORDER], "validation": (X[::4], Y[::4]), "optimizer": ca.GradientDescent(0.1)}


def test_sorted_and_not_shuffled():
    run = classifier(**SORTED, shuffle=False, epochs=5)
    assert found(run, "sorted_rows").measured < -20
    assert first(run) in (None, "sorted_rows", "too_few_updates")


def test_sorted_numbers():
    x, y = numbers()
    order = np.argsort(y)
    run = regressor(x[order], y[order], shuffle=False, validation=None, optimizer=ca.GradientDescent(0.3), epochs=20)
    assert found(run, "sorted_rows") is not None


def test_silent_where_it_is_shuffled_or_the_batch_is_all_or_the_order_is_random():
    assert found(classifier(**SORTED), "sorted_rows") is None
    assert found(classifier(**SORTED, shuffle=False, batch_size=None), "sorted_rows") is None
    assert found(classifier(X, Y, shuffle=False, epochs=2), "sorted_rows") is None


def test_silent_where_a_batch_holds_many_runs():
    y = np.repeat(np.tile([0, 1, 2], 50), 4)  # equal in fours: far from random, and harmless in batches of 32
    run = classifier(X, y, shuffle=False, validation=None, epochs=1)
    assert run.evidence.targets.runs < -10 and run.evidence.targets.run_length == 4
    assert found(run, "sorted_rows") is None
