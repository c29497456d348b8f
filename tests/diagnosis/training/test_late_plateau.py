"""A loss that stands still because steps overshoot, and one that stands still because the network can no more."""

import cutaway as ca
from cutaway.diagnosis.training.late_plateau import late_plateau
from tests.diagnosis.trained import evidence_of, moons, sine, stack


def test_steps_that_overshoot_at_the_end():
    """Gradient descent near the edge of what is stable: the fit stays rough."""
    found = []
    for seed in range(3):
        net = stack(24, act=ca.Tanh, out=1)
        evidence = evidence_of(net, sine(), ca.Adam(0.3), epochs=60, batch_size=16, seed=seed)
        found.append(late_plateau(evidence))
    assert any(finding is not None and finding.fix.settings["factor"] < 1 for finding in found)


def test_a_network_that_is_too_small_stands_still_for_another_reason():
    assert late_plateau(evidence_of(stack(1, act=ca.Tanh, out=1), sine(), ca.GradientDescent(0.02), epochs=60)) is None


def test_networks_that_learn_have_none():
    assert late_plateau(evidence_of(stack(16, 16), moons(), ca.Adam(0.01))) is None
