"""The verdict: harm decides what is a finding, causes come before consequences, and it says when it does not know."""

from dataclasses import replace

import numpy as np
import pytest

import cutaway as ca
from cutaway.diagnosis.check import check
from cutaway.diagnosis.harm import harm
from cutaway.diagnosis.verdict import verdict
from cutaway.records import Event, Finding


def evidence(**changes):
    x = np.random.default_rng(0).normal(size=(300, 4))
    net = ca.Sequential(ca.Dense(16), ca.ReLU(), ca.Dense(1))
    run = ca.fit(net, x, x[:, :1] * x[:, 1:2], loss="squared_error", optimizer=ca.Adam(0.01), epochs=40)
    return replace(run.evidence, **changes)


def found(name, confidence=0.9):
    return Finding(name, "it is so", "a number", 1.0, (None, 0.5), confidence=confidence)


def making(name, certain=False, explains=(), confidence=0.9):
    def look(_):
        return found(name, confidence)

    look.__name__ = name
    return check(certain=certain, explains=explains)(look)


@pytest.fixture(scope="module")
def healthy():
    return evidence()


@pytest.fixture(scope="module")
def hurt(healthy):
    return replace(healthy, events=(*healthy.events, Event(3, "not finite", "…")), outcome=None)


def test_without_harm_a_suspicion_is_a_note_and_a_certain_mistake_a_finding(healthy):
    assert not harm(healthy)
    judged = verdict(healthy, [making("odd"), making("wrong", certain=True)])
    assert [finding.check for finding in judged.findings] == ["wrong"]
    assert [note.check for note in judged.notes] == ["odd"] and judged.notes[0].note


def test_with_harm_causes_come_in_order_and_consequences_are_folded(hurt):
    checks = [making("first", explains=("third",)), making("second"), making("third"), making("sure", certain=True)]
    judged = verdict(hurt, checks)
    assert [finding.check for finding in judged.findings] == ["sure", "first", "second"]
    assert [each.check for each in judged.findings[1].consequences] == ["third"]


def test_what_is_likely_is_no_consequence_of_what_is_not(hurt):
    checks = [making("weak", explains=("strong",), confidence=0.4), making("strong")]
    (finding,) = verdict(hurt, checks).findings
    assert finding.check == "strong"


def test_it_says_when_it_does_not_know(hurt):
    (finding,) = verdict(hurt, [making("one", confidence=0.3), making("other", confidence=0.4)]).findings
    assert finding.check == "not_learning" and "undecided between one or other" in finding.sentence
    (finding,) = verdict(hurt, []).findings
    assert "none of those known" in finding.sentence and finding.confidence == 0


def test_below_what_simple_methods_reach_is_harm(healthy):
    known = replace(healthy.references, chance=0.0, linear=0.9, neighbour=0.5, kernel=0.4, error=0.05)
    assert healthy.outcome.score > 0.8
    low = replace(healthy, references=known, outcome=replace(healthy.outcome, score=0.5))
    assert harm(low).kind == "below" and "least squares reaches 0.900" in harm(low).sentence
    assert not harm(replace(low, outcome=replace(low.outcome, score=0.85)))
    # A reference that is hardly above chance says nothing.
    assert not harm(replace(low, references=replace(known, linear=0.1, neighbour=0.1, kernel=0.1)))
    # With rows held out, they decide.
    assert harm(replace(low, outcome=replace(low.outcome, score=0.99, validation_score=0.4))).kind == "below"


def test_a_loss_that_ends_far_above_its_lowest_is_harm(healthy):
    last = healthy.history[-1]
    risen = (*healthy.history[:-1], replace(last, loss=10 * healthy.output.loss))
    broken = (replace(last, loss=float("nan")),)
    for history in (risen, broken):
        useless = replace(healthy, history=history, outcome=replace(healthy.outcome, score=0.0))
        assert harm(useless).kind == "diverged"
        # Undone in time, it did no harm: what is delivered is good.
        assert not harm(replace(healthy, history=history))


def test_a_check_that_fails_does_not_silence_the_others(hurt, monkeypatch):
    @check()
    def broken(_):
        raise ZeroDivisionError("0 windows")

    monkeypatch.setenv("CUTAWAY_DIAGNOSIS_RAISES", "")
    judged = verdict(hurt, [broken, making("cause")])
    assert [finding.check for finding in judged.findings] == ["cause"]
    assert judged.faults == (
        "broken: the diagnosis itself failed: ZeroDivisionError: 0 windows; the training is not touched",
    )
