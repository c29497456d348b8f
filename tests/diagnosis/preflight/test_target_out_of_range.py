"""Targets that the head cannot say."""

import numpy as np
import pytest

import cutaway as ca
from cutaway.diagnosis.preflight.target_out_of_range import target_out_of_range
from cutaway.diagnosis.targets import target_facts
from cutaway.errors import FindingWarning
from tests.diagnosis.preflight.examined import HEALTHY, NUMBERS, X, evidence_of, healthy, mlp

BEYOND = [
    (ca.Sigmoid(), NUMBERS, float(((NUMBERS < -0.01) | (NUMBERS > 1.01)).mean())),
    (ca.Tanh(), 3 * NUMBERS, float((abs(3 * NUMBERS) > 1.02).mean())),
    (ca.ReLU(), NUMBERS, None),
    (ca.Softplus(), NUMBERS - 1, None),
]


@pytest.mark.parametrize(("head", "y", "share"), BEYOND)
def test_it_is_found_with_the_share_of_the_targets(head, y, share):
    finding = target_out_of_range(evidence_of(mlp(ca.Dense(1), head), X, y, "squared_error"))
    assert finding.layer == "5" and finding.fix.action == "paired_head"
    if share is not None:
        assert finding.measured == pytest.approx(share)


def test_rows_that_sum_to_something_else_are_beyond_a_softmax():
    y = np.concatenate([NUMBERS, -NUMBERS], axis=1)
    finding = target_out_of_range(evidence_of(mlp(ca.Dense(2), ca.Softmax()), X, y, "squared_error"))
    assert finding.measured > 0.9 and "sum 1" in finding.sentence
    chances = np.exp(y) / np.exp(y).sum(axis=1, keepdims=True)
    assert target_out_of_range(evidence_of(mlp(ca.Dense(2), ca.Softmax()), X, chances, "squared_error")) is None


def test_it_is_the_first_finding():
    with pytest.warns(FindingWarning, match="target_out_of_range in layer '5'"):
        run = ca.fit(mlp(ca.Dense(1), ca.Sigmoid()), X, NUMBERS, loss="squared_error", epochs=5, progress=False)
    assert run.findings[0].check == "target_out_of_range"


@pytest.mark.parametrize(
    ("head", "y"),
    [
        (ca.Tanh(), np.sign(NUMBERS)),
        (ca.Sigmoid(), (NUMBERS - NUMBERS.min()) / np.ptp(NUMBERS)),
        (ca.ReLU(), np.where(NUMBERS > 1.9, -1, abs(NUMBERS))),  # a few measured below 0 by noise
        (ca.Softplus(), abs(NUMBERS)),
    ],
)
def test_what_is_within_reach_is_fine(head, y):
    assert target_out_of_range(evidence_of(mlp(ca.Dense(1), head), X, y, "squared_error")) is None


@pytest.mark.parametrize("name", HEALTHY)
def test_it_is_silent_on(name):
    assert target_out_of_range(healthy(name)) is None


def test_a_tanh_on_noise_about_it_is_a_note_and_a_sigmoid_is_not():
    """Of normal numbers a tanh misses E (|y| − 1)²₊ = 2 (2 (1 − Φ(1)) − φ(1)) = 0.151, a ReLU a half."""
    random = np.random.default_rng(0)
    normal = random.standard_normal((20000, 1))
    known = target_facts(normal, 1).beyond
    assert known["tanh"] == pytest.approx(0.1507, abs=0.01) and known["relu"] == pytest.approx(0.5, abs=0.02)
    y = np.clip(0.6 * X[:, :1] + 0.8 * random.standard_normal((400, 1)), -2, 2).astype(np.float32)
    run = ca.fit(mlp(ca.Dense(1), ca.Tanh()), X, y, loss="squared_error", epochs=10, validation=0.25, progress=False)
    assert target_out_of_range(run.evidence).note and not run.findings


def test_a_few_far_beyond_are_no_certain_mistake():
    y = np.where(np.arange(400)[:, None] % 40 == 0, 30.0, np.tanh(NUMBERS)).astype(np.float32)
    finding = target_out_of_range(evidence_of(mlp(ca.Dense(1), ca.Tanh()), X, y, "squared_error"))
    assert finding.note and finding.measured == pytest.approx(0.025)


def test_rows_whose_sum_is_nearly_one_are_near_a_softmax():
    rows = np.array([[0.2, 0.7], [0.6, 0.5], [0.9, 0.1]])
    missed, whole = (0.1**2 + 0.1**2) / 2, ((rows - rows.mean(axis=0)) ** 2).sum()
    assert target_facts(rows, 2).beyond["softmax"] == pytest.approx(missed / whole)
