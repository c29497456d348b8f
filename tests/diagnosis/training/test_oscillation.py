"""A loss that turns round from epoch to epoch and does not fall."""

import math

import cutaway as ca
from cutaway.diagnosis.training.oscillation import oscillation
from tests.diagnosis.trained import evidence_of, moons, sine, stack


def test_one_row_a_step_with_much_noise():
    net = stack(8, act=ca.Tanh, out=1)
    how = {"epochs": 60, "validation": None}
    evidence = evidence_of(net, sine(40, noise=0.5), ca.GradientDescent(0.1), batch_size=1, **how)
    losses = [record.loss for record in evidence.history]
    assert all(math.isfinite(loss) for loss in losses)
    finding = oscillation(evidence)
    assert finding is not None and finding.fix.action == "batch_size" and "1 row a step" in finding.sentence


def test_a_loss_that_falls_in_jumps_is_well():
    assert oscillation(evidence_of(stack(16, 16), moons(), ca.Adam(1e-3))) is None


def test_a_loss_that_stands_still_quietly_is_well():
    assert oscillation(evidence_of(stack(1, out=1), sine(), ca.Adam(3e-3), epochs=60)) is None
