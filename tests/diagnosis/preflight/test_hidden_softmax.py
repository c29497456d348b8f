"""Softmax between two layers."""

import pytest

import cutaway as ca
from cutaway.diagnosis.preflight.hidden_softmax import hidden_softmax
from cutaway.errors import FindingWarning
from tests.diagnosis.preflight.examined import CLASSES, HEALTHY, NUMBERS, X, evidence_of, healthy, net


class Attends(ca.Layer):
    """Weighs some numbers by the softmax of others: a product behind the softmax."""

    def __init__(self, units):
        self.units = units
        self.scores, self.values, self.softmax = ca.Dense(units), ca.Dense(units), ca.Softmax()

    def forward(self, x, ctx):
        return self.softmax(self.scores(x, ctx=ctx), ctx=ctx) * self.values(x, ctx=ctx)


@pytest.mark.parametrize("between", [(), (ca.Dropout(0.1),), (ca.BatchNorm(),)])
def test_it_is_found_in_its_layer(between):
    network = net(ca.Dense(16), ca.ReLU(), ca.Dense(16), ca.Softmax(), *between, ca.Dense(3))
    finding = hidden_softmax(evidence_of(network, X, CLASSES, "cross_entropy"))
    assert finding.layer == "3" and "16 outputs" in finding.sentence and finding.measured < 0.2


def test_it_is_a_cause_where_it_hurts_and_a_note_where_not():
    deep = net(*[layer for _ in range(3) for layer in (ca.Dense(32), ca.Softmax())], ca.Dense(1))
    with pytest.warns(FindingWarning):
        run = ca.fit(deep, X, X[:, :1] + X[:, 1:2], loss="squared_error", optimizer=ca.GradientDescent(0.01), epochs=20)
    assert run.findings[0].check == "hidden_softmax" and run.findings[0].layer == "1"
    y = (X[:, 0] > 0).astype(int)
    well = ca.fit(
        net(ca.Dense(16), ca.Softmax(), ca.Dense(2)), X, y, loss="cross_entropy", optimizer=ca.Adam(0.05), epochs=40
    )
    assert not well.findings and "hidden_softmax" in [note.check for note in well.verdict.notes]


def test_attention_and_the_head_are_none():
    attends = evidence_of(net(ca.Dense(8), ca.ReLU(), Attends(8), ca.Dense(1)), X, NUMBERS, "squared_error")
    assert hidden_softmax(attends) is None
    head = net(ca.Dense(8), ca.ReLU(), ca.Dense(3), ca.Softmax(), ca.Identity())
    assert hidden_softmax(evidence_of(head, X, CLASSES, ca.CrossEntropy(from_logits=False))) is None


@pytest.mark.parametrize("name", HEALTHY)
def test_it_is_silent_on(name):
    assert hidden_softmax(healthy(name)) is None
