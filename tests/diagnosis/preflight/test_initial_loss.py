"""A first loss far above that of knowing nothing."""

import numpy as np
import pytest

import cutaway as ca
from cutaway.diagnosis.preflight.initial_loss import initial_loss
from tests.diagnosis.preflight.examined import CLASSES, HEALTHY, NUMBERS, YES_NO, X, evidence_of, healthy, mlp


class Enlarged(ca.Layer):
    """Outputs times a factor."""

    def __init__(self, factor):
        self.factor = factor

    def forward(self, x, ctx):
        return x * self.factor


def look(factor, y, loss, units):
    return initial_loss(evidence_of(mlp(ca.Dense(units), Enlarged(factor)), X, y, loss))


@pytest.mark.parametrize(
    ("y", "loss", "units", "nothing"),
    [
        (NUMBERS, "squared_error", 1, float(NUMBERS.var())),
        (CLASSES, "cross_entropy", 3, -sum(p * np.log(p) for p in np.bincount(CLASSES) / len(CLASSES))),
        (YES_NO, "binary_cross_entropy", 1, -sum(p * np.log(p) for p in (YES_NO.mean(), 1 - YES_NO.mean()))),
    ],
)
def test_outputs_that_are_scaled_up_are_found_and_others_not(y, loss, units, nothing):
    finding = look(50.0, y, loss, units)
    assert finding.confidence > 0.5 and f"costs {nothing:.3g}" in finding.sentence
    # From far it is likely, from near it may be chance, and where it should be it is nothing.
    near = initial_loss(evidence_of(mlp(ca.Dense(units), Enlarged(3.0)), X, y, loss))
    assert near is None or near.confidence < 0.5
    assert look(1.0, y, loss, units) is None
    assert look(0.0, y, loss, units) is None


def test_a_network_that_learned_before_is_fine():
    network = mlp(ca.Dense(3))
    run = ca.fit(network, X, CLASSES, loss="cross_entropy", optimizer=ca.Adam(0.02), epochs=60)
    again = ca.fit(network, X, CLASSES, loss="cross_entropy", optimizer=ca.Adam(0.001), epochs=2)
    assert again.evidence.output.loss < 0.5 * run.evidence.output.loss
    assert initial_loss(again.evidence) is None


@pytest.mark.parametrize("name", HEALTHY)
def test_it_is_silent_on(name):
    assert initial_loss(healthy(name)) is None


def test_a_rate_far_above_the_usual_is_likelier():
    network = mlp(ca.Dense(1), Enlarged(50.0))
    evidence = evidence_of(network, X, NUMBERS, "squared_error", optimizer=ca.GradientDescent(5.0))
    assert initial_loss(evidence).confidence < 0.5
