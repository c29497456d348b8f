"""One answer for every row."""

import numpy as np
import pytest

import cutaway as ca
from cutaway.diagnosis.training.collapsed_output import collapsed_output
from tests.diagnosis.trained import evidence_of, moons, sine, stack


def dead(out):
    return ca.Sequential(ca.Dense(8, bias_initializer=ca.Constant(-50.0)), ca.ReLU(), ca.Dense(out))


def test_of_classes_and_of_numbers():
    finding = collapsed_output(evidence_of(dead(2), moons(), ca.Adam(3e-3)))
    assert finding.measured == 1.0
    finding = collapsed_output(evidence_of(dead(1), sine(), ca.Adam(3e-3)))
    assert finding.measured == pytest.approx(0.0, abs=1e-6)


def test_networks_that_learn_have_none():
    assert collapsed_output(evidence_of(stack(16), moons(), ca.Adam(0.01))) is None
    assert collapsed_output(evidence_of(stack(16, out=1), sine(), ca.Adam(0.01))) is None


def test_where_nearly_all_rows_are_of_one_class_one_answer_is_no_wonder():
    x, y = moons()
    rare = (y == 1) & (np.arange(len(y)) % 40 == 0)
    assert 0 < rare.sum() < 0.04 * len(y)
    assert collapsed_output(evidence_of(dead(2), (x, rare.astype(int)), ca.Adam(3e-3))) is None
