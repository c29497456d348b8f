"""Classifier and regressor: how well they learn, what they keep, and that settings do what they say."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_iris, make_friedman1
from sklearn.linear_model import LinearRegression
from sklearn.metrics import accuracy_score, f1_score, precision_recall_curve, r2_score, root_mean_squared_error
from sklearn.model_selection import train_test_split

import cutaway as ca
from cutaway.records import StepRecord

QUICK = {"effort": "quick", "engine": "numpy", "random_state": 0}
rng = np.random.default_rng(0)


@pytest.fixture(scope="module")
def friedman():
    return train_test_split(*make_friedman1(600, noise=1.0, random_state=0), random_state=0)


@pytest.fixture(scope="module")
def regressor(friedman):
    return ca.NetworkRegressor(**QUICK, members=3).fit(friedman[0], friedman[2])


def test_a_curve_is_learned_that_a_plane_is_not(friedman, regressor):
    x, x_test, y, y_test = friedman
    assert regressor.score(x_test, y_test) > 0.85 > 0.8 > LinearRegression().fit(x, y).score(x_test, y_test)


def test_tumours_are_told_apart_with_probabilities_that_are_right_as_often_as_they_say():
    x, x_test, y, y_test = train_test_split(*load_breast_cancer(return_X_y=True), test_size=0.4, random_state=0)
    net = ca.NetworkClassifier(**QUICK, metric="log_loss").fit(x, y)
    chances = net.predict_proba(x_test)
    assert net.score(x_test, y_test) > 0.94
    assert abs(chances[:, 1].mean() - y_test.mean()) < 0.05
    np.testing.assert_allclose(np.log(chances), net.predict_log_proba(x_test))


def test_every_row_is_predicted_out_of_fold_by_the_member_that_watched_it(friedman, regressor):
    x, _, y, _ = friedman
    assert regressor.out_of_fold_.shape == y.shape
    assert np.isfinite(regressor.out_of_fold_).all()
    error = root_mean_squared_error(y, regressor.out_of_fold_)
    assert regressor.estimate_.metric == "rmse"
    assert regressor.estimate_.value == pytest.approx(error, rel=1e-6)
    assert regressor.estimate_.rows == len(y)
    # One member that learned from a row, of three, would fit its noise and be much nearer.
    assert root_mean_squared_error(y, regressor.predict(x)) < 0.9 * error
    assert r2_score(y, regressor.out_of_fold_) > 0.75


def test_history_has_a_figure_an_epoch(regressor):
    history = regressor.history_
    assert set(history) == {"loss", "validation", "learning_rate"}
    assert {len(figures) for figures in history.values()} == {regressor.n_iter_}
    assert regressor.loss_curve_ == history["loss"]
    assert history["loss"][-1] < 0.5 * history["loss"][0]
    assert regressor.run_.best.validation < history["validation"][0]


def test_predictions_depend_neither_on_batches_nor_on_the_order(friedman, regressor):
    x = friedman[1]
    whole = regressor.predict(x)
    alone = np.concatenate([regressor.predict(row[None]) for row in x])
    np.testing.assert_allclose(alone, whole, rtol=1e-7)
    order = np.random.default_rng(1).permutation(len(x))
    np.testing.assert_allclose(regressor.predict(x[order]), whole[order], rtol=1e-9)


def test_a_seed_decides_everything_and_no_seed_draws_from_numpy():
    x = rng.normal(size=(80, 3))
    y = x @ [1.0, -2.0, 0.5]
    settings = {**QUICK, "epochs": 5}
    first = ca.NetworkRegressor(**settings).fit(x, y).predict(x)
    assert np.array_equal(first, ca.NetworkRegressor(**settings).fit(x, y).predict(x))
    assert not np.allclose(first, ca.NetworkRegressor(**settings | {"random_state": 1}).fit(x, y).predict(x))
    drawn = []
    for _ in range(2):
        np.random.seed(3)  # noqa: NPY002 - the state that scikit-learn draws from
        drawn += [ca.NetworkRegressor(**settings | {"random_state": None}).fit(x, y).predict(x) for _ in range(2)]
    assert np.array_equal(drawn[0], drawn[2])
    assert not np.allclose(drawn[0], drawn[1])


def test_weights_make_the_weighted_mean():
    """Of equal rows with different answers, the least squares answer is Σ w y / Σ w."""
    x = np.zeros((400, 1))
    y = np.tile([0.0, 1.0], 200)
    net = ca.NetworkRegressor(**QUICK, validation=0.3).fit(x, y, sample_weight=np.where(y == 1, 1.0, 3.0))
    assert net.predict(x[:1])[0] == pytest.approx(0.25, abs=0.03)


def test_rows_of_weight_zero_are_as_if_absent():
    x = rng.normal(size=(100, 2))
    y = np.where(x[:, 0] > 0, "a", "b").astype(object)
    y[70:] = "c"
    weight = np.r_[np.full(70, 2.0), np.zeros(30)]
    net = ca.NetworkClassifier(**QUICK, epochs=4).fit(x, y, sample_weight=weight)
    without = ca.NetworkClassifier(**QUICK, epochs=4).fit(x[:70], y[:70], sample_weight=weight[:70])
    assert net.classes_.tolist() == ["a", "b"]
    assert np.array_equal(net.predict_proba(x), without.predict_proba(x))
    assert np.isnan(net.out_of_fold_[70:]).all()


@pytest.mark.parametrize(("weight", "share"), [(None, 0.1), ("balanced", 0.5), ({0: 1.0, 1: 3.0}, 0.25)])
def test_class_weights_move_probabilities_as_so_many_more_rows_would(weight, share):
    x = np.zeros((600, 1))
    y = np.arange(600) % 10 == 0
    net = ca.NetworkClassifier(**QUICK, metric="log_loss", class_weight=weight).fit(x, y.astype(int))
    assert net.predict_proba(x[:1])[0, 1] == pytest.approx(share, abs=0.03)


def test_the_estimate_asks_for_rows_as_they_are_whatever_classes_weigh():
    x = rng.normal(size=(300, 2))
    y = (x[:, 0] + rng.normal(size=300) > 1.5).astype(int)
    net = ca.NetworkClassifier(**QUICK, epochs=10, members=2, class_weight="balanced").fit(x, y)
    right = accuracy_score(y, net.out_of_fold_.argmax(axis=1))
    assert net.estimate_.value == pytest.approx(right)


def test_the_threshold_suits_the_metric():
    x = rng.normal(size=(600, 1))
    y = (x[:, 0] + rng.normal(size=600) > 1.5).astype(int)
    usual = ca.NetworkClassifier(**QUICK, epochs=10, members=2).fit(x, y)
    net = ca.NetworkClassifier(**QUICK, epochs=10, members=2, metric="balanced_accuracy").fit(x, y)
    threshold = net.run_.target.threshold
    assert threshold < 0.4
    assert np.array_equal(net.predict(x), (net.predict_proba(x)[:, 1] > threshold).astype(int))
    assert np.array_equal(usual.predict(x), usual.predict_proba(x).argmax(axis=1))


def test_the_threshold_is_chosen_on_the_rows_as_they_are_whatever_classes_weigh():
    """Of one row in twenty: judged by rows that are balanced, a threshold would say yes far too often."""
    draw = np.random.default_rng(5)
    x = draw.normal(size=(2400, 2))
    y = (x[:, 0] + 0.7 * draw.normal(size=2400) > 2.0).astype(int)
    assert 0.03 < y.mean() < 0.07
    seen, new = slice(0, 1200), slice(1200, None)
    how = {**QUICK, "epochs": 15, "members": 2, "metric": "f1", "class_weight": "balanced"}
    net = ca.NetworkClassifier(**how).fit(x[seen], y[seen])
    threshold = net.run_.target.threshold
    assert _best_f1(net, y[seen], None) == pytest.approx(net.estimate_.value)
    # Balanced probabilities of a rare class are above one half far more often than it is there.
    probabilities = net.predict_proba(x[new])[:, 1]
    assert threshold > 0.55 and f1_score(y[new], net.predict(x[new])) > f1_score(y[new], probabilities > 0.5)
    counts = np.where(x[seen, 1] > 0, 3.0, 1.0)
    weighted = ca.NetworkClassifier(**how).fit(x[seen], y[seen], sample_weight=counts)
    assert _best_f1(weighted, y[seen], counts) == pytest.approx(weighted.estimate_.value)


def _best_f1(net, y, weight):
    """Return F1 out of fold at the threshold of the run, which no other threshold is to surpass."""
    held_out = net.out_of_fold_[:, 1]
    found = f1_score(y, held_out > net.run_.target.threshold, sample_weight=weight)
    precision, recall, _ = precision_recall_curve(y, held_out, sample_weight=weight)  # at every threshold there is
    figures = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
    assert found == pytest.approx(max(figures), abs=1e-9)
    return found


def test_rows_of_your_own_choose_the_weights():
    x = rng.normal(size=(200, 2))
    y = x[:, 0] ** 2
    net = ca.NetworkRegressor(**QUICK, epochs=10).fit(x[:120], y[:120], X_val=x[120:], y_val=y[120:])
    assert np.isnan(net.out_of_fold_).all()
    assert net.estimate_.rows == 80
    assert net.estimate_.value == pytest.approx(root_mean_squared_error(y[120:], net.predict(x[120:])))
    weight = np.r_[np.ones(40), np.zeros(40)]
    half = ca.NetworkRegressor(**QUICK, epochs=10).fit(
        x[:120], y[:120], X_val=x[120:], y_val=y[120:], sample_weight_val=weight
    )
    fewer = ca.NetworkRegressor(**QUICK, epochs=10).fit(x[:120], y[:120], X_val=x[120:160], y_val=y[120:160])
    assert half.estimate_.rows == 40
    np.testing.assert_allclose(half.predict(x), fewer.predict(x), rtol=1e-4)


def test_a_share_is_watched_by_all_members():
    x = rng.normal(size=(100, 2))
    net = ca.NetworkRegressor(**QUICK, epochs=3, members=2, validation=0.3).fit(x, x[:, 0])
    assert len(net.run_.network) == 2
    assert np.isfinite(net.out_of_fold_).sum() == net.estimate_.rows == 30


def test_missing_values_are_learned_from():
    """Whether a value is missing is all that there is to know."""
    x = rng.normal(size=(300, 1))
    gone = rng.random(300) < 0.5
    x[gone] = np.nan
    net = ca.NetworkClassifier(**QUICK, epochs=20).fit(x, gone)
    assert net.classes_.dtype == bool
    assert net.score([[np.nan], [0.3], [-1.0]], [True, False, False]) == 1.0


def test_every_column_of_an_array_is_used():
    """A row number, a copy of the target and a constant would be left out of a file; here a person chose them."""
    y = np.arange(60.0)
    x = np.stack([np.arange(60.0), y, np.ones(60)], axis=1)
    net = ca.NetworkRegressor(**QUICK, epochs=2).fit(x, y)
    assert net.run_.preprocessing.columns == ("x0", "x1", "x2")


def test_labels_keep_their_type_and_their_digits():
    large = np.array([2**60, 2**60 + 1])
    x = np.r_[np.full(40, -1.0), np.full(40, 1.0)][:, None]
    for labels in (large, np.array([1.0, 2.0]), np.array(["no", "yes"]), np.array([False, True])):
        net = ca.NetworkClassifier(**QUICK, epochs=10).fit(x, np.repeat(labels, 40))
        assert net.classes_.dtype == labels.dtype
        assert np.array_equal(net.predict([[-1.0], [1.0]]), labels)


def test_callbacks_hear_each_epoch_and_may_end_it():
    heard = []

    def listen(record):
        if isinstance(record, StepRecord):
            heard.append(record.epoch)
            if record.epoch == 3:
                raise ca.StopTraining("enough")

    x, y = load_iris(return_X_y=True)
    net = ca.NetworkClassifier(**QUICK, callbacks=[listen]).fit(x, y)
    assert heard == [1, 2, 3]
    assert net.n_iter_ == 3


def test_a_time_limit_leaves_fewer_epochs():
    x = rng.normal(size=(3000, 10))
    net = ca.NetworkRegressor(**QUICK, epochs=100_000, limit=3.0).fit(x, x[:, 0])
    assert 1 <= net.n_iter_ < 10_000
    assert net.run_.seconds < 30  # all epochs would take hours


def test_xla_learns_the_same_as_numpy():
    pytest.importorskip("jax")
    x = rng.normal(size=(100, 2))
    y = x[:, 0] * x[:, 1]
    one, other = (ca.NetworkRegressor(**QUICK | {"engine": e}, epochs=3).fit(x, y).predict(x) for e in ("numpy", "xla"))
    np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-3)


def test_intervals_hold_their_share(regressor, friedman):
    """The run of an estimator is a run like any other: it knows how wide its errors are."""
    bounds = regressor.run_.predict_interval({f"x{k}": friedman[1][:, k] for k in range(10)}, 0.9)
    inside = (bounds[:, 0] <= friedman[3]) & (friedman[3] <= bounds[:, 1])
    assert 0.8 < inside.mean() <= 1


@pytest.mark.parametrize(
    ("settings", "given", "words"),
    [
        ({}, {"X_val": np.zeros((3, 2))}, "belong together"),
        ({"validation": 0.2}, {"X_val": np.zeros((3, 2)), "y_val": np.zeros(3)}, "choose one"),
        ({}, {"X_val": np.zeros((3, 2)), "y_val": np.zeros((3, 2))}, "as many columns"),
        ({}, {"X_val": np.zeros((3, 5)), "y_val": np.zeros(3)}, "5 features"),
        ({}, {"sample_weight": np.zeros(50)}, "non-zero|are zero"),
        ({}, {"sample_weight": -np.ones(50)}, "[Nn]egative"),
        ({"metric": "accuracy"}, {}, "this is regression"),
        ({"metric": "mape"}, {}, "mape"),
        ({"epochs": 0}, {}, "epochs"),
        ({"effort": "huge"}, {}, "effort"),
        ({"members": 51}, {}, "at most one member a row"),
    ],
)
def test_what_cannot_be_used_is_told(settings, given, words):
    x = np.random.default_rng(0).normal(size=(50, 2))
    y = np.r_[0.0, x[1:, 0]]
    with pytest.raises(ValueError, match=words):
        ca.NetworkRegressor(**{**QUICK, "epochs": 1, **settings}).fit(x, y, **given)


@pytest.mark.parametrize(
    ("y", "words"),
    [
        (np.zeros(6), "1 class"),
        (np.arange(6) / 7, "continuous"),
        (np.arange(12).reshape(6, 2), "one classifier a column"),
        (np.array([1, "a", 2, "b", 1, "a"], dtype=object), "order|mix|type"),
    ],
)
def test_classes_that_cannot_be_told_apart_are_refused(y, words):
    with pytest.raises((ValueError, TypeError), match=words):
        ca.NetworkClassifier(**QUICK, epochs=1).fit(np.zeros((6, 1)), y)


def test_an_unknown_class_to_watch_is_refused():
    x = np.zeros((6, 1))
    with pytest.raises(ca.InputError, match="none of the classes"):
        ca.NetworkClassifier(**QUICK, epochs=1).fit(x, list("ababab"), X_val=x[:1], y_val=["c"])
