"""Settings of the optimizer that no training works with."""

import pytest

import cutaway as ca
from tests.diagnosis.preflight.trained import first, found, numbers, regressor

X, Y = numbers()


@pytest.mark.parametrize(
    ("optimizer", "quantity"),
    [
        (ca.Momentum(1e-2, momentum=0.999), "momentum"),
        (ca.Adam(1e-3, epsilon=100), "epsilon"),
        (ca.GradientDescent(1e-2, clip_norm=1e-3), "clip norm over the gradient's median length"),
    ],
)
def test_settings_that_spoil_a_training(optimizer, quantity):
    run = regressor(X, Y, optimizer=optimizer)
    assert first(run) == "optimizer_config" and run.findings[0].quantity == quantity
    assert run.findings[0].fix.action == "default_optimizer"


def test_settings_that_happen_to_do_no_harm_are_notes():
    run = regressor(X, Y, optimizer=ca.Adam(1e-2, epsilon=1e-16))
    assert first(run) is None and found(run, "optimizer_config").note


def test_decay_of_a_step():
    run = regressor(X, Y, optimizer=ca.AdamW(1e-2, weight_decay=15), epochs=1)
    assert found(run, "optimizer_config").measured == pytest.approx(0.15)


@pytest.mark.parametrize(
    "optimizer",
    [
        ca.Adam(1e-2),
        ca.Adam(1e-2, clip_norm=1e-3),  # which divides by the gradient's length: clipping changes nothing
        ca.Momentum(1e-2),
        ca.Momentum(3e-3, momentum=0.95),
        ca.GradientDescent(5e-2, clip_norm=1.0),
        ca.RMSProp(3e-3),
        ca.AdamW(1e-2, weight_decay=0.01),
    ],
    ids=repr,
)
def test_silent_on_usual_settings(optimizer):
    assert found(regressor(X, Y, optimizer=optimizer, epochs=20), "optimizer_config") is None
