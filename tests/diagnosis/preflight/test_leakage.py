"""A feature that is the target itself."""

import numpy as np
import pytest

from tests.diagnosis.preflight.trained import classifier, first, found, numbers, regressor, three_classes


def test_a_column_of_class_numbers():
    x, y = three_classes(distance=1.5)
    run = classifier(np.insert(x, 2, 2 * y + 1, axis=1), y, epochs=5)
    assert first(run) == "leakage" and "feature 2" in run.findings[0].sentence


def test_a_column_of_the_number():
    x, y = numbers()
    run = regressor(np.hstack([x, 3 * y[:, None] - 7]), y, epochs=5)
    assert first(run) == "leakage"
    assert run.evidence.references.without == pytest.approx(
        regressor(x, y, epochs=1).evidence.references.linear,
        abs=0.03,  # on other rows
    )


def test_beside_features_that_suffice_or_that_only_a_neighbour_understands():
    x, y = three_classes(distance=8.0)
    assert first(classifier(np.hstack([x, y[:, None]]), y, epochs=5)) == "leakage"
    wave = np.cos(5 * x[:, :1])
    run = regressor(np.hstack([x[:, :1], wave]), wave, epochs=20)
    assert run.evidence.references.without > 0.9 and first(run) == "leakage"


def test_a_copy_that_is_noisy_or_bent():
    random = np.random.default_rng(0)
    x, y = numbers()
    noisy = y + 0.05 * y.std() * random.standard_normal(len(y)).astype(np.float32)
    for column, told in ((noisy, "tells the target alone"), (np.exp(y / y.std()), "is the target itself")):
        run = regressor(np.hstack([x[:, :2], column[:, None]]), y, epochs=1)
        assert first(run) == "leakage" and f"feature 2 {told}" in run.findings[0].sentence
    x, y = three_classes(distance=1.5)
    near = y + 0.05 * random.standard_normal(len(y))
    assert first(classifier(np.insert(x, 2, near, axis=1).astype(np.float32), y, epochs=1)) == "leakage"


def test_a_copy_that_is_far_from_a_line():
    x, y = numbers()
    bent = np.exp(1.3 * (y - y.mean()) / y.std())
    assert np.corrcoef(bent, y)[0, 1] < 0.75
    run = regressor(np.hstack([x[:, :2], bent[:, None]]), y, epochs=1)
    assert first(run) == "leakage" and run.evidence.references.alone == pytest.approx(1)


def test_a_noisy_copy_of_a_target_with_few_values():
    """How a copy sorts rows of which the target is the same says nothing against it; SciPy's tau, too, can say so."""
    random = np.random.default_rng(0)
    x, y = numbers()
    few = np.floor(np.exp(0.7 * (y - y.mean()) / y.std()) * 3).astype(np.float32)
    noisy = few + 0.01 * few.std() * random.standard_normal(len(y)).astype(np.float32)
    run = regressor(np.hstack([x, noisy[:, None]]), few, epochs=1)
    assert first(run) == "leakage" and run.evidence.references.alone > 0.999
    stats = pytest.importorskip("scipy.stats")
    assert stats.spearmanr(noisy, few).statistic < 0.99
    pairs = stats.somersd(few, noisy)  # of rows whose targets differ, how many more are sorted alike than not
    assert pairs.statistic > 0.99


def test_a_code_of_the_classes_beside_features_that_suffice():
    x, y = three_classes(distance=8.0)
    run = classifier(np.insert(x, 2, np.exp(y), axis=1).astype(np.float32), y, epochs=1)
    assert run.evidence.references.without > 0.98
    assert first(run) == "leakage" and "feature 2 is the target itself" in run.findings[0].sentence


def test_silent_on_a_very_good_feature():
    x, y = numbers()
    good = y + 0.25 * y.std() * np.random.default_rng(0).standard_normal(len(y)).astype(np.float32)
    assert found(regressor(np.hstack([x[:, :2], good[:, None]]), y, epochs=1), "leakage") is None
    # Of classes far apart, every feature tells the class.
    x, y = three_classes(distance=40.0)
    assert found(classifier(x, y, epochs=1), "leakage") is None


def test_silent_on_exercises():
    x, _ = numbers()
    assert found(regressor(x, x[:, 0], epochs=1), "leakage") is None  # a copy by intention: the rest tells nothing
    assert found(regressor(x[:, :1], 3 * x[:, 0] + 1, epochs=1), "leakage") is None
    x, y = three_classes()
    assert found(classifier(x, y, epochs=1), "leakage") is None


@pytest.mark.parametrize("many", [2, 14, 40])
def test_silent_on_a_feature_of_few_values_that_goes_with_the_class(many):
    """As years at school and the kind of work: rows of one value have no nearest neighbour."""
    random = np.random.default_rng(many)
    for _ in range(5):
        x = random.standard_normal((450, 4)).astype(np.float32)
        y = (x[:, 0] + x[:, 1] + 0.8 * random.standard_normal(450) > 0).astype(int)
        edges = np.quantile(x[:, 0], np.linspace(0, 1, many + 1)[1:-1])
        x[:, 0] = np.searchsorted(edges, x[:, 0])
        assert found(classifier(x, y, epochs=1), "leakage") is None
        assert found(classifier(x[np.argsort(y)], np.sort(y), epochs=1), "leakage") is None


def test_silent_on_what_names_the_group_that_rows_belong_to():
    """Of ninety counties in seven years each: what stays the same in a county tells its region, and no other's."""
    random = np.random.default_rng(0)
    county = np.repeat(np.arange(90), 7)
    y = random.integers(0, 3, 90)[county]
    x = random.standard_normal((630, 3)).astype(np.float32)
    x[:, 1] += y
    x[:, 2] = random.standard_normal(90)[county] + 1.5 * y
    order = random.permutation(630)
    assert found(classifier(x[order], y[order], epochs=1), "leakage") is None
