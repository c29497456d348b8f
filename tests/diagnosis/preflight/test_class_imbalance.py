"""Classes of very unequal size."""

import numpy as np
import pytest

import cutaway as ca
from cutaway.diagnosis.references import references
from cutaway.losses import CrossEntropy
from cutaway.training.step import Batch
from tests.diagnosis.preflight.trained import classifier, first, found, three_classes


def rare(share, seed=1, distance=3.0):
    x, y = three_classes(900, distance=distance, seed=seed)
    kept = (y == 0) | (np.random.default_rng(seed).random(900) < share)
    return x[kept], y[kept]


def test_rare_classes_that_the_network_neglects():
    run = classifier(*rare(0.06), optimizer=ca.GradientDescent(1e-2))
    assert first(run) == "class_imbalance"
    counts = run.evidence.targets.counts
    assert run.findings[0].measured == min(counts) / max(counts) < 0.1


def test_held_out_rows_in_which_they_are_not_rare():
    x, y = rare(0.03, distance=4.0)
    run = classifier(x, y, validation=three_classes(900, distance=4.0, seed=1), optimizer=ca.Adam(3e-3), epochs=40)
    assert first(run) == "class_imbalance" and run.evidence.outcome.recalls[0] > 0.9


def test_held_out_rows_of_other_shares_although_all_are_recognised():
    x, y = three_classes(900, distance=8.0, seed=1)
    kept = (y == 0) | (np.random.default_rng(1).random(900) < 0.15)
    kept[600:] = False
    apart, (x, y) = (x[600:], y[600:]), (x[kept], y[kept])
    run = classifier(x, y, validation=apart, optimizer=ca.Adam(3e-3), epochs=40)
    assert run.evidence.outcome.validation_score > 0.95 and first(run) == "class_imbalance"
    shares = (np.bincount(part) / len(part) for part in (y, apart[1]))
    assert run.findings[0].measured == pytest.approx(np.abs(np.subtract(*shares)).sum() / 2)
    # Who evens them out for learning has not made a mistake.
    other = classifier(*apart, validation=(x, y), optimizer=ca.Adam(3e-3), epochs=40)
    assert found(other, "class_imbalance") is None


def test_few_rows_held_out_have_other_shares_by_chance():
    for seed in range(5):
        x, y = three_classes(60, distance=8.0, seed=seed)
        assert found(classifier(x, y, epochs=5), "class_imbalance") is None


def test_silent_where_they_are_recognised():
    run = classifier(*rare(0.06, distance=8.0), epochs=60)
    assert min(run.evidence.targets.counts) / max(run.evidence.targets.counts) < 0.1
    assert first(run) is None and found(run, "class_imbalance") is None


def test_silent_on_one_in_three():
    run = classifier(*rare(0.33), optimizer=ca.GradientDescent(1e-2))
    assert found(run, "class_imbalance") is None


def test_discriminants_against_scikit_learn():
    sklearn = pytest.importorskip("sklearn.discriminant_analysis")
    x, y = rare(0.15)
    weighed = references(CrossEntropy(), Batch(x, y.astype(np.int32), None), 100).weighed
    rows = [row for row in range(len(x)) if y[row]]
    right = {1: [], 2: []}
    for row in rows:
        rest = np.arange(len(x)) != row
        fitted = sklearn.LinearDiscriminantAnalysis(priors=[1 / 3] * 3).fit(x[rest], y[rest])
        right[int(y[row])].append(fitted.predict(x[row : row + 1])[0] == y[row])
    assert weighed[1:] == pytest.approx([np.mean(right[1]), np.mean(right[2])], abs=0.05)
