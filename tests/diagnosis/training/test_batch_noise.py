"""Steps over one row of noisy targets: more chance than signal."""

import numpy as np
import pytest

import cutaway as ca
from cutaway.diagnosis.course import trend
from cutaway.diagnosis.training.batch_noise import _signal, batch_noise
from tests.diagnosis.trained import evidence_of, moons, stack


def noisy_plane():
    """Return 60 points of a plane over four inputs, with as much noise as there is slope."""
    random = np.random.default_rng(0)
    x = random.normal(size=(60, 4))
    return x, x @ np.array([[1], [-1], [1], [0.5]]) + random.normal(size=(60, 1))


def test_one_row_a_step():
    """With eight rows a step, as the fix says, the same training is quieter."""
    rows, how = noisy_plane(), {"epochs": 40, "validation": None}
    evidence = evidence_of(stack(4, act=ca.Tanh, out=1), rows, ca.GradientDescent(0.1), batch_size=1, **how)
    finding = batch_noise(evidence)
    assert finding is not None and finding.measured < 1 and finding.fix.settings["factor"] == 8.0
    larger = evidence_of(stack(4, act=ca.Tanh, out=1), rows, ca.GradientDescent(0.1), batch_size=8, **how)
    assert trend(larger).noise < trend(evidence).noise


def test_many_rows_a_step_have_none():
    assert batch_noise(evidence_of(stack(16), moons(), ca.Adam(3e-3), batch_size=32)) is None


def test_one_row_a_step_that_learns_has_none():
    assert batch_noise(evidence_of(stack(16), moons(200), ca.GradientDescent(0.02), batch_size=1, epochs=15)) is None


def test_the_signal_is_that_of_gradients_drawn():
    """A row's gradient is the mean plus noise: b |G|² / σ² is found again from the angle between two halves."""
    random = np.random.default_rng(0)
    rows, numbers, size = 2000, 4000, 4
    mean = random.normal(size=numbers)
    each = mean + 20 * random.normal(size=(rows, numbers))
    halves = each[::2].mean(axis=0), each[1::2].mean(axis=0)
    cosine = float(halves[0] @ halves[1] / np.linalg.norm(halves[0]) / np.linalg.norm(halves[1]))
    truth = size * float(mean @ mean) / (numbers * 20**2)
    assert _signal(cosine, size, rows) == pytest.approx(truth, rel=0.3)
