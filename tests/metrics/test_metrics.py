"""Metrics against scikit-learn's, on random data with ties."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from cutaway import metrics
from cutaway.errors import InputError

few = settings(max_examples=25, deadline=None)
# Few different values, so that many tie.
some = st.integers(-3, 3).map(lambda n: n / 2)


def close(ours, theirs):
    assert isinstance(ours, float)
    np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-14)


@st.composite
def classified(draw, classes=3):
    """Scores (rows, classes) with ties, and a truth in which every class occurs."""
    count = draw(st.integers(0, 12))
    truth = list(range(classes)) + draw(st.lists(st.integers(0, classes - 1), min_size=count, max_size=count))
    scores = draw(st.lists(some, min_size=len(truth) * classes, max_size=len(truth) * classes))
    return np.array(scores).reshape(-1, classes), np.array(draw(st.permutations(truth)))


@few
@given(classified())
def test_classes(case):
    scores, truth = case
    chosen = scores.argmax(axis=1)
    close(metrics.accuracy(scores, truth), sk.accuracy_score(truth, chosen))
    close(metrics.balanced_accuracy(scores, truth), sk.balanced_accuracy_score(truth, chosen))
    probabilities = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    close(metrics.log_loss(probabilities, truth), sk.log_loss(truth, probabilities, labels=range(3)))


@few
@given(classified(classes=2))
def test_roc_auc(case):
    scores, truth = case
    close(metrics.roc_auc(scores[:, 1], truth), sk.roc_auc_score(truth, scores[:, 1]))


@few
@given(st.integers(2, 12).flatmap(lambda n: st.lists(st.tuples(some, some), min_size=n, max_size=n)))
def test_numbers(pairs):
    predicted, truth = np.array(pairs).T
    close(metrics.rmse(predicted, truth), sk.root_mean_squared_error(truth, predicted))
    close(metrics.mae(predicted, truth), sk.mean_absolute_error(truth, predicted))
    close(metrics.mae(predicted[:, None], truth), sk.mean_absolute_error(truth, predicted))
    if truth.max() > truth.min():
        close(metrics.r2(predicted, truth), sk.r2_score(truth, predicted))


def test_several_outputs():
    predicted, truth = np.random.default_rng(0).normal(size=(2, 9, 3)) * [1, 10, 100]
    close(metrics.r2(predicted, truth), sk.r2_score(truth, predicted, multioutput="variance_weighted"))
    close(metrics.rmse(predicted, truth), np.sqrt(sk.mean_squared_error(truth, predicted)))
    close(metrics.mae(predicted, truth), sk.mean_absolute_error(truth, predicted))


def test_balanced_accuracy_counts_the_classes_that_occur():
    assert metrics.balanced_accuracy(np.eye(3)[[0, 0, 0, 2]], np.array([0, 0, 0, 1])) == 0.5


def test_where_there_is_no_answer():
    assert np.isnan(metrics.roc_auc(np.array([1.0, 2.0]), np.array([1, 1])))
    # The rounded mean of three times 0.1 is not 0.1, so the sum of squares is not 0.
    assert np.isnan(metrics.r2(np.zeros(3), np.full(3, 0.1)))


def test_log_loss_of_the_impossible_is_finite():
    close(metrics.log_loss(np.array([[1.0, 0.0]]), np.array([1])), -np.log(1e-15))


@pytest.mark.parametrize("name", ["accuracy", "balanced_accuracy", "log_loss"])
@pytest.mark.parametrize(("scores", "truth"), [((4, 3), (4, 1)), ((4, 3), (3,)), ((4,), (4,)), ((4, 3), (1,))], ids=str)
def test_classes_that_do_not_line_up(name, scores, truth):
    with pytest.raises(InputError, match=f"^{name}: scores have shape"):
        getattr(metrics, name)(np.ones(scores), np.zeros(truth, int))


def test_scores_that_do_not_line_up():
    with pytest.raises(InputError, match=r"roc_auc: predictions have shape \(4, 2\), truth \(4,\)"):
        metrics.roc_auc(np.ones((4, 2)), np.array([0, 1, 0, 1]))
    with pytest.raises(InputError, match="expected one number a row"):
        metrics.roc_auc(np.ones((4, 2)), np.eye(4)[:, :2])


def test_a_column_of_scores_is_a_line_of_scores():
    """What a network with one output gives, beside targets of its shape."""
    scores, truth = np.array([0.1, 0.7, 0.3, 0.4]), np.array([0, 1, 1, 0])
    assert metrics.roc_auc(scores[:, None], truth[:, None]) == metrics.roc_auc(scores, truth) == 0.75


def test_log_loss_of_logits_is_refused_and_not_computed():
    with pytest.raises(InputError, match=r"log_loss: row 1 holds .* take the softmax first"):
        metrics.log_loss(np.array([[0.5, 0.5], [2.0, -1.0]]), np.array([1, 0]))


@pytest.mark.parametrize("name", ["rmse", "mae", "r2"])
@pytest.mark.parametrize(
    ("predicted", "truth"), [((4, 3), (3,)), ((4,), (1,)), ((4, 3), (4, 1)), ((4,), (4, 4))], ids=str
)
def test_numbers_that_do_not_line_up(name, predicted, truth):
    with pytest.raises(InputError, match=f"^{name}: predictions have shape"):
        getattr(metrics, name)(np.ones(predicted), np.ones(truth))
