"""A learning rate that is too low is told from too few epochs, and from gradients that vanish."""

from dataclasses import replace

import numpy as np
import pytest

import cutaway as ca
from cutaway.diagnosis.training.learning_rate_too_low import learning_rate_too_low
from cutaway.diagnosis.verdict import verdict
from tests.diagnosis.trained import clouds, evidence_of, moons, sine, stack


@pytest.mark.parametrize(
    ("optimizer", "act"),
    [(ca.Adam(1e-5), ca.ReLU), (ca.Adam(3e-6), ca.Tanh), (ca.GradientDescent(1e-4), ca.ReLU),
     (ca.Momentum(1e-5), ca.Tanh)],
)  # fmt: skip
def test_it_is_the_first_cause_and_the_fix_helps(optimizer, act):
    evidence = evidence_of(stack(16, 16, act=act, out=4), clouds(), optimizer)
    first = verdict(evidence).findings[0]
    assert first.check == "learning_rate_too_low" and first.fix.settings["factor"] >= 10
    faster = type(optimizer)(optimizer.learning_rate.rate * first.fix.settings["factor"])
    assert evidence_of(stack(16, 16, act=act, out=4), clouds(), faster).outcome.score > evidence.outcome.score + 0.1


def test_on_numbers_too():
    evidence = evidence_of(stack(32, 32, out=1), sine(), ca.Adam(1e-5))
    assert verdict(evidence).findings[0].check == "learning_rate_too_low"


def test_few_epochs_at_a_good_rate_are_not_a_low_rate():
    assert learning_rate_too_low(evidence_of(stack(16, 16), moons(), ca.Adam(1e-3), epochs=4)) is None


def test_good_rates_are_left_alone():
    for optimizer in (ca.Adam(3e-3), ca.GradientDescent(0.1)):
        assert learning_rate_too_low(evidence_of(stack(16, 16), moons(), optimizer)) is None


def test_vanishing_gradients_are_not_a_low_rate():
    evidence = evidence_of(stack(*(8,) * 8, act=ca.Sigmoid), moons(), ca.GradientDescent(0.1))
    assert verdict(evidence).findings[0].check != "learning_rate_too_low"


def test_weights_that_were_hardly_moved_are_told_where_batches_hide_the_fall():
    """As of a loop that shuffles in each epoch, and whose last batch is smaller: its means are not of the same rows."""
    evidence = evidence_of(stack(16, 16, out=4), clouds(), ca.Adam(1e-7))
    noise = np.random.default_rng(0).normal(0, 0.01, len(evidence.history))
    hidden = [replace(record, loss=record.loss + rest) for record, rest in zip(evidence.history, noise, strict=True)]
    finding = learning_rate_too_low(replace(evidence, history=tuple(hidden)))
    assert "would move the weights by" in finding.sentence
    assert verdict(replace(evidence, history=tuple(hidden))).findings[0].check == "learning_rate_too_low"
