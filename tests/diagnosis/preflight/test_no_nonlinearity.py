"""Layers of sums with no activation between."""

from dataclasses import replace

import numpy as np
import pytest

import cutaway as ca
from cutaway.diagnosis.preflight.no_nonlinearity import no_nonlinearity
from cutaway.errors import FindingWarning
from tests.diagnosis.preflight.examined import (
    CLASSES,
    HEALTHY,
    NUMBERS,
    PICTURES,
    YES_NO,
    X,
    evidence_of,
    healthy,
    net,
)


def test_a_network_without_any_is_the_first_finding_where_the_data_bends():
    network = net(ca.Dense(32), ca.Dense(32), ca.Dense(1))
    ring = (X[:, 0] ** 2 + X[:, 1] ** 2 > 1.4).astype(np.float32)
    with pytest.warns(FindingWarning, match="no_nonlinearity"):
        run = ca.fit(network, X[:, :2], ring, loss="binary_cross_entropy", optimizer=ca.Adam(0.01), epochs=40)
    first = run.findings[0]
    assert (first.check, first.layer, first.measured) == ("no_nonlinearity", "0", 3)
    assert "whole network" in first.sentence and first.fix.action == "insert_activation"


def test_it_is_a_note_where_the_data_is_linear():
    y = X[:, :1] - X[:, 1:2]
    run = ca.fit(net(ca.Dense(8), ca.Dense(1)), X, y, loss="squared_error", optimizer=ca.Adam(0.02), epochs=60)
    assert not run.findings and "no_nonlinearity" in [note.check for note in run.verdict.notes]


def test_where_one_of_several_is_missing_it_is_hardly_the_cause():
    network = net(
        ca.Dense(16), ca.ReLU(), ca.Dense(16), ca.Dropout(0.1), ca.BatchNorm(), ca.Dense(16), ca.ReLU(), ca.Dense(1)
    )
    finding = no_nonlinearity(evidence_of(network, X, NUMBERS, "squared_error"))
    assert finding.layer == "2" and finding.confidence < 0.5 and "whole" not in finding.sentence


def test_chance_is_no_method_that_bends():
    evidence = evidence_of(net(ca.Dense(16), ca.Dense(1)), X, NUMBERS, "squared_error")
    known = replace(evidence.references, chance=0.0, linear=-0.5, neighbour=-0.7, kernel=-0.6, error=0.05)
    assert no_nonlinearity(replace(evidence, references=known)).confidence < 0.5
    assert no_nonlinearity(replace(evidence, references=replace(known, kernel=0.3))).confidence > 0.8


def test_convolutions_too():
    network = net(ca.Conv2D(4, 3), ca.Conv2D(4, 3), ca.ReLU(), ca.Flatten(), ca.Dense(3))
    assert no_nonlinearity(evidence_of(network, PICTURES, np.arange(90) % 3, "cross_entropy")).layer == "0"


@pytest.mark.parametrize(
    "layers",
    [
        (ca.Dense(16), ca.LayerNorm(), ca.Dense(1)),  # divides by what a row's own numbers are
        (ca.Dense(2), ca.Dense(16), ca.ReLU(), ca.Dense(1)),  # of rank 2 on purpose
        (ca.Dense(1),),
    ],
)
def test_what_only_looks_like_it(layers):
    assert no_nonlinearity(evidence_of(net(*layers), X, YES_NO, "binary_cross_entropy")) is None


def test_queries_and_keys_side_by_side_are_no_row():
    class Looks(ca.Layer):
        def __init__(self):
            self.query, self.key, self.value = ca.Dense(4), ca.Dense(4), ca.Dense(4)

        def forward(self, x, ctx):
            q, k, v = (part(x, ctx=ctx) for part in (self.query, self.key, self.value))
            return ca.ops.softmax(q @ ca.ops.transpose(k, axes=(0, 2, 1))) @ v

    series = np.repeat(X[:, None], 3, axis=1)
    network = net(ca.Dense(4), ca.Tanh(), Looks(), ca.Flatten(), ca.Dense(3))
    assert no_nonlinearity(evidence_of(network, series, CLASSES, "cross_entropy")) is None


@pytest.mark.parametrize("name", HEALTHY)
def test_it_is_silent_on(name):
    assert no_nonlinearity(healthy(name)) is None
