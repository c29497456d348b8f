"""A loss that stays at what knowing nothing costs: the entropy of the classes, the variance of the numbers."""

import numpy as np
import pytest

import cutaway as ca
from cutaway.diagnosis.training.plateau_from_start import plateau_from_start
from tests.diagnosis.trained import clouds, evidence_of, moons, sine, stack


def dead(out):
    return ca.Sequential(ca.Dense(8, bias_initializer=ca.Constant(-50.0)), ca.ReLU(), ca.Dense(out))


def test_of_classes_it_is_their_entropy():
    x, y = clouds()
    evidence = evidence_of(dead(4), (x, y), ca.Adam(0.01), validation=None)
    shares = np.bincount(y) / len(y)
    assert evidence.output.expected == pytest.approx(-(shares * np.log(shares)).sum(), rel=0.02)
    assert plateau_from_start(evidence).measured == pytest.approx(1.0, abs=0.03)


def test_of_numbers_it_is_their_variance():
    x, y = sine()
    evidence = evidence_of(dead(1), (x, y), ca.Adam(0.01), validation=None)
    assert evidence.output.expected == pytest.approx(y.var(), rel=0.05)
    assert plateau_from_start(evidence) is not None


def test_before_many_steps_nothing_is_said():
    assert plateau_from_start(evidence_of(dead(4), clouds(), ca.Adam(0.01), epochs=5)) is None


def test_networks_that_learn_have_none():
    assert plateau_from_start(evidence_of(stack(16), moons(), ca.Adam(0.01))) is None
