"""Dropout that leaves too little."""

import pytest

import cutaway as ca
from tests.diagnosis.preflight.trained import classifier, first, found, three_classes

X, Y = three_classes()


def hidden(*rates):
    return [layer for rate in rates for layer in (ca.Dense(32), ca.ReLU(), ca.Dropout(rate))]


def test_almost_all_is_dropped():
    run = classifier(X, Y, *hidden(0.1, 0.97), ca.Dense(32), ca.ReLU(), ca.Dropout(0.9), optimizer=ca.Adam(1e-3))
    finding = found(run, "dropout_too_high")
    assert finding.layer == "5" and finding.measured == 0.97
    assert first(run) in ("dropout_too_high", None)


def test_many_layers_of_a_half():
    finding = found(classifier(X, Y, *hidden(0.5, 0.5, 0.5), epochs=1), "dropout_too_high")
    assert finding.measured == pytest.approx(0.125)


def test_the_outputs_themselves():
    network = ca.Sequential(ca.Dense(16), ca.ReLU(), ca.Dense(3), ca.Dropout(0.3))
    run = ca.fit(network, X, Y, loss="cross_entropy", epochs=1, engine="numpy")
    assert found(run, "dropout_too_high").layer == "3"


def test_silent_on_usual_rates_and_without():
    for rates in ((0.5,), (0.5, 0.5), (0.2, 0.2, 0.2), (0.0,)):
        assert found(classifier(X, Y, *hidden(*rates), epochs=1), "dropout_too_high") is None
    assert first(classifier(X, Y, *hidden(0.3, 0.3))) is None
