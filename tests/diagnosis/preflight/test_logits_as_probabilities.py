"""Scores in front of a loss of probabilities."""

import pytest

import cutaway as ca
from cutaway.diagnosis.preflight.logits_as_probabilities import logits_as_probabilities
from cutaway.errors import FindingWarning
from tests.diagnosis.preflight.examined import CLASSES, HEALTHY, YES_NO, X, evidence_of, healthy, mlp

CROSS, BINARY = ca.CrossEntropy(from_logits=False), ca.BinaryCrossEntropy(from_logits=False)
CASES = [
    ((ca.Dense(3),), CLASSES, CROSS),
    ((ca.Dense(1),), YES_NO, BINARY),
    ((ca.Dense(3), ca.ReLU()), CLASSES, CROSS),
    ((ca.Dense(1), ca.Tanh()), YES_NO, BINARY),
    ((ca.Dense(3, initializer=ca.Constant(0.0)),), CLASSES, CROSS),
    ((ca.Dense(1, initializer=ca.Constant(0.0), bias_initializer=ca.Constant(0.5)),), YES_NO, BINARY),
]


@pytest.mark.parametrize(("tail", "y", "loss"), CASES)
def test_it_is_found_in_the_head(tail, y, loss):
    finding = logits_as_probabilities(evidence_of(mlp(*tail), X, y, loss))
    assert finding.layer == str(3 + len(tail)) and finding.fix.action == "paired_head"
    assert "from_logits" not in finding.fix.code  # the default takes scores


def test_it_is_the_first_finding():
    with pytest.warns(FindingWarning, match="logits_as_probabilities"):
        run = ca.fit(mlp(ca.Dense(3)), X, CLASSES, loss=CROSS, epochs=5, progress=False)
    assert run.findings[0].check == "logits_as_probabilities"


def test_probabilities_made_by_hand_are_fine():
    class Half(ca.Layer):
        def forward(self, x, ctx):
            return (ca.ops.tanh(x) + 1.0) * 0.5

    class Shares(ca.Layer):
        def forward(self, x, ctx):
            positive = ca.ops.exp(x)
            return positive / ca.ops.sum(positive, axis=-1, keepdims=True)

    assert logits_as_probabilities(evidence_of(mlp(ca.Dense(1), Half()), X, YES_NO, BINARY)) is None
    assert logits_as_probabilities(evidence_of(mlp(ca.Dense(3), Shares()), X, CLASSES, CROSS)) is None


@pytest.mark.parametrize("name", HEALTHY)
def test_it_is_silent_on(name):
    assert logits_as_probabilities(healthy(name)) is None
