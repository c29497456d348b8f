"""A loss that stands still because steps overshoot, and one that stands still because the network can no more."""

import cutaway as ca
from cutaway.diagnosis.training.late_plateau import late_plateau
from tests.diagnosis.trained import evidence_of, moons, sine, stack


def test_steps_that_overshoot_at_the_end():
    """Steps of 0.1 in each weight: the fit stays rough, and a tenth of the rate makes it better."""
    evidence = evidence_of(stack(16, out=1), sine(), ca.Adam(0.1), epochs=60)
    finding = late_plateau(evidence)
    assert finding is not None
    shorter = ca.Adam(0.1 * finding.fix.settings["factor"])
    assert evidence_of(stack(16, out=1), sine(), shorter, epochs=60).outcome.score > evidence.outcome.score


def test_a_network_that_is_too_small_stands_still_for_another_reason():
    assert late_plateau(evidence_of(stack(1, act=ca.Tanh, out=1), sine(), ca.GradientDescent(0.02), epochs=60)) is None


def test_networks_that_learn_have_none():
    assert late_plateau(evidence_of(stack(16, 16), moons(), ca.Adam(0.01))) is None
