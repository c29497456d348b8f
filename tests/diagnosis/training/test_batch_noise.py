"""Steps over one row of noisy targets: more chance than signal."""

import numpy as np
import pytest

import cutaway as ca
from cutaway.diagnosis.training.batch_noise import _signal, batch_noise
from tests.diagnosis.trained import evidence_of, moons, sine, stack


def test_one_row_a_step():
    evidence = evidence_of(stack(8, out=1), sine(120, noise=1.0), ca.GradientDescent(0.15), batch_size=1)
    finding = batch_noise(evidence)
    assert finding is not None and finding.measured < 0.05 and finding.fix.settings["factor"] == 8.0


def test_many_rows_a_step_have_none():
    assert batch_noise(evidence_of(stack(16), moons(), ca.Adam(3e-3), batch_size=32)) is None


def test_one_row_a_step_that_learns_has_none():
    assert batch_noise(evidence_of(stack(16), moons(200), ca.GradientDescent(0.02), batch_size=1, epochs=15)) is None


def test_the_signal_is_that_of_gradients_drawn():
    """A row's gradient is the mean plus noise: b |G|² / σ² is found again from the angle between two halves."""
    random = np.random.default_rng(0)
    rows, numbers, size = 4000, 50, 4
    mean = random.normal(size=numbers)
    each = mean + 20 * random.normal(size=(rows, numbers))
    halves = each[::2].mean(axis=0), each[1::2].mean(axis=0)
    cosine = float(halves[0] @ halves[1] / np.linalg.norm(halves[0]) / np.linalg.norm(halves[1]))
    truth = size * float(mean @ mean) / (numbers * 20**2)
    assert _signal(cosine, size, rows) == pytest.approx(truth, rel=0.3)
