"""Several numbers, and several labels, at once."""

from __future__ import annotations

import json

import numpy as np
import pytest
from sklearn.datasets import load_linnerud, make_multilabel_classification
from sklearn.metrics import r2_score
from sklearn.multioutput import MultiOutputRegressor

import cutaway as ca
from cutaway.data.several_targets import LabelsTarget, NumbersTarget, any_target_from_json
from cutaway.data.targets import NumberTarget
from cutaway.runs.decoding import sigmoid

QUICK = {"effort": "quick", "engine": "numpy", "random_state": 0}
rng = np.random.default_rng(0)
X = rng.uniform(-1, 1, (300, 2))
Y = np.stack([X[:, 0] ** 2, 1000 * X[:, 0] * X[:, 1]], axis=1)  # of very different sizes


@pytest.fixture(scope="module")
def numbers():
    return ca.NetworkRegressor(**QUICK, members=3).fit(X, Y)


@pytest.fixture(scope="module")
def labels():
    x, y = make_multilabel_classification(400, n_features=8, n_classes=4, random_state=0)
    return ca.NetworkClassifier(**QUICK, members=2).fit(x[:300], y[:300]), x, y


def test_each_number_is_learned_in_its_own_units(numbers):
    assert numbers.predict(X).shape == (300, 2)
    assert r2_score(Y, numbers.predict(X), multioutput="raw_values").min() > 0.9
    apart = MultiOutputRegressor(ca.NetworkRegressor(**QUICK, epochs=5)).fit(X, Y)
    assert apart.predict(X).shape == (300, 2)


def test_the_estimate_of_several_is_the_mean_of_their_shares_explained(numbers):
    assert numbers.out_of_fold_.shape == Y.shape
    assert numbers.estimate_.metric == "r2"
    assert numbers.estimate_.value == pytest.approx(r2_score(Y, numbers.out_of_fold_))
    low, high = numbers.estimate_.interval
    assert low < numbers.estimate_.value < high
    assert numbers.estimate_.baseline == pytest.approx(0, abs=1e-9)


def test_a_column_of_one_number_is_that_number():
    one = ca.NetworkRegressor(**QUICK, epochs=2).fit(X, Y[:, 0])
    assert np.array_equal(one.predict(X), ca.NetworkRegressor(**QUICK, epochs=2).fit(X, Y[:, :1]).predict(X))


def test_labels_have_a_probability_each(labels):
    net, x, y = labels
    chances = net.predict_proba(x[300:])
    assert chances.shape == (100, 4)
    assert not np.allclose(chances.sum(axis=1), 1)
    assert np.array_equal(net.predict(x[300:]), chances > 0.5)
    right = (net.predict(x[300:]) == y[300:]).mean()
    commonest = np.maximum(y[300:].mean(axis=0), 1 - y[300:].mean(axis=0)).mean()
    assert right > commonest + 0.08
    assert net.estimate_.value == pytest.approx(((net.out_of_fold_ > 0.5) == y[:300]).mean())


def test_a_rare_label_of_equal_rows_gets_its_share():
    x = np.zeros((500, 1))
    y = np.stack([np.arange(500) % 5 == 0, np.arange(500) % 2 == 0], axis=1).astype(int)
    net = ca.NetworkClassifier(**QUICK).fit(x, y, X_val=x, y_val=y)
    np.testing.assert_allclose(net.predict_proba(x[:1]), [[0.2, 0.5]], atol=0.03)


@pytest.mark.parametrize("which", ["numbers", "labels"])
def test_a_run_on_several_is_saved_and_comes_back(which, request, tmp_path):
    net = request.getfixturevalue(which)
    net, x = (net, X) if which == "numbers" else net[:2]
    net.run_.save(tmp_path / "run")
    again = ca.load(tmp_path / "run")
    found = again.predict({f"x{place}": x[:, place] for place in range(x.shape[1])})
    assert np.array_equal(found, net.predict(x))


@pytest.mark.parametrize(
    "target",
    [
        LabelsTarget(("a", "b")),
        NumbersTarget((NumberTarget("a", 1.0, 2.0, 0.0, 3.0), NumberTarget("b", 0.0, 1.0, -1.0, 1.0))),
    ],
)
def test_json_round_trip(target):
    assert any_target_from_json(json.loads(json.dumps(target.to_json()))) == target


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"kind": "labels", "columns": []}, "there is no column"),
        ({"kind": "labels", "columns": ["a", "a"]}, "twice"),
        ({"kind": "numbers", "numbers": []}, "one or more"),
        ({"kind": "numbers", "numbers": [{"kind": "class"}]}, "class target"),
        ({"kind": "dates"}, "no target is called 'dates'"),
    ],
)
def test_json_that_describes_no_target_is_refused(data, words):
    with pytest.raises(ca.InputError, match=words):
        any_target_from_json(data)


def test_sigmoid_is_the_logistic_function_far_from_zero_too():
    from scipy.special import expit

    z = np.array([-1000.0, -30.0, -1.0, 0.0, 1.0, 30.0, 1000.0])
    with np.errstate(all="raise", under="ignore"):
        np.testing.assert_allclose(sigmoid(z), expit(z), rtol=1e-15)


@pytest.mark.parametrize(
    ("make", "y", "words"),
    [
        (ca.NetworkClassifier, np.array([[1, 2], [2, 1]] * 20), "no label's value"),
        (lambda **how: ca.NetworkClassifier(class_weight="balanced", **how), np.eye(2).repeat(20, 0), "sample_weight"),
        (lambda **how: ca.NetworkRegressor(**how | {"effort": "best"}), np.eye(2).repeat(20, 0), "use 'standard'"),
        (ca.NetworkRegressor, np.zeros((40, 2, 2)), "dim 3|shape"),
    ],
)
def test_what_several_targets_cannot_have_is_told(make, y, words):
    with pytest.raises(ValueError, match=words):
        make(**QUICK, epochs=1).fit(np.zeros((40, 1)), y)


def test_names_of_a_frame_of_targets_are_kept():
    frame = load_linnerud(as_frame=True)
    net = ca.NetworkRegressor(**QUICK, epochs=1).fit(frame.data, frame.target)
    assert net.run_.target.columns == tuple(frame.target.columns)
    assert net.estimate_ is None  # 20 rows are too few to spare some
