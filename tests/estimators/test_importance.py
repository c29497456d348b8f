"""What each column is worth, beside scikit-learn's own figures."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.inspection import partial_dependence
from sklearn.inspection import permutation_importance as by_scikit_learn
from sklearn.metrics import balanced_accuracy_score

import cutaway as ca

QUICK = {"effort": "quick", "engine": "numpy", "random_state": 0}
rng = np.random.default_rng(0)
X = rng.uniform(-1, 1, (400, 3))
Y = 3 * X[:, 0] + X[:, 1] ** 2


@pytest.fixture(scope="module")
def regressor():
    return ca.NetworkRegressor(**QUICK, metric="r2").fit(X, Y)


def test_it_agrees_with_scikit_learn(regressor):
    ours = regressor.permutation_importance(X, Y, repeats=30)
    theirs = by_scikit_learn(regressor, X, Y, n_repeats=30, random_state=1)
    assert ours.columns == ("x0", "x1", "x2")
    assert ours.value == pytest.approx(regressor.score(X, Y))
    np.testing.assert_allclose(ours.mean, theirs.importances_mean, rtol=0.05, atol=0.005)
    # The first drives it: R² falls by twice its share of the variance, as for a correct linear term.
    assert ours.mean[0] == pytest.approx(2 * np.var(3 * X[:, 0]) / np.var(Y), rel=0.1)
    assert [name for name, _, _ in ours.ranked()] == ["x0", "x1", "x2"]


def test_intervals_hold_what_other_rows_say(regressor):
    """Of samples of the same source, ten of twelve or more give an interval that holds the figure of very many rows."""
    many = rng.uniform(-1, 1, (3000, 3))
    truth = regressor.permutation_importance(many, 3 * many[:, 0] + many[:, 1] ** 2, repeats=1).mean[1]
    held = 0
    for draw in range(12):
        few = np.random.default_rng(draw).uniform(-1, 1, (100, 3))
        low, high = regressor.permutation_importance(few, 3 * few[:, 0] + few[:, 1] ** 2, repeats=5).intervals[1]
        held += low <= truth <= high
    assert held >= 10


def test_a_column_of_categories_is_shuffled_whole():
    frame = pd.DataFrame({"town": rng.choice(["a", "b", "c", "d"], 300), "noise": rng.normal(size=300)})
    y = frame["town"].isin(["a", "b"])
    net = ca.NetworkClassifier(**QUICK, epochs=20).fit(frame, y)
    found = net.permutation_importance(frame, y, repeats=5)
    assert found.columns == ("town", "noise")
    assert found.metric == "accuracy"
    assert found.mean[0] == pytest.approx(0.5, abs=0.06)  # half of the towns drawn at random are on the same side
    assert found.mean[1] == 0
    by_loss = net.permutation_importance(frame, y, repeats=2, metric="log_loss")
    assert by_loss.mean[0] > 0.5 > abs(by_loss.mean[1])


def test_choices_are_those_of_predict_at_the_threshold_of_the_run():
    draw = np.random.default_rng(2)
    x = draw.normal(size=(800, 2))
    y = (x[:, 0] + 0.7 * draw.normal(size=800) > 1.6).astype(int)
    net = ca.NetworkClassifier(**QUICK, epochs=15, members=2, metric="balanced_accuracy").fit(x, y)
    assert net.run_.target.threshold < 0.4
    ours = net.permutation_importance(x, y, repeats=20)
    assert ours.value == pytest.approx(balanced_accuracy_score(y, net.predict(x)))
    assert ours.value != pytest.approx(balanced_accuracy_score(y, net.predict_proba(x)[:, 1] > 0.5))
    theirs = by_scikit_learn(net, x, y, scoring="balanced_accuracy", n_repeats=20, random_state=1)
    np.testing.assert_allclose(ours.mean, theirs.importances_mean, atol=0.02)


def test_of_several_columns_it_is_the_mean():
    y = np.stack([X[:, 0], X[:, 1]], axis=1)
    net = ca.NetworkRegressor(**QUICK, epochs=30).fit(X, y)
    found = net.permutation_importance(X, y, repeats=5)
    assert found.metric == "r2"
    np.testing.assert_allclose(found.mean, [1.0, 1.0, 0.0], atol=0.15)  # each column is 2 of one figure, 0 of the other


@pytest.mark.parametrize(("given", "words"), [({"repeats": 0}, "repeats"), ({"metric": "accuracy"}, "is for classif")])
def test_what_cannot_be_measured_is_told(regressor, given, words):
    with pytest.raises(ca.InputError, match=words):
        regressor.permutation_importance(X, Y, **given)


@pytest.mark.parametrize("frame", [False, True])
def test_partial_dependence_shows_the_curve(frame):
    x = pd.DataFrame(X, columns=["a", "b", "c"]) if frame else X
    net = ca.NetworkRegressor(**QUICK).fit(x, Y)
    found = partial_dependence(net, x, ["b"] if frame else [1], grid_resolution=9, kind="average")
    grid, curve = found["grid_values"][0], found["average"][0]
    np.testing.assert_allclose(curve - curve.mean(), grid**2 - (grid**2).mean(), atol=0.12)
