"""A network that is too small for its task has learned all it can."""

import cutaway as ca
from cutaway.diagnosis.after.underfit import underfit
from cutaway.diagnosis.verdict import verdict
from tests.diagnosis.trained import evidence_of, moons, sine, stack


def names(evidence):
    first = verdict(evidence).findings
    return [each.check for finding in first for each in (finding, *finding.consequences)]


def test_one_unit_and_no_hidden_layer():
    for net in (stack(1, act=ca.Tanh, out=1), ca.Sequential(ca.Dense(1))):
        evidence = evidence_of(net, sine(), ca.Adam(0.03), epochs=80)
        assert underfit(evidence) is not None
        assert "underfit" in names(evidence)


def test_wider_ones_have_none():
    evidence = evidence_of(stack(32, 32, out=1), sine(), ca.Adam(0.01), epochs=80)
    assert underfit(evidence) is None and not verdict(evidence).findings


def test_a_training_that_still_falls_is_not_judged():
    assert underfit(evidence_of(stack(16, 16, out=1), sine(), ca.Adam(3e-4), epochs=15)) is None


def test_a_network_that_knows_its_rows_is_not_too_small():
    x, y = moons(40)
    evidence = evidence_of(stack(64, 64), (x, y), ca.Adam(0.01), epochs=80, validation=moons(200, seed=1))
    assert underfit(evidence) is None
