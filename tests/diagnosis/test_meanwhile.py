"""The verdict while a training goes on: only of what is past help, and only where simple methods do better."""

from dataclasses import replace

import numpy as np
import pytest

import cutaway as ca
from cutaway.diagnosis.harm import Harm
from cutaway.diagnosis.meanwhile import Meanwhile
from cutaway.diagnosis.verdict import Verdict
from cutaway.records import Event, Finding, NetworkVitals, StepRecord

CAUSE = Finding("learning_rate_too_high", "", "", 1.0, (None, None))


@pytest.fixture(scope="module")
def known():
    x = np.random.default_rng(0).normal(size=(200, 3))
    net = ca.Sequential(ca.Dense(8), ca.Tanh(), ca.Dense(1))
    run = ca.fit(net, x, x.sum(axis=1), loss="squared_error", epochs=100, engine="numpy", progress=False)
    assert run.evidence.references.best > 0.99
    return run.evidence


def judge(cause):
    return lambda evidence: Verdict((cause,), (), Harm("below", "so it is"))


def heard(known, course, cause=CAUSE, updates=1000):
    """Return the epochs, of 100, at which something is found, of a course of (loss, score[, score held out])."""
    so_far = Meanwhile(replace(known, plan=replace(known.plan, updates=updates)))
    found = []
    for epoch, (loss, score, *held_out) in enumerate(course, 1):
        step = epoch * updates // 100
        so_far.hear(StepRecord(epoch, step, loss, None, 0.1, 0.0))
        vitals = NetworkVitals(epoch, step, loss, loss, score, *(held_out or [None]), 1.0, None, 1.0, 1.0, 0.0)
        so_far.hear(vitals)
        if so_far.findings(judge(cause)):
            found.append(epoch)
    return found


def test_one_that_is_only_slow_is_let_alone(known):
    assert heard(known, [(1.0, 0.3)] * 100) == []


def test_one_that_has_learned_nothing_is_told_from_half_of_it_on(known):
    assert heard(known, [(1.0, 0.0)] * 100)[0] == 52  # for the third time
    assert heard(known, [(1.0, 0.0)] * 49 + [(1.0, 0.0), (1.0, 0.5)] * 25) == []


def test_one_that_diverged_is_told_sooner_but_not_for_a_moment(known):
    low, high = (0.1, 0.9), (9.0, 0.2)
    assert heard(known, [low] * 5 + [high] * 50)[0] == 22  # 200 steps are the fewest
    assert heard(known, [low] * 30 + [high] * 2 + [low] * 30) == []
    assert heard(known, [low] * 5 + [high] * 50, updates=100_000)[0] == 12


def test_best_weights_that_are_kept_are_no_harm(known):
    assert heard(known, [(0.1, 1.0, 1.0)] * 30 + [(9.0, -1.0, -1.0)] * 60) == []
    assert heard(known, [(0.1, 0.5, 0.5)] * 30 + [(9.0, -1.0, -1.0)] * 60) != []


def test_what_the_end_must_tell_is_left_to_it(known):
    assert heard(known, [(1.0, 0.0)] * 100, replace(CAUSE, check="underfit")) == []
    assert heard(known, [(1.0, 0.3)] * 97 + [(9.0, 0.3)] * 3) == []  # the last look is the end's


def test_a_loss_that_was_no_number_is_told_where_it_does_not_get_well(known):
    so_far = Meanwhile(replace(known, plan=replace(known.plan, updates=1000)))
    so_far.hear(Event(10, "not finite", "the loss or a weight became non-finite"))
    for epoch in range(20, 26):
        so_far.hear(StepRecord(epoch, 10 * epoch, 0.5, None, 0.1, 0.0))
        so_far.hear(NetworkVitals(epoch, 10 * epoch, 0.5, 0.5, 0.5, None, 1.0, None, 1.0, 1.0, 0.0))
    assert so_far.findings(judge(CAUSE)) == (CAUSE,)
    so_far.hear(NetworkVitals(26, 260, 0.0, 0.0, 1.0, None, 1.0, None, 1.0, 1.0, 0.0))
    assert so_far.findings(judge(CAUSE)) == ()
