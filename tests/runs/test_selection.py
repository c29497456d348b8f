import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cutaway.errors import InputError
from cutaway.metrics import BY_NAME
from cutaway.runs.selection import mean_of, select_models

CLASSIFYING = [metric for metric in BY_NAME.values() if metric.task == "classification"]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 6), st.sampled_from(CLASSIFYING), st.booleans())
def test_shares_sum_to_one_and_are_no_worse_than_the_best_model(seed, models, metric, weighted):
    random = np.random.default_rng(seed)
    truth = np.arange(30) % 3
    predictions = random.dirichlet(np.ones(3), (models, 30)) * 0.6 + 0.4 * np.eye(3)[truth]
    weight = random.uniform(0, 2, 30) if weighted else None
    shares = select_models(predictions, truth, metric, weight=weight)
    assert shares.shape == (models,) and (shares >= 0).all() and shares.sum() == pytest.approx(1)
    alone = max(metric.gain(metric(one, truth, weight)) for one in predictions)
    assert metric.gain(metric(mean_of(predictions, shares), truth, weight)) >= alone - 1e-12


def test_near_the_best_of_all_mixtures():
    """Against every mixture of three models in steps of a twentieth."""
    random = np.random.default_rng(3)
    truth = random.normal(size=300)
    models = truth + random.normal(size=(3, 300)) * np.array([[1.0], [1.3], [2.0]])
    rmse = BY_NAME["rmse"]
    found = rmse(mean_of(models, select_models(models, truth, rmse)), truth)
    mixtures = [np.array(parts) / 20 for parts in itertools.product(range(21), repeat=3) if sum(parts) == 20]
    best = min(rmse(mean_of(models, shares), truth) for shares in mixtures)
    assert found < 1.003 * best < 0.9 * rmse(models[0], truth)


def test_shares_approach_least_squares():
    """Of two models with independent errors, the best share of each is in proportion to the other's variance."""
    random = np.random.default_rng(0)
    truth = random.normal(size=20_000)
    models = truth + random.normal(size=(2, 20_000)) * np.array([[1.0], [2.0]])
    assert select_models(models, truth, BY_NAME["rmse"])[0] == pytest.approx(0.8, abs=0.04)


def test_ties_take_fewer_models():
    truth = np.array([0, 1, 0, 1])
    right = np.eye(2)[truth]
    shares = select_models(np.stack([right * 0.8 + 0.1, right, right]), truth, BY_NAME["accuracy"])
    assert shares.tolist() == [1, 0, 0]
    assert select_models(np.stack([right * 0.8 + 0.1, right, right]), truth, BY_NAME["brier"]).tolist() == [0, 1, 0]


def test_broken_models_are_never_taken():
    truth = np.array([1.0, 2.0, 3.0])
    models = np.stack([np.full(3, np.nan), truth + 1, np.array([1.0, np.inf, 3.0])])
    shares = select_models(models, truth, BY_NAME["mae"])
    assert shares.tolist() == [0, 1, 0] and mean_of(models, shares).tolist() == [2, 3, 4]
    with pytest.raises(InputError, match="none of 2 models has finite predictions"):
        select_models(models[[0, 2]], truth, BY_NAME["mae"])


def test_what_cannot_be_used():
    with pytest.raises(InputError, match="rows do not decide area under ROC"):
        select_models(np.full((2, 3), 0.5), np.ones(3, int), BY_NAME["roc_auc"])
    with pytest.raises(InputError, match=r"shape \(2, 4\), truth \(3,\)"):
        select_models(np.zeros((2, 4)), np.ones(3), BY_NAME["mae"])


def test_so_many_rounds_and_no_more():
    random = np.random.default_rng(1)
    truth = random.normal(size=400)
    models = truth + random.normal(size=(12, 400))
    few, many = (select_models(models, truth, BY_NAME["rmse"], rounds=rounds) for rounds in (3, 40))
    np.testing.assert_allclose(few * 3, np.round(few * 3))
    assert (many > 0).sum() > 6 and BY_NAME["rmse"](mean_of(models, many), truth) < 0.4


def test_of_equal_additions_the_model_taken_before():
    """A third of the second model and two of the third have a mean error of 1¼, and so has a third of each."""
    models = np.array([[-2.0, -3.0, -2.0, 2.0], [3.0, -2.0, 3.0, 3.0], [-2.0, -1.0, -1.0, 3.0]])
    shares = select_models(models, np.zeros(4), BY_NAME["mae"])
    np.testing.assert_allclose(shares, [0, 1 / 3, 2 / 3])
    for taken in (shares, np.full(3, 1 / 3)):
        assert np.abs(mean_of(models, taken)).mean() == pytest.approx(1.25)
