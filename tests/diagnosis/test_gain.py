"""Gains: the interval is Student's, what does nothing is rarely called helpful, balanced accuracy is scikit-learn's."""

import numpy as np
import pytest

import cutaway as ca
from benchmarks.proofs import HELPING, helping, idle
from cutaway.diagnosis import thresholds as at
from cutaway.diagnosis.budget import Budget
from cutaway.diagnosis.experiment import ORDERS, compared
from cutaway.diagnosis.gain import balanced_accuracy, chance_of_each, gain_of
from cutaway.diagnosis.trial import Result


def test_the_interval_is_students():
    stats = pytest.importorskip("scipy.stats")
    values = np.random.default_rng(0).normal(0.3, 1, 5)
    expected = stats.t.interval(0.9, 4, values.mean(), stats.sem(values))
    assert gain_of(values, 0.05) == pytest.approx((values.mean(), *expected))
    assert gain_of(values[:1], 0.05)[1:] == (-np.inf, np.inf)


@pytest.mark.parametrize("tries", [1, 2, 4])
def test_of_pairs_that_differ_by_chance_few_are_called_helpful(tries):
    """As many diagnoses of `tries` fixes, with scores and losses of which none is better but by luck."""
    random, wrong, many = np.random.default_rng(tries), 0, 1000
    for _ in range(many):
        one, others = random.normal([0.5, 1.0], [0.05, 0.1], (ORDERS, 2)), 0
        without = [Result(*row) for row in one]
        for _ in range(tries):
            with_fix = [Result(*row) for row in random.normal([0.5, 1.0], [0.05, 0.1], (ORDERS, 2))]
            others += compared(without, with_fix, True, chance_of_each(tries, measures=2)).helps
        wrong += others > 0
    assert 0 < wrong / many <= at.FALSE_PROOFS
    # Two standard errors of three differences, by either measure, are passed by chance far more often.
    pairs = random.normal(size=(many, 2 * tries, 3))
    error = pairs.std(axis=2, ddof=1) / np.sqrt(3)
    assert (pairs.mean(axis=2) > 2 * error).any(axis=1).mean() > 2 * at.FALSE_PROOFS


def test_a_gain_of_two_deviations_is_mostly_seen():
    random, seen = np.random.default_rng(0), 0
    for _ in range(500):
        without, with_fix = random.normal(0.5, 0.05, 5), random.normal(0.7, 0.05, 5)
        sides = [[Result(score, 1.0) for score in side] for side in (without, with_fix)]
        seen += compared(*sides, True, chance_of_each(2, measures=2)).helps
    assert seen / 500 > 0.9


def test_the_chances_of_all_together_are_the_threshold():
    for fixes, others, measures in ((1, 0, 1), (3, 0, 2), (4, 6, 2), (2, 1, 1)):
        first = fixes * measures * chance_of_each(fixes, others, measures)
        then = others * measures * chance_of_each(others, 1, measures) if others else 0.0
        assert first + then == pytest.approx(at.FALSE_PROOFS)


def test_in_real_trainings_what_does_nothing_is_not_called_helpful_and_what_helps_is():
    """The same of real trainings, in part; `python -m benchmarks proofs` does more."""
    assert idle(4).hits == 0
    hits = [helping(name, 1, first=1).hits for name in HELPING]
    assert sum(hits) >= len(hits) - 1, hits


def test_balanced_accuracy_is_that_of_scikit_learn():
    metrics = pytest.importorskip("sklearn.metrics")
    random = np.random.default_rng(1)
    outputs, labels = random.normal(size=(200, 3)), random.choice(3, 200, p=[0.9, 0.07, 0.03])
    loss = ca.CrossEntropy()
    expected = metrics.balanced_accuracy_score(labels, outputs.argmax(axis=1))
    assert balanced_accuracy(loss, outputs, labels) == pytest.approx(expected)
    yes = (random.random((200, 1)) < 0.1).astype(np.float32)
    score = random.normal(size=(200, 1))
    expected = metrics.balanced_accuracy_score(yes.ravel(), score.ravel() > 0)
    assert balanced_accuracy(ca.BinaryCrossEntropy(), score, yes) == pytest.approx(expected)
    assert balanced_accuracy(ca.SquaredError(), score, score) is None
    assert balanced_accuracy(loss, np.full((200, 3), np.nan), labels) == 0.0


def test_no_more_is_planned_than_is_allowed_and_the_clock_ends_what_takes_longer(monkeypatch):
    monkeypatch.setattr("cutaway.diagnosis.budget.slowness", lambda: 1.0)
    budget = Budget(0.05)
    assert budget.take(0.03) and not budget.take(0.03) and budget.left == pytest.approx(0.02)
    with budget.running():
        assert not budget.late
        while budget.worked < 0.08:
            sum(range(1000))
        assert budget.late
    spent = budget.spent
    # The same work on a machine that is three times as slow: it is not late yet.
    monkeypatch.setattr("cutaway.diagnosis.budget.slowness", lambda: 3.0)
    assert not budget.late
    monkeypatch.setattr("cutaway.diagnosis.budget.slowness", lambda: 1.0)
    budget.allow(10.0)
    assert not budget.late and budget.spent == spent and budget.left == pytest.approx(10.02)
