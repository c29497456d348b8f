"""Targets that have nothing to do with the inputs."""

import numpy as np
import pytest

from cutaway.diagnosis.references import references
from cutaway.losses import CrossEntropy, SquaredError
from cutaway.training.step import Batch
from tests.diagnosis.preflight.trained import classifier, first, found, numbers, regressor, three_classes

X, Y = three_classes()


def test_labels_of_other_rows():
    run = classifier(X, np.random.default_rng(3).permutation(Y))
    assert first(run) == "labels_unrelated" and not run.verdict.harm


def test_numbers_of_other_rows_learned_by_heart():
    x, y = numbers(200)
    run = regressor(x, np.random.default_rng(1).permutation(y), epochs=300)
    assert first(run) == "labels_unrelated"


def test_silent_on_a_weak_signal_and_on_a_plan_too_short_to_know():
    random = np.random.default_rng(0)
    x = random.standard_normal((600, 2)).astype(np.float32)
    y = (x[:, 0] + 1.5 * random.standard_normal(600) > 0).astype(int)
    assert found(classifier(x, y, outputs=2), "labels_unrelated") is None
    assert found(classifier(X, np.random.default_rng(3).permutation(Y), epochs=2), "labels_unrelated") is None


def test_silent_where_only_the_network_sees_it():
    """A chessboard, which least squares cannot see and the nearest row can."""
    x = np.random.default_rng(0).uniform(-1, 1, (600, 2)).astype(np.float32)
    y = (x[:, 0] > 0) ^ (x[:, 1] > 0)
    assert found(classifier(x, y.astype(int), outputs=2), "labels_unrelated") is None


@pytest.mark.parametrize("loss", [CrossEntropy(), SquaredError()])
def test_the_probability_is_even_where_nothing_is_related(loss):
    random, found_at = np.random.default_rng(0), []
    for _ in range(60):
        x = random.standard_normal((100, 4))
        y = random.integers(0, 3, 100).astype(np.int32) if isinstance(loss, CrossEntropy) else random.random((100, 1))
        found_at.append(references(loss, Batch(x, y, None), 100).unrelated)
    assert np.mean(np.array(found_at) < 0.02) < 0.12 and np.median(found_at) > 0.3
