"""Metrics against scikit-learn's, on random data with ties and weights."""

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


def softmax(scores):
    return np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)


@st.composite
def weights(draw, rows):
    """None, or a weight a row of which some are 0 and the first never is."""
    if draw(st.booleans()):
        return None
    return np.array(
        [1.0, *draw(st.lists(st.sampled_from([0.0, 0.25, 1.0, 3.0]), min_size=rows - 1, max_size=rows - 1))]
    )


@few
@given(st.data())
def test_classes(data):
    scores, truth = data.draw(classified())
    weight = data.draw(weights(len(truth)))
    seen = np.ones(len(truth), bool) if weight is None else weight > 0
    chosen, probabilities = scores.argmax(axis=1), softmax(scores)
    close(metrics.accuracy(scores, truth, weight), sk.accuracy_score(truth, chosen, sample_weight=weight))
    # Both count only the classes that occur; scikit-learn takes one whose rows weigh nothing for one that does.
    here = (truth[seen], chosen[seen])
    left = None if weight is None else weight[seen]
    if set(here[1]) <= set(here[0]) and len(set(here[0])) > 1:
        close(metrics.balanced_accuracy(scores, truth, weight), sk.balanced_accuracy_score(*here, sample_weight=left))
    close(metrics.f1(scores, truth, weight), sk.f1_score(*here, average="macro", zero_division=0.0, sample_weight=left))
    close(
        metrics.log_loss(probabilities, truth, weight),
        sk.log_loss(truth, probabilities, labels=range(3), sample_weight=weight),
    )
    squares = ((probabilities - np.eye(3)[truth]) ** 2).sum(axis=1)
    close(metrics.brier(probabilities, truth, weight), np.average(squares, weights=weight))


@few
@given(st.data())
def test_two_classes(data):
    scores, truth = data.draw(classified(classes=2))
    weight = data.draw(weights(len(truth)))
    chosen, yes = scores.argmax(axis=1), softmax(scores)
    close(metrics.f1(scores, truth, weight), sk.f1_score(truth, chosen, zero_division=0.0, sample_weight=weight))
    close(metrics.brier(yes, truth, weight), sk.brier_score_loss(truth, yes[:, 1], sample_weight=weight))
    counted = truth if weight is None else truth[weight > 0]
    if len(set(counted)) == 2:
        for ours, theirs in (
            (metrics.roc_auc, sk.roc_auc_score),
            (metrics.average_precision, sk.average_precision_score),
        ):
            expected = theirs(truth, scores[:, 1], sample_weight=weight)
            close(ours(scores[:, 1], truth, weight), expected)
            close(ours(scores, truth, weight), expected)
    else:
        assert np.isnan(metrics.roc_auc(scores, truth, weight))


@few
@given(classified())
def test_ranking_of_several_classes_asks_of_each(case):
    scores, truth = case
    probabilities = softmax(scores)
    close(metrics.roc_auc(probabilities, truth), sk.roc_auc_score(truth, probabilities, multi_class="ovr"))
    close(
        metrics.average_precision(probabilities, truth),
        sk.average_precision_score(np.eye(3)[truth], probabilities, average="macro"),
    )


@few
@given(st.data())
def test_numbers(data):
    count = data.draw(st.integers(2, 12))
    predicted, truth = np.array(data.draw(st.lists(st.tuples(some, some), min_size=count, max_size=count))).T
    weight = data.draw(weights(count))
    close(metrics.rmse(predicted, truth, weight), sk.root_mean_squared_error(truth, predicted, sample_weight=weight))
    close(metrics.mae(predicted, truth, weight), sk.mean_absolute_error(truth, predicted, sample_weight=weight))
    close(metrics.mae(predicted[:, None], truth), sk.mean_absolute_error(truth, predicted))
    seen = truth if weight is None else truth[weight > 0]
    if seen.max() > seen.min():
        close(metrics.r2(predicted, truth, weight), sk.r2_score(truth, predicted, sample_weight=weight))
    else:
        assert np.isnan(metrics.r2(predicted, truth, weight))
    p, t = predicted + 1.75, truth + 1.75  # between 0.25 and 3.25
    close(metrics.rmsle(p, t, weight), sk.root_mean_squared_log_error(t, p, sample_weight=weight))
    close(metrics.mape(p, t, weight), sk.mean_absolute_percentage_error(t, p, sample_weight=weight))


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


def test_no_rounding_passes_for_variance():
    """Of rows that count, all are equal; their sums of squares differ in the last digits."""
    random = np.random.default_rng(0)
    for rows in range(2, 60):
        truth, weight = np.full(rows + 1, random.normal()), random.uniform(0.1, 1, rows + 1)
        truth[-1], weight[-1] = 3.0, 0.0
        assert np.isnan(metrics.r2(truth + 1, truth, weight))
        assert np.isnan(metrics.r2(truth[:-1] + 1, truth[:-1], weight[:-1]))


def test_log_loss_of_the_impossible_is_finite():
    close(metrics.log_loss(np.array([[1.0, 0.0]]), np.array([1])), -np.log(1e-15))


@pytest.mark.parametrize("name", ["accuracy", "balanced_accuracy", "log_loss"])
@pytest.mark.parametrize(("scores", "truth"), [((4, 3), (4, 1)), ((4, 3), (3,)), ((4,), (4,)), ((4, 3), (1,))], ids=str)
def test_classes_that_do_not_line_up(name, scores, truth):
    with pytest.raises(InputError, match=f"^{name}: scores have shape"):
        getattr(metrics, name)(np.ones(scores), np.zeros(truth, int))


def test_scores_that_do_not_line_up():
    with pytest.raises(InputError, match=r"roc_auc: predictions have shape \(4,\), truth \(3,\)"):
        metrics.roc_auc(np.ones(4), np.array([0, 1, 0]))
    with pytest.raises(InputError, match="roc_auc: row 2 is of class 2, and there are scores for 2 classes"):
        metrics.roc_auc(np.ones((4, 2)), np.array([0, 1, 2, 1]))
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


def test_logarithms_and_shares_refuse_what_they_cannot_take():
    with pytest.raises(InputError, match=r"rmsle: a true value is -1\.0"):
        metrics.rmsle(np.ones(2), np.array([0.0, -1.0]))
    with pytest.raises(InputError, match="mape: a true value is 0"):
        metrics.mape(np.ones(2), np.array([1.0, 0.0]))
    # A prediction that is too low is wrong, but no reason to have no figure.
    close(metrics.rmsle(np.array([-5.0]), np.array([0.0])), -np.log1p(-1 + 1e-6))


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        (np.ones(3), r"weights have shape \(3,\), expected one a row, \(2,\)"),
        (np.array([1.0, -1.0]), "row 1 has weight -1.0"),
        (np.array([np.nan, 1.0]), "row 0 has weight nan"),
        (np.zeros(2), "all 2 weights are 0"),
    ],
)
def test_weights_that_are_none(weight, message):
    with pytest.raises(InputError, match=f"^mae: {message}"):
        metrics.mae(np.zeros(2), np.ones(2), weight)


def test_no_rows_have_no_figure():
    with pytest.raises(InputError, match="mae: there are no rows"):
        metrics.mae(np.zeros(0), np.zeros(0))


@pytest.mark.parametrize("metric", metrics.BY_NAME.values(), ids=lambda metric: metric.name)
def test_many_weightings_at_once_are_those_one_by_one(metric):
    """And the registry's metric is the function of its name."""
    random = np.random.default_rng(0)
    lines = random.integers(0, 3, (6, 40)).astype(float)
    for classes in (2, 4) if metric.task == "classification" else (0,):
        if classes:
            predicted, truth = random.dirichlet(np.ones(classes), 40).round(1), np.arange(40) % classes
            predicted[:, 0] += 1 - predicted.sum(axis=1)
            predicted = np.abs(predicted) / np.abs(predicted).sum(axis=1, keepdims=True)
        else:
            predicted, truth = random.uniform(1, 3, (2, 40)).round(1)
        expected = [getattr(metrics, metric.name)(predicted, truth, line) for line in lines]
        np.testing.assert_allclose(metric.many(predicted, truth, lines), expected, rtol=1e-13)
        repeated = np.repeat(np.arange(40), lines[0].astype(int))
        np.testing.assert_allclose(expected[0], metric(predicted[repeated], truth[repeated]), rtol=1e-12)


def test_higher_is_better_where_it_says_so():
    """A perfect prediction gains more than a poor one."""
    truth = np.array([0, 1, 1, 0])
    poor, perfect = np.array([[0.4, 0.6], [0.7, 0.3], [0.4, 0.6], [0.6, 0.4]]), np.eye(2)[truth]
    for metric in metrics.BY_NAME.values():
        if metric.task == "classification":
            assert metric.gain(metric(perfect, truth)) > metric.gain(metric(poor, truth)), metric.name
        else:
            assert metric.gain(metric(truth + 1.0, truth + 1.0)) > metric.gain(metric(truth + 2.0, truth + 1.0))
