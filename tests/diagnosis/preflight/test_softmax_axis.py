"""Softmax over the wrong axis."""

import numpy as np
import pytest

import cutaway as ca
from cutaway.diagnosis.preflight.softmax_axis import softmax_axis
from cutaway.errors import FindingWarning
from tests.diagnosis.preflight.examined import CLASSES, HEALTHY, NUMBERS, SERIES, X, evidence_of, healthy, mlp, net

PROBABILITIES = ca.CrossEntropy(from_logits=False)


def test_over_the_rows_is_the_first_finding():
    with pytest.warns(FindingWarning, match="softmax_axis"):
        run = ca.fit(mlp(ca.Dense(3), ca.Softmax(axis=0)), X, CLASSES, loss=PROBABILITIES, epochs=5, progress=False)
    assert run.findings[0].check == "softmax_axis" and run.findings[0].layer == "5"
    # What a row gets hangs on who is beside it.
    assert not np.allclose(run.network(X[:2])[0], run.network(X)[0])


def test_over_the_rows_it_is_wrong_anywhere():
    found = softmax_axis(evidence_of(net(ca.Dense(8), ca.Softmax(axis=0), ca.Dense(1)), X, NUMBERS, "squared_error"))
    assert found.layer == "1" and "rows of the batch" in found.sentence


def test_over_time_it_is_wrong_at_the_end_and_attention_in_the_middle():
    y = SERIES.argmax(axis=-1)
    found = softmax_axis(evidence_of(net(ca.Dense(3), ca.Softmax(axis=1)), SERIES, y, PROBABILITIES))
    assert found.layer == "1" and "axis -2" in found.sentence
    inside = evidence_of(net(ca.Dense(8), ca.Softmax(axis=1), ca.Dense(3)), SERIES, y, "cross_entropy")
    assert softmax_axis(inside) is None


@pytest.mark.parametrize("axis", [-1, 2])
def test_the_last_axis_by_either_name_is_fine(axis):
    evidence = evidence_of(net(ca.Dense(3), ca.Softmax(axis=axis)), SERIES, SERIES.argmax(axis=-1), PROBABILITIES)
    assert softmax_axis(evidence) is None


@pytest.mark.parametrize("name", HEALTHY)
def test_it_is_silent_on(name):
    assert softmax_axis(healthy(name)) is None
