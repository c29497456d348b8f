import json

import numpy as np
import pytest
from sklearn import metrics as sk

from cutaway.data.targets import ClassTarget, NumberTarget
from cutaway.errors import InputError
from cutaway.metrics import BY_NAME
from cutaway.runs.scores import Scores, metric_for, score_classes, score_numbers, wilson

TWO, THREE = ClassTarget("y", ("a", "b")), ClassTarget("y", ("a", "b", "c"))
NUMBER = NumberTarget("y", 10.0, 5.0, 0.0, 30.0)


def classified(rows, classes, seed=0, sure=1.5):
    """Probabilities and classes of which they are the true probabilities."""
    random = np.random.default_rng(seed)
    powers = np.exp(random.normal(size=(rows, classes)) * sure)
    probabilities = powers / powers.sum(axis=1, keepdims=True)
    return probabilities, (random.random(rows)[:, None] > probabilities.cumsum(axis=1)).sum(axis=1)


def numbered(rows, seed=0):
    random = np.random.default_rng(seed)
    truth = random.uniform(1, 20, rows)
    return truth + random.normal(size=rows), truth


def test_wilson_against_published_values():
    """Newcombe, Statistics in Medicine 1998, table I, method 3."""
    for right, rows, low, high in ((81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611)):
        assert wilson(right / rows, rows) == pytest.approx((low, high), abs=2e-4)
    assert wilson(1.0, 29)[1] == 1.0 and wilson(1.0, 29)[0] == pytest.approx(0.8830, abs=2e-4)


def test_classes():
    target = ClassTarget("y", ("a", "b"))
    probabilities = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.3, 0.7]])
    scores = score_classes(target, probabilities, np.array([0, 1, 1, 1]), trained_on=np.array([0, 1, 1]))
    assert scores.value == 0.75 and scores.baseline == 0.75 and scores.always == "b" and not scores.better
    assert scores.others["area under ROC"] == 1.0
    assert scores.others["log loss"] == pytest.approx(-np.mean(np.log([0.9, 0.8, 0.4, 0.7])))


def test_numbers():
    target = NumberTarget("y", 10.0, 5.0, 0.0, 20.0)
    truth = np.array([8.0, 12.0, 11.0, 9.0])
    scores = score_numbers(target, truth + np.array([1.0, -1.0, 1.0, -1.0]), truth)
    assert scores.value == pytest.approx(1.0) and scores.interval == pytest.approx((1.0, 1.0))
    assert scores.baseline == pytest.approx(np.sqrt(np.mean((truth - 10) ** 2))) and scores.better
    assert scores.others["mean absolute error"] == pytest.approx(1.0)
    perfect = score_numbers(target, truth, truth)
    assert perfect.value == 0 and perfect.interval == (0, 0)


def test_the_interval_holds_the_error_of_new_rows():
    """In 19 of 20 samples the interval holds the error of the whole."""
    random = np.random.default_rng(0)
    target = NumberTarget("y", 0.0, 1.0, -9.0, 9.0)
    held = 0
    for _ in range(400):
        errors = random.standard_normal(150)
        low, high = score_numbers(target, errors, np.zeros(150) + 1e-300).interval
        held += low <= 1.0 <= high
    assert 0.91 < held / 400 < 0.99


CLASSIFYING = [name for name, metric in BY_NAME.items() if metric.task == "classification"]
REGRESSING = [name for name, metric in BY_NAME.items() if metric.task == "regression"]


@pytest.mark.parametrize("target", [TWO, THREE], ids=["two", "three"])
@pytest.mark.parametrize("name", CLASSIFYING)
def test_any_metric_of_classes(name, target):
    probabilities, truth = classified(400, len(target.labels))
    trained_on = np.repeat([0, 1, 1], 10)
    scores = score_classes(target, probabilities, truth, trained_on, metric=name)
    metric = BY_NAME[name]
    assert scores.metric == name and scores.value == metric(probabilities, truth)
    low, high = scores.interval
    assert low < scores.value < high and high - low < 0.4 and scores.better
    # The baseline knows the shares of training only: the third class was not in it.
    shares = np.array([1 / 3, 2 / 3, 0])[: len(target.labels)]
    always = np.tile(shares if metric.takes == "probabilities" else shares.round(), (400, 1))
    assert scores.baseline == pytest.approx(metric(always, truth))
    assert (scores.always == "b") == (metric.takes == "choice")
    assert metric.shown not in scores.others and len(scores.others) >= 2
    assert Scores(**{**json.loads(json.dumps(scores.to_json())), "interval": scores.interval}) == scores


@pytest.mark.parametrize("name", REGRESSING)
def test_any_metric_of_numbers(name):
    predicted, truth = numbered(300)
    scores = score_numbers(NUMBER, predicted, truth, metric=name)
    metric = BY_NAME[name]
    assert scores.value == pytest.approx(metric(predicted, truth), rel=1e-12)
    assert scores.baseline == pytest.approx(metric(np.full(300, 10.0), truth), rel=1e-12) and scores.always == 10.0
    low, high = scores.interval
    assert low < scores.value < high and scores.better and metric.shown not in scores.others
    assert score_numbers(NUMBER, predicted, truth, metric=name) == scores
    poor = score_numbers(NUMBER, np.full(300, 10.0) + (predicted - truth), truth, metric=name)
    assert not poor.better


def test_weights_count_rows():
    probabilities, truth = classified(60, 2)
    weight = np.random.default_rng(0).integers(0, 4, 60).astype(float)
    scores = score_classes(TWO, probabilities, truth, truth, weight=weight, trained_weight=(truth == 0) * 1.0)
    chosen = probabilities.argmax(axis=1)
    assert scores.value == pytest.approx(sk.accuracy_score(truth, chosen, sample_weight=weight))
    assert scores.always == "a" and scores.baseline == pytest.approx(np.average(truth == 0, weights=weight))
    assert scores.interval == pytest.approx(wilson(scores.value, weight.sum() ** 2 / (weight**2).sum()))
    assert scores.others["area under ROC"] == pytest.approx(
        sk.roc_auc_score(truth, probabilities[:, 1], sample_weight=weight)
    )
    predicted, numbers = numbered(60)
    weighted = score_numbers(NUMBER, predicted, numbers, weight=np.repeat([2.0, 0.0], 30))
    half = score_numbers(NUMBER, predicted[:30], numbers[:30])
    assert weighted.value == pytest.approx(half.value) and weighted.interval == pytest.approx(half.interval)
    assert weighted.others == pytest.approx(half.others)


@pytest.mark.parametrize("name", ["roc_auc", "log_loss"])
def test_intervals_of_classes_hold_the_figure_of_new_rows(name):
    probabilities, truth = classified(200_000, 2, seed=1)
    whole = BY_NAME[name](probabilities, truth)
    held = 0
    for part in range(120):
        rows = slice(part * 200, part * 200 + 200)
        low, high = score_classes(TWO, probabilities[rows], truth[rows], truth, metric=name).interval
        held += low <= whole <= high
    assert 0.88 <= held / 120 <= 0.995  # 0.95, give or take 3.5 deviations of 120 samples


@pytest.mark.parametrize("name", ["mae", "r2"])
def test_intervals_of_numbers_hold_the_figure_of_new_rows(name):
    predicted, truth = numbered(200_000, seed=1)
    whole = BY_NAME[name](predicted, truth)
    held = 0
    for part in range(120):
        rows = slice(part * 150, part * 150 + 150)
        low, high = score_numbers(NUMBER, predicted[rows], truth[rows], metric=name).interval
        held += low <= whole <= high
    assert 0.88 <= held / 120 <= 0.995  # 0.95, give or take 3.5 deviations of 120 samples


def test_rows_that_are_all_right_are_no_certainty():
    truth = np.repeat([0, 1], [40, 10])
    scores = score_classes(TWO, np.eye(2)[truth] * 0.8 + 0.1, truth, truth, metric="roc_auc")
    assert scores.value == 1 and scores.interval == pytest.approx(wilson(1.0, 10)) and scores.interval[1] == 1


def test_a_metric_that_the_rows_do_not_decide_gives_way():
    probabilities, _ = classified(20, 2)
    scores = score_classes(TWO, probabilities, np.ones(20, int), np.array([0, 1]), metric="roc_auc")
    assert scores.metric == "accuracy" and "area under ROC" not in scores.to_json()["others"]
    scores = score_numbers(NUMBER, np.arange(3.0), np.ones(3), metric="r2")
    assert scores.metric == "rmse" and scores.value == pytest.approx(np.sqrt(2 / 3))


def test_the_targets_threshold_says_which_class_is_chosen():
    probabilities = np.array([[0.9, 0.1], [0.7, 0.3], [0.4, 0.6], [0.95, 0.05]])
    truth = np.array([0, 1, 1, 0])
    early = ClassTarget("y", ("a", "b"), threshold=0.25)
    assert score_classes(TWO, probabilities, truth, truth).value == 0.75
    scores = score_classes(early, probabilities, truth, truth)
    assert scores.value == 1.0 and scores.others["balanced accuracy"] == 1.0
    assert scores.others["log loss"] == score_classes(TWO, probabilities, truth, truth).others["log loss"]


def test_numbers_of_any_size():
    """Squares of these would leave the range of floating point."""
    for size in (1e-200, 1e200):
        target = NumberTarget("y", 10 * size, 5 * size, 0.0, 20 * size)
        predicted, truth = numbered(50)
        for name in ("rmse", "mae", "r2"):
            unit = 1.0 if name == "r2" else size
            scores = score_numbers(target, predicted * size, truth * size, metric=name)
            plain = score_numbers(NUMBER, predicted, truth, metric=name)
            assert scores.value == pytest.approx(plain.value * unit)
            assert scores.interval == pytest.approx(tuple(end * unit for end in plain.interval), rel=1e-6)


def test_metrics_asked_for():
    assert metric_for(None, "regression").name == "rmse"
    assert metric_for("rmsle", "regression", np.array([0.0, 3.0])).shown == "RMSLE"
    for name, task, message in (
        ("auc", "classification", "metric 'auc' is unknown; choose one of accuracy, "),
        ("rmse", "classification", "metric 'rmse' is for regression, and this is classification; choose one of "),
        ("f1", "regression", "metric 'f1' is for classification"),
    ):
        with pytest.raises(InputError, match=message):
            metric_for(name, task)
    with pytest.raises(InputError, match=r"rmsle: a true value is -2\.0"):
        metric_for("rmsle", "regression", np.array([1.0, -2.0]))
    with pytest.raises(InputError, match="mape: a true value is 0"):
        metric_for("mape", "regression", np.array([1.0, 0.0]))
