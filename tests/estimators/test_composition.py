"""Estimators as parts of scikit-learn's larger ones."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.datasets import load_iris, load_wine
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import cutaway as ca

QUICK = {"effort": "quick", "engine": "numpy", "random_state": 0}


def test_a_clone_is_unfitted_and_learns_the_same():
    x, y = load_iris(return_X_y=True)
    net = ca.NetworkClassifier(**QUICK, epochs=3, callbacks=[]).fit(x, y)
    other = clone(net)
    assert not hasattr(other, "run_")
    assert other.get_params() == net.get_params()
    assert np.array_equal(other.fit(x, y).predict_proba(x), net.predict_proba(x))


@pytest.mark.parametrize("members", [1, 3])
def test_a_pickle_predicts_the_same_and_learns_on(members):
    x, y = load_iris(return_X_y=True)
    net = ca.NetworkClassifier(**QUICK, epochs=3, members=members).fit(x, y).partial_fit(x, y)
    again = pickle.loads(pickle.dumps(net))
    assert np.array_equal(again.predict_proba(x), net.predict_proba(x))
    assert again.history_ == net.history_
    assert np.array_equal(again.partial_fit(x, y).predict_proba(x), net.partial_fit(x, y).predict_proba(x))


def test_cross_validation_of_wines():
    x, y = load_wine(return_X_y=True)
    scores = cross_val_score(ca.NetworkClassifier(**QUICK), x, y, cv=3)
    assert scores.mean() > 0.95


def test_a_search_over_parameters_finds_the_longer_training():
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (150, 2))
    search = GridSearchCV(ca.NetworkRegressor(**QUICK), {"epochs": [1, 40]}, cv=3).fit(x, x[:, 0] * x[:, 1])
    assert search.best_params_ == {"epochs": 40}
    assert search.best_estimator_.n_iter_ == 40


def test_in_a_pipeline_behind_transformers_that_make_frames():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"town": rng.choice(["a", "b", "c"], 120), "size": rng.normal(size=120)})
    y = 2.0 * (frame["town"] == "a") + frame["size"]
    columns = ColumnTransformer(
        [("town", OneHotEncoder(sparse_output=False), ["town"]), ("size", StandardScaler(), ["size"])]
    ).set_output(transform="pandas")
    line = make_pipeline(columns, ca.NetworkRegressor(**QUICK)).fit(frame, y)
    assert line[-1].feature_names_in_.tolist() == ["town__town_a", "town__town_b", "town__town_c", "size__size"]
    assert line.score(frame, y) > 0.9


def test_weights_and_probabilities_pass_through_others():
    x, y = load_iris(return_X_y=True)
    calibrated = CalibratedClassifierCV(ca.NetworkClassifier(**QUICK, epochs=10), cv=2).fit(x, y, np.ones(150))
    assert calibrated.score(x, y) > 0.9
    chances = cross_val_predict(ca.NetworkClassifier(**QUICK, epochs=10), x, y, cv=2, method="predict_proba")
    np.testing.assert_allclose(chances.sum(axis=1), 1)
    logs = TransformedTargetRegressor(ca.NetworkRegressor(**QUICK), func=np.log, inverse_func=np.exp)
    assert logs.fit(x, np.exp(2 * x[:, 0] - 10)).score(x, np.exp(2 * x[:, 0] - 10)) > 0.95


def test_a_search_for_a_mixture_answers_as_well():
    x, y = load_iris(return_X_y=True)
    net = ca.NetworkClassifier("best", epochs=3, members=2, engine="numpy", random_state=0).fit(x, y)
    assert net.score(x, y) > 0.85
    assert np.isfinite(net.out_of_fold_).all()
    assert net.estimate_.value == pytest.approx((net.out_of_fold_.argmax(axis=1) == y).mean())
