"""Heads and losses that do not belong together."""

import pytest

import cutaway as ca
from cutaway.diagnosis.preflight.loss_output_mismatch import loss_output_mismatch
from cutaway.errors import FindingWarning
from tests.diagnosis.preflight.examined import (
    CLASSES,
    HEALTHY,
    NUMBERS,
    SEVERAL,
    YES_NO,
    X,
    evidence_of,
    healthy,
    mlp,
)

CROSS, BINARY = ca.CrossEntropy(from_logits=False), ca.BinaryCrossEntropy(from_logits=False)
WRONG = [
    (3, ca.Sigmoid(), CLASSES, "cross_entropy", 0.576),  # e / (e + 2)
    (3, ca.Tanh(), CLASSES, "cross_entropy", 0.787),  # e / (e + 2 / e)
    (3, ca.ReLU(), CLASSES, "cross_entropy", 0.0),
    (3, ca.Sigmoid(), CLASSES, CROSS, None),
    (1, ca.ReLU(), YES_NO, "binary_cross_entropy", 0.5),
    (1, ca.Tanh(), YES_NO, "binary_cross_entropy", 0.269),  # 1 / (1 + e)
    (3, ca.Softmax(), SEVERAL, "squared_error", None),
    (3, ca.Softmax(), SEVERAL, BINARY, None),
    (1, ca.Sigmoid(), YES_NO, "hinge", 0.0),
    (1, ca.ReLU(), YES_NO, "squared_error", None),
]
FINE = [
    (1, ca.Sigmoid(), YES_NO, "squared_error"),
    (3, ca.Softmax(), SEVERAL / SEVERAL.sum(axis=1, keepdims=True).clip(1), "squared_error"),
    (1, ca.Tanh(), YES_NO, "hinge"),
    (1, ca.ReLU(), abs(NUMBERS), "squared_error"),
    (3, ca.Sigmoid(), SEVERAL, BINARY),
]


@pytest.mark.parametrize(("units", "head", "y", "loss", "measured"), WRONG)
def test_it_is_found(units, head, y, loss, measured):
    finding = loss_output_mismatch(evidence_of(mlp(ca.Dense(units), head), X, y, loss))
    assert finding.layer == "5" and finding.fix.action == "paired_head"
    if measured is not None:
        assert finding.measured == pytest.approx(measured, abs=1e-3)


@pytest.mark.parametrize(("units", "head", "y", "loss"), FINE)
def test_what_can_come_to_the_right_answer_is_fine(units, head, y, loss):
    assert loss_output_mismatch(evidence_of(mlp(ca.Dense(units), head), X, y, loss)) is None


def test_it_is_the_first_finding():
    with pytest.warns(FindingWarning, match="loss_output_mismatch"):
        run = ca.fit(mlp(ca.Dense(3), ca.Sigmoid()), X, CLASSES, loss=CROSS, epochs=5, progress=False)
    assert run.findings[0].check == "loss_output_mismatch"


@pytest.mark.parametrize("name", HEALTHY)
def test_it_is_silent_on(name):
    assert loss_output_mismatch(healthy(name)) is None
