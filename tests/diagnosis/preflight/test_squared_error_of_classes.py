"""Squared error of classes: a note where it works."""

import numpy as np
import pytest

import cutaway as ca
from cutaway.diagnosis.preflight.squared_error_of_classes import squared_error_of_classes
from cutaway.diagnosis.targets import target_facts
from cutaway.errors import FindingWarning
from tests.diagnosis.preflight.examined import CLASSES, HEALTHY, YES_NO, X, evidence_of, healthy, mlp


def test_it_is_a_note_where_the_training_is_well():
    y = (X[:, 0] > 0).astype(np.float32)
    run = ca.fit(mlp(ca.Dense(1), ca.Sigmoid()), X, y, loss="squared_error", optimizer=ca.Adam(0.01), epochs=40)
    assert not run.findings
    assert "squared_error_of_classes" in [note.check for note in run.verdict.notes]


def test_it_is_a_finding_where_the_head_is_sure_and_wrong():
    y = (X[:, 0] > 0).astype(np.float32)
    sure = ca.Dense(1, bias_initializer=ca.Constant(-14.0))
    with pytest.warns(FindingWarning):
        run = ca.fit(mlp(sure, ca.Sigmoid()), X, y, loss="squared_error", optimizer=ca.GradientDescent(0.1), epochs=60)
    every = [*run.findings, *(each for finding in run.findings for each in finding.consequences)]
    assert "squared_error_of_classes" in [finding.check for finding in every]


@pytest.mark.parametrize("y", [np.eye(3)[CLASSES], YES_NO[:, None]])
def test_which_targets_are_classes(y):
    finding = squared_error_of_classes(evidence_of(mlp(ca.Dense(y.shape[1])), X, y, "absolute_error"))
    assert finding.layer == "4" and finding.measured == np.isin(y, (0, 1)).mean() > finding.normal[1]
    assert squared_error_of_classes(evidence_of(mlp(ca.Dense(y.shape[1])), X, y + 0.1, "absolute_error")) is None


@pytest.mark.parametrize("name", HEALTHY)
def test_it_is_silent_on(name):
    assert squared_error_of_classes(healthy(name)) is None


def test_numbers_of_classes_on_one_output_are_a_note_even_with_harm():
    y = CLASSES.astype(np.float32)
    finding = squared_error_of_classes(evidence_of(mlp(ca.Dense(1)), X, y, "squared_error"))
    assert finding.note and finding.measured == 3 and 'ca.Dense(3), loss="cross_entropy"' in finding.fix.code
    run = ca.fit(mlp(ca.Dense(1)), X, y, loss="squared_error", optimizer=ca.Adam(1e-5), epochs=30, validation=0.2)
    assert run.verdict.harm and "squared_error_of_classes" in [note.check for note in run.verdict.notes]


@pytest.mark.parametrize(
    ("y", "levels"),
    [
        ([0, 1, 2, 1], 3), ([1, 2, 3, 5, 4], 5), ([0, 1, 3], 0), ([0, 1, 2.5], 0), ([-1, 0, 1], 0), ([7, 8, 9], 0),
        (range(20), 20), (range(21), 0), ([[0, 1], [2, 3]], 0),
    ],
)  # fmt: skip
def test_which_numbers_may_be_classes(y, levels):
    assert target_facts(np.array(y, np.float32), 1).levels == levels
