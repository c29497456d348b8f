"""Blame that does not reach the first layers, measured as the gradients of a network by hand have it."""

import pytest

import cutaway as ca
from cutaway.diagnosis.course import looks, rms_gradient
from cutaway.diagnosis.training.vanishing_gradient import vanishing_gradient
from cutaway.diagnosis.verdict import verdict
from tests.diagnosis.trained import evidence_of, moons, sine, stack


@pytest.mark.parametrize("optimizer", [ca.GradientDescent(0.1), ca.Adam(1e-3)])
def test_deep_sigmoids(optimizer):
    evidence = evidence_of(stack(*(8,) * 9, act=ca.Sigmoid), moons(), optimizer)
    first = next(each for each in verdict(evidence).findings if each.check != "init_scale")
    assert first.check == "vanishing_gradient"
    assert first.layer in ("0", "2", "4", "6")
    assert "Sigmoid" in first.sentence


@pytest.mark.parametrize("act", [ca.Tanh, ca.ReLU])
def test_deep_ones_that_start_well_have_none(act):
    assert vanishing_gradient(evidence_of(stack(*(16,) * 7, act=act), moons(), ca.Adam(3e-3))) is None


def test_three_sigmoids_that_learn_have_none():
    assert vanishing_gradient(evidence_of(stack(16, 16, act=ca.Sigmoid), moons(), ca.Adam(0.01))) is None


def test_what_batch_norm_follows_has_little_gradient_by_right():
    """Of one input, batch norm takes out all that the weight before it does: its gradient is 0 but for rounding."""
    evidence = evidence_of(stack(24, 24, 24, out=1, norm=True), sine(), ca.GradientDescent(0.03))
    look = looks(evidence)[0]
    assert rms_gradient(evidence, look.learning[0]) < 0.05 * rms_gradient(evidence, look.learning[-1])
    assert vanishing_gradient(evidence) is None


def test_gradients_are_compared_number_by_number():
    """A wide layer's longer gradient is no larger one: the root mean square is the length over √numbers."""
    evidence = evidence_of(stack(32), moons(), ca.Adam(1e-3), epochs=2)
    vitals = looks(evidence)[0].learning[0]
    assert rms_gradient(evidence, vitals) == pytest.approx(vitals.gradient_norm / (2 * 32 + 32) ** 0.5)
