"""Rows held out that were learned from."""

import numpy as np
import pytest

from cutaway.diagnosis.inputs import repeats
from cutaway.training.step import Batch
from tests.diagnosis.preflight.trained import classifier, first, found, three_classes

X, Y = three_classes()


def test_a_table_that_was_doubled():
    run = classifier(np.tile(X, (2, 1)), np.tile(Y, 2))
    assert first(run) is None and found(run, "rows_repeated").note
    assert found(run, "rows_repeated").measured == pytest.approx(
        0.75, abs=0.08
    )  # each has its twin among ¾ of the rows


def test_the_share_is_counted_bit_by_bit():
    random = np.random.default_rng(0)
    x, y = random.integers(0, 4, (400, 3)).astype(np.float32), random.integers(0, 2, 400).astype(np.int32)
    learned, watched = Batch(x[:50], y[:50], None), Batch(x[50:], y[50:], None)
    rows = {(*a, b) for a, b in zip(x[:50].tolist(), y[:50].tolist(), strict=True)}
    share = np.mean([(*a, b) in rows for a, b in zip(x[50:].tolist(), y[50:].tolist(), strict=True)])
    assert 0.2 < share < 0.8 and repeats(learned, watched) == share


def test_wide_rows_that_differ_in_one_number():
    x = np.zeros((20, 5000), np.float32)
    x[np.arange(20), np.arange(20) * 37 + 1] = 1  # none of these columns need be among those first compared
    assert repeats(Batch(x[:10], np.zeros(10), None), Batch(x[10:], np.zeros(10), None)) == 0
    assert repeats(Batch(x[:15], np.zeros(15), None), Batch(x[10:], np.zeros(10), None)) == 0.5


def test_silent_on_one_twin_and_on_none():
    x, y = X.copy(), Y.copy()
    x[1], y[1] = x[0], y[0]
    assert found(classifier(x, y, epochs=1), "rows_repeated") is None
    same_inputs = Batch(X, np.zeros(600), None), Batch(X, np.ones(600), None)
    assert repeats(*same_inputs) == 0
