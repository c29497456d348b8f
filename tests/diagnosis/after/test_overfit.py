"""A network that knows its rows by heart."""

import numpy as np

import cutaway as ca
from cutaway.diagnosis.after.overfit import overfit
from tests.diagnosis.trained import evidence_of, moons, stack


def noisy(count, seed):
    """Return rows of which two features of twenty tell the class, and one row in ten is told wrong."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(count, 20))
    y = (x[:, 0] + x[:, 1] > 0).astype(int)
    return x, np.where(random.random(count) < 0.1, 1 - y, y)


def test_few_rows_and_many_weights():
    evidence = evidence_of(stack(128, 128), noisy(60, 0), ca.Adam(3e-3), epochs=80, validation=noisy(300, 1))
    finding = overfit(evidence)
    values = [record.validation for record in evidence.history]
    assert finding is not None and finding.step == evidence.history[int(np.argmin(values))].step
    last = evidence.network_vitals[-1]
    assert finding.measured == last.score - last.validation_score > 0.1


def test_one_bad_epoch_is_not_enough():
    assert overfit(evidence_of(stack(16), moons(), ca.Adam(3e-3), epochs=40)) is None


def test_without_rows_held_out_nothing_is_said():
    assert overfit(evidence_of(stack(128, 128), noisy(60, 0), ca.Adam(3e-3), validation=None)) is None
