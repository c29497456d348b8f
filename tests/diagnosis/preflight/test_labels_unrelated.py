"""Targets that have nothing to do with the inputs."""

from dataclasses import replace

import numpy as np
import pytest

from cutaway.diagnosis.preflight.labels_unrelated import labels_unrelated
from cutaway.diagnosis.references import references
from cutaway.losses import CrossEntropy, SquaredError
from cutaway.training.step import Batch
from tests.diagnosis.preflight.trained import altered, classifier, first, found, numbers, regressor, three_classes

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


def test_silent_of_next_to_no_rows_but_those_of_one_class():
    random = np.random.default_rng(0)
    x, y = random.standard_normal((600, 6)).astype(np.float32), (np.arange(600) % 151 == 0).astype(int)
    run = classifier(x, y, outputs=2)
    assert run.evidence.references.unrelated > 0.5 and found(run, "labels_unrelated") is None


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


def test_of_few_rows_and_of_many_features_it_is_a_note_at_most():
    random = np.random.default_rng(0)
    run = classifier(X[:100], random.permutation(Y[:100]), epochs=100)
    assert not run.findings
    wide = random.standard_normal((150, 100)).astype(np.float32)
    run = classifier(wide, (wide[:, 0] > 0).astype(int), outputs=2, epochs=100)
    assert "labels_unrelated" not in [finding.check for finding in run.findings]


def test_silent_where_one_wild_target_outweighs_all_others():
    x, y = numbers(400)
    y[7] = 500.0
    run = regressor(x, y, epochs=60)
    assert run.evidence.targets.wild > 0.9 and found(run, "labels_unrelated") is None


def test_silent_on_a_network_that_learns_late():
    run = classifier(X, np.random.default_rng(3).permutation(Y), epochs=30)
    assert first(run) == "labels_unrelated"
    seen = (run.evidence.network_vitals[-1],) * 8
    late = (*seen[:-3], *(replace(look, validation_score=0.9) for look in seen[-3:]))
    outcome = replace(run.evidence.outcome, validation_score=0.9)
    assert labels_unrelated(altered(run.evidence, network_vitals=late, outcome=outcome)) is None
    # One lucky look is no learning.
    lucky = (*seen[:-3], replace(seen[-3], validation_score=0.9), *seen[-2:])
    assert labels_unrelated(altered(run.evidence, network_vitals=lucky)) is not None
