"""What `fit` accepts, what it refuses, and in which words."""

import numpy as np
import pytest

import cutaway as ca
from cutaway.data.splits import split_rows

X = np.random.default_rng(0).standard_normal((40, 3))
Y = X @ np.array([1.0, -2.0, 0.5]) + 0.25


def fit(net=None, x=X, y=Y, **settings):
    settings = {"loss": "squared_error", "epochs": 2, **settings}
    return ca.fit(net or ca.Sequential(ca.Dense(1)), x, y, **settings)


def nan_at(place, values=X):
    changed = values.copy()
    changed[place] = np.nan
    return changed


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"x": nan_at((7, 2))}, ["X", "nan", "row 7, column 2", "1 in all"]),
        ({"y": nan_at(5, Y)}, ["target nan in row 5"]),
        ({"x": [["a", "b"]] * 40}, ["X", "numbers", "ca.train"]),
        ({"x": np.zeros((0, 3)), "y": np.zeros(0)}, ["X", "at least one row"]),
        ({"x": X[:, 0]}, ["X", "(40,)", "reshape(-1, 1)"]),
        ({"y": Y[:10]}, ["40 rows", "(10,)"]),
        ({"y": np.stack([Y, Y, Y], 1)}, ["(40, 1)", "(40, 3)"]),
        ({"loss": "mse"}, ["'mse'", "its name here is 'squared_error'"]),
        ({"optimizer": "sgd"}, ["'sgd'", "gradient_descent"]),
        ({"epochs": 0}, ["epochs", "0"]),
        ({"batch_size": 0}, ["batch_size", "0"]),
        ({"members": 0}, ["members", "0"]),
        ({"engine": "cuda"}, ["'cuda'", "'xla'"]),
        ({"validation": 1.5}, ["validation", "1.5"]),
        ({"validation": X}, ["validation", "ndarray"]),
        ({"metrics": ["f2"], "validation": 0.2}, ["f2", "accuracy"]),
        ({"metrics": "rmse", "validation": 0.2}, ["rmse"]),
        ({"metrics": ["rmse"]}, ["give validation"]),
        ({"early_stopping": 5}, ["give validation"]),
        ({"early_stopping": 0, "validation": 0.2}, ["early_stopping", "0"]),
        ({"seed": 2**70}, ["seed"]),
        ({"seed": None}, ["seed", "None"]),
        ({"x": X[:1], "y": Y[:1], "validation": 0.5}, ["none is left to validate on"]),
        ({"net": "net"}, ["'net'", "Sequential"]),
        ({"optimizer": ca.Adam}, ["write the brackets: Adam()"]),
        ({"loss": "BCEWithLogitsLoss"}, ["binary_cross_entropy"]),
        ({"x": X * 1e39}, ["X", "e+39, and float32", "ends at 3.4e+38", "scale it"]),
        ({"x": [[1.0, 2.0], [3.0]] * 20}, ["X: rows are of different lengths"]),
        ({"x": None}, ["X: is None, expected rows"]),
        ({"x": np.array([["a"]] * 40)}, ["X: holds text"]),
        ({"shuffle": "no"}, ["shuffle must be True or False, got 'no'"]),
        ({"observe": 1}, ["observe must be True or False, got 1"]),
        ({"progress": "x"}, ["progress must be True or False", "None shows a bar"]),
        ({"callbacks": print}, ["callbacks", "a list of functions"]),
        ({"callbacks": [3]}, ["callbacks is [3]", "a list of functions"]),
        ({"path": 3}, ["path is 3, expected a folder"]),
        ({"net": ca.Sequential(ca.Dense(2)), "y": np.arange(40) % 2}, ["loss='cross_entropy'", "one output"]),
        ({"net": ca.Sequential(ca.Dense(3)), "y": np.arange(40) % 3}, ["if they are numbers of classes"]),
        ({"sample_weight": -np.ones(40)}, ["sample_weight", "-1"]),
        ({"sample_weight": np.ones(3)}, ["sample_weight", "(3,)", "40"]),
        ({"net": ca.Sequential(ca.ReLU())}, ["no parameters"]),
        ({"net": ca.Sequential(ca.Dense(3)), "loss": "cross_entropy", "y": np.full(40, 3)}, ["target 3", "3 outputs"]),
    ],
)
def test_what_cannot_be_used_is_refused_with_place_and_remedy(settings, words):
    with pytest.raises(ca.InputError) as refused:
        fit(**settings)
    for word in words:
        assert word in str(refused.value)


def test_a_built_network_refuses_other_inputs():
    net = ca.Sequential(ca.Dense(1)).build(2)
    with pytest.raises(ca.InputError, match="3 input features, was built for 2"):
        fit(net)


def test_a_second_fit_goes_on_from_the_first():
    net = ca.Sequential(ca.Dense(1))
    first = fit(net, epochs=30, optimizer=ca.GradientDescent(0.05))
    second = fit(net, epochs=1, optimizer=ca.GradientDescent(0.05))
    assert second.history[0].loss < first.history[5].loss


def test_a_share_for_validation_is_the_split_of_the_same_seed():
    _, part = split_rows(40, 0.25, 3)
    net = ca.Sequential(ca.Dense(1))
    run = fit(net, validation=0.25, seed=3)
    assert run.best.validation == pytest.approx(np.mean((net(X[part])[:, 0] - Y[part]) ** 2), rel=1e-5)


@pytest.mark.parametrize("engine", ["numpy", "xla"])
def test_a_row_of_weight_two_counts_like_two_rows(engine):
    weight = np.ones(40)
    weight[:10] = 2
    twice = np.concatenate([np.arange(40), np.arange(10)])
    settings = {"epochs": 20, "batch_size": None, "optimizer": ca.GradientDescent(0.1), "engine": engine}
    weighted, repeated = ca.Sequential(ca.Dense(1)), ca.Sequential(ca.Dense(1))
    fit(weighted, sample_weight=weight, **settings)
    fit(repeated, X[twice], Y[twice], **settings)
    np.testing.assert_allclose(weighted[0].weight, repeated[0].weight, rtol=1e-5)


def test_members_leave_the_network_alone_and_answer_together():
    net = ca.Sequential(ca.Dense(4), ca.Tanh(), ca.Dense(1)).build(3, seed=9)
    before = net[0].weight.copy()
    run = fit(net, members=3, epochs=5)
    assert np.array_equal(net[0].weight, before)
    assert len(run.network) == 3
    np.testing.assert_allclose(run.predict(X), np.mean([member(X) for member in run.network], axis=0), rtol=1e-6)


def test_predicting_in_parts_is_predicting_at_once():
    run = fit()
    assert np.allclose(run.predict(X, rows=7), run.predict(X), rtol=1e-5, atol=1e-6)


def test_the_engine_chosen_and_the_reason_are_told_and_kept():
    heard = []
    run = fit(callbacks=[heard.append])
    assert heard[0].what == "engine" and run.events[0] is heard[0]
    assert run.engine == "numpy" and "too little to be worth compiling" in run.reason


def test_whole_batch_mini_batch_and_one_example():
    steps = [fit(batch_size=size, epochs=1).history[-1].step for size in (None, 32, 1)]
    assert steps == [1, 2, 40]
