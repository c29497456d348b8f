"""Softmax twice."""

import numpy as np
import pytest

import cutaway as ca
from cutaway.diagnosis.preflight.double_softmax import double_softmax
from cutaway.errors import FindingWarning
from tests.diagnosis.preflight.examined import CLASSES, HEALTHY, YES_NO, X, evidence_of, healthy, mlp


class OwnSoftmax(ca.Layer):
    """The operation in a layer of one's own."""

    def forward(self, x, ctx):
        return ca.ops.softmax(x, axis=-1)


CASES = [
    ((ca.Dense(3), ca.Softmax()), CLASSES, "cross_entropy", "5"),
    ((ca.Dense(3), ca.Softmax(), ca.Softmax()), CLASSES, ca.CrossEntropy(from_logits=False), "6"),
    ((ca.Dense(3), OwnSoftmax()), CLASSES, "cross_entropy", "5"),
    ((ca.Dense(1), ca.Sigmoid()), YES_NO, "binary_cross_entropy", "5"),
]


@pytest.mark.parametrize(("tail", "y", "loss", "layer"), CASES)
def test_it_is_the_first_finding_and_no_answer_is_surer_than_it_says(tail, y, loss, layer):
    with pytest.warns(FindingWarning, match="double_softmax"):
        run = ca.fit(mlp(*tail), X, y, loss=loss, optimizer=ca.Adam(0.03), epochs=60, progress=False)
    first = run.findings[0]
    assert (first.check, first.layer, first.fix.action) == ("double_softmax", layer, "paired_head")
    # The likelihood of the right answers, by what the loss makes of the outputs.
    assert run.history[-1].loss > -np.log(first.measured) - 1e-3


def test_probabilities_into_a_loss_of_probabilities_are_fine():
    evidence = evidence_of(mlp(ca.Dense(3), ca.Softmax()), X, CLASSES, ca.CrossEntropy(from_logits=False))
    assert double_softmax(evidence) is None


def test_a_logarithm_of_probabilities_is_a_score():
    class LogSoftmax(ca.Layer):
        def forward(self, x, ctx):
            return ca.ops.log_softmax(x)

    assert double_softmax(evidence_of(mlp(ca.Dense(3), LogSoftmax()), X, CLASSES, "cross_entropy")) is None


def test_sigmoid_gates_before_a_softmax_layer_are_no_second_softmax():
    gated = mlp(ca.Sigmoid(), ca.Dense(3), ca.Softmax())
    assert double_softmax(evidence_of(gated, X, CLASSES, ca.CrossEntropy(from_logits=False))) is None


@pytest.mark.parametrize("name", HEALTHY)
def test_it_is_silent_on(name):
    assert double_softmax(healthy(name)) is None
