"""A training that ended while it was still getting better."""

from dataclasses import replace

import pytest

import cutaway as ca
from cutaway.diagnosis.after.not_enough_epochs import not_enough_epochs
from cutaway.diagnosis.course import trend
from cutaway.diagnosis.verdict import verdict
from cutaway.records import Event
from tests.diagnosis.trained import clouds, evidence_of, moons, sine, stack


@pytest.mark.parametrize(("optimizer", "epochs"), [(ca.Adam(1e-3), 6), (ca.GradientDescent(0.01), 8)])
def test_few_epochs_and_more_of_them_help(optimizer, epochs):
    evidence = evidence_of(stack(16, 16, act=ca.Tanh, out=4), clouds(), optimizer, epochs=epochs)
    finding = not_enough_epochs(evidence)
    assert finding is not None and finding.measured > 0.04
    longer = int(epochs * finding.fix.settings["factor"])
    assert evidence_of(stack(16, 16, act=ca.Tanh, out=4), clouds(), optimizer, epochs=longer).outcome.score > (
        evidence.outcome.score
    )


def test_it_is_found_on_numbers():
    found = verdict(evidence_of(stack(16, 16, out=1), sine(), ca.Adam(1e-3), epochs=10)).findings
    told = [each.check for finding in found for each in (finding, *finding.consequences)]
    assert "not_enough_epochs" in told


def test_a_training_that_is_done_has_none():
    assert not_enough_epochs(evidence_of(stack(1, act=ca.Tanh, out=1), sine(), ca.Adam(0.03), epochs=80)) is None
    assert not verdict(evidence_of(stack(16, 16), moons(), ca.Adam(0.01), epochs=60)).findings


def test_the_share_of_a_straight_line_is_three_tenths():
    evidence = evidence_of(stack(8, out=1), sine(), ca.Adam(1e-6), epochs=40)
    assert trend(evidence).sure > 3
    assert trend(evidence).share == pytest.approx(0.3, abs=0.1) or trend(evidence).share == 1.0


def test_a_training_that_stopped_by_its_own_rule_did_not_lack_epochs():
    evidence = evidence_of(stack(16, 16, act=ca.Tanh, out=4), clouds(), ca.Adam(1e-3), epochs=6)
    assert (evidence.ended, evidence.epochs, evidence.plan.epochs) == ("", 6, 6)
    assert not_enough_epochs(evidence) is not None
    # Few rows, learned by heart: their loss falls on when that of others rises.
    x, y = moons(300)
    how = {"epochs": 400, "early_stopping": 5, "validation": (x[40:], 1 - y[40:])}
    early = evidence_of(stack(16), (x[:40], y[:40]), ca.Adam(0.01), **how)
    assert early.ended == "patience" and early.epochs < 400 and early.steps == early.history[-1].step
    assert not_enough_epochs(early) is None
    told = not_enough_epochs(replace(early, events=(Event(9, "interrupted", "Ctrl-C in epoch 6 of 400"),)))
    assert told is not None and f"after {early.epochs} epochs of 400, where it was stopped," in told.sentence
