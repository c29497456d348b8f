"""Softmax over a single unit."""

import numpy as np
import pytest

import cutaway as ca
from cutaway.diagnosis.preflight.softmax_one_unit import softmax_one_unit
from cutaway.errors import FindingWarning
from tests.diagnosis.preflight.examined import CLASSES, HEALTHY, NUMBERS, YES_NO, X, evidence_of, healthy, mlp, net


@pytest.mark.parametrize(
    ("y", "loss"), [(YES_NO, ca.BinaryCrossEntropy(from_logits=False)), (NUMBERS, "squared_error")]
)
def test_it_is_said_before_the_first_step_and_its_fix_suits_the_task(y, loss):
    with pytest.warns(FindingWarning, match="softmax_one_unit in layer '5'"):
        run = ca.fit(mlp(ca.Dense(1), ca.Softmax()), X, y, loss=loss, epochs=2, progress=False)
    finding = run.findings[0]
    assert (finding.check, finding.layer, finding.measured, finding.fix.action) == (
        "softmax_one_unit",
        "5",
        0,
        "paired_head",
    )
    assert ("binary_cross_entropy" if y is YES_NO else "squared_error") in finding.fix.code
    assert not np.ptp(run.network(X))


def test_in_the_middle_and_over_another_axis():
    found = softmax_one_unit(evidence_of(net(ca.Dense(1), ca.Softmax(), ca.Dense(1)), X, NUMBERS, "squared_error"))
    assert found.layer == "1" and found.fix.action == ""
    series = np.repeat(X[:, None], 1, axis=1)  # one place in time
    found = softmax_one_unit(
        evidence_of(net(ca.Dense(8), ca.Softmax(axis=1), ca.Flatten(), ca.Dense(1)), series, NUMBERS, "squared_error")
    )
    assert found.layer == "1"


def test_over_two_units_it_is_fine():
    two = evidence_of(mlp(ca.Dense(2), ca.Softmax()), X, YES_NO.astype(int), ca.CrossEntropy(from_logits=False))
    assert softmax_one_unit(two) is None


@pytest.mark.parametrize("y", [YES_NO, YES_NO[:, None], CLASSES])
def test_cross_entropy_of_one_score_is_refused_with_the_same_words(y):
    with pytest.raises(ca.InputError, match=r"one output\. Softmax over a single unit is 1 for every input"):
        ca.fit(mlp(ca.Dense(1)), X, y, loss="cross_entropy", epochs=1)


@pytest.mark.parametrize("name", HEALTHY)
def test_it_is_silent_on(name):
    assert softmax_one_unit(healthy(name)) is None
