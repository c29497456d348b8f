"""Rows held out that are of another kind."""

import numpy as np
import pytest

from cutaway.diagnosis.inputs import shift
from tests.diagnosis.preflight.trained import classifier, first, found, three_classes

X, Y = three_classes()


def test_held_out_rows_prepared_otherwise():
    run = classifier(X[:450], Y[:450], validation=(X[450:] + np.float32([0, 2.5, 0, 2.5]), Y[450:]))
    assert first(run) == "split_shift"


def test_a_shift_that_does_no_harm_is_a_note():
    x = np.hstack([X, np.random.default_rng(0).standard_normal((600, 1)).astype(np.float32)])
    moved = x[450:] + np.float32([0, 0, 0, 0, 0.6])
    run = classifier(x[:450], Y[:450], validation=(moved, Y[450:]))
    assert first(run) is None and found(run, "split_shift").note and "feature 4" in found(run, "split_shift").sentence


def test_silent_on_splits_at_random():
    alarms = [
        found(classifier(*three_classes(200, seed=seed), epochs=1, seed=seed), "split_shift") for seed in range(8)
    ]
    assert alarms == [None] * 8


def test_distance_against_scipy():
    scipy = pytest.importorskip("scipy.stats")
    random = np.random.default_rng(0)
    one, other = random.integers(0, 9, (150, 4)).astype(float), random.integers(1, 11, (90, 4)).astype(float)
    expected = [scipy.ks_2samp(a, b).statistic for a, b in zip(one.T, other.T, strict=True)]
    distance, chance, place = shift(one, other)
    assert distance == pytest.approx(max(expected)) and place == int(np.argmax(expected))
    assert chance == pytest.approx(min(1, 8 * np.exp(-2 * distance**2 * 150 * 90 / 240)))
