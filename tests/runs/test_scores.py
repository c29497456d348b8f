import numpy as np
import pytest

from cutaway.data.targets import ClassTarget, NumberTarget
from cutaway.runs.scores import score_classes, score_numbers, wilson


def test_wilson_against_published_values():
    """Newcombe, Statistics in Medicine 1998, table I, method 3."""
    for right, rows, low, high in ((81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611)):
        assert wilson(right / rows, rows) == pytest.approx((low, high), abs=2e-4)
    assert wilson(1.0, 29)[1] == 1.0 and wilson(1.0, 29)[0] == pytest.approx(0.8830, abs=2e-4)


def test_classes():
    target = ClassTarget("y", ("a", "b"))
    probabilities = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.3, 0.7]])
    scores = score_classes(target, probabilities, np.array([0, 1, 1, 1]), trained_on=np.array([0, 1, 1]))
    assert scores.value == 0.75 and scores.baseline == 0.75 and scores.always == "b" and not scores.better
    assert scores.others["area under ROC"] == 1.0
    assert scores.others["log loss"] == pytest.approx(-np.mean(np.log([0.9, 0.8, 0.4, 0.7])))


def test_numbers():
    target = NumberTarget("y", 10.0, 5.0)
    truth = np.array([8.0, 12.0, 11.0, 9.0])
    scores = score_numbers(target, truth + np.array([1.0, -1.0, 1.0, -1.0]), truth)
    assert scores.value == pytest.approx(1.0) and scores.interval == pytest.approx((1.0, 1.0))
    assert scores.baseline == pytest.approx(np.sqrt(np.mean((truth - 10) ** 2))) and scores.better
    assert scores.others["mean absolute error"] == pytest.approx(1.0)
    perfect = score_numbers(target, truth, truth)
    assert perfect.value == 0 and perfect.interval == (0, 0)


def test_the_interval_holds_the_error_of_new_rows():
    """In 19 of 20 samples the interval holds the error of the whole."""
    random = np.random.default_rng(0)
    target = NumberTarget("y", 0.0, 1.0)
    held = 0
    for _ in range(400):
        errors = random.standard_normal(150)
        low, high = score_numbers(target, errors, np.zeros(150) + 1e-300).interval
        held += low <= 1.0 <= high
    assert 0.91 < held / 400 < 0.99
