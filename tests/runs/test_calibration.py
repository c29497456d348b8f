import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax
from sklearn.calibration import calibration_curve

from cutaway.errors import InputError
from cutaway.runs.calibration import as_scores, best_temperature, calibration_error, reliability, tempered


def sampled(rows, classes, factor, seed):
    """Scores that are `factor` times too sure, and classes drawn from what they should have said."""
    random = np.random.default_rng(seed)
    scores = random.normal(size=(rows, classes)) * 2
    truth = np.array([random.choice(classes, p=p) for p in softmax(scores, axis=1)])
    return scores * factor, truth


def smoothed_loss(scores, truth, temperature, weight=None):
    """The log loss with one more row of each class, which is divided among the rows there are."""
    rows, classes = scores.shape
    count = rows if weight is None else weight.sum() ** 2 / (weight**2).sum()
    wanted = (count * np.eye(classes)[truth] + 1) / (count + classes)
    return np.average(-(wanted * log_softmax(scores / temperature, axis=1)).sum(axis=1), weights=weight)


@pytest.mark.parametrize(("classes", "factor", "rows"), [(2, 3.0, 4000), (5, 0.4, 4000), (3, 1.0, 4000), (3, 2.0, 30)])
def test_temperature_is_that_of_a_general_minimiser(classes, factor, rows):
    scores, truth = sampled(rows, classes, factor, seed=classes)
    weight = np.random.default_rng(0).uniform(0.5, 2, rows)
    found = best_temperature(scores, truth, weight)
    theirs = minimize_scalar(
        lambda t: smoothed_loss(scores, truth, t, weight), bounds=(0.05, 20), method="bounded", options={"xatol": 1e-9}
    )
    assert found == pytest.approx(theirs.x, rel=1e-5)
    if rows == 4000:
        assert found == pytest.approx(factor, rel=0.1)
        assert calibration_error(tempered(scores, found), truth) < 0.03


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 30), st.integers(2, 4), st.sampled_from([1e-3, 1.0, 30.0, 1e4]))
def test_never_worse_than_leaving_it(seed, rows, classes, size):
    random = np.random.default_rng(seed)
    scores, truth = random.normal(size=(rows, classes)) * size, random.integers(0, classes, rows)
    found = best_temperature(scores, truth)
    assert 0.05 <= found <= 20

    def loss(temperature):
        return -log_softmax(scores / temperature, axis=1)[np.arange(rows), truth].mean()

    assert loss(found) <= loss(1.0) * (1 + 1e-12)
    if found != 1:  # nor is any other of a grid over the whole range better, but for rounding
        best = min(smoothed_loss(scores, truth, t) for t in np.geomspace(0.05, 20, 60))
        assert smoothed_loss(scores, truth, found) <= best * (1 + 1e-9)


def test_bounds_are_reached_where_the_loss_falls_to_them():
    always_right = np.tile([[0.01, 0.0], [0.0, 0.01]], (50, 1))
    truth = np.tile([0, 1], 50)
    assert best_temperature(always_right, truth) == 0.05
    assert best_temperature(100 * always_right, 1 - truth) == pytest.approx(20)
    assert best_temperature(np.zeros((3, 2)), np.array([0, 1, 1])) == 1.0


def test_rows_that_are_all_right_do_not_show_that_none_is_wrong():
    """Of 100, the next is right with probability 101/102: the rule of succession."""
    scores, truth = np.tile([[1.0, 0.0], [0.0, 1.0]], (50, 1)), np.tile([0, 1], 50)
    sure = tempered(scores, best_temperature(scores, truth)).max(axis=1)
    np.testing.assert_allclose(sure, 101 / 102, rtol=1e-9)


def test_probabilities_of_zero_have_scores():
    probabilities = np.array([[1.0, 0.0], [0.3, 0.7], [1.0, 0.0]])
    assert np.isfinite(as_scores(probabilities)).all()
    assert best_temperature(as_scores(probabilities), np.array([0, 1, 1])) > 1
    with pytest.raises(InputError, match="some scores are not finite"), np.errstate(divide="ignore"):
        best_temperature(np.log(probabilities), np.array([0, 1, 1]))


@pytest.mark.parametrize(("equal", "strategy"), [("width", "uniform"), ("mass", "quantile")])
def test_bins_are_scikit_learns(equal, strategy):
    scores, truth = sampled(1500, 2, 2.0, seed=4)
    probabilities = softmax(scores, axis=1)
    sure, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == truth
    found = reliability(probabilities, truth, bins=10, equal=equal)
    shares, means = calibration_curve(right, sure, n_bins=10, strategy=strategy)
    np.testing.assert_allclose([one.right for one in found], shares, atol=0.02)
    np.testing.assert_allclose([one.sure for one in found], means, atol=0.005)
    if equal == "mass":
        assert [round(one.share * 1500) for one in found] == [150] * 10
    else:
        np.testing.assert_allclose([one.right for one in found], shares)


def test_error_by_hand():
    probabilities = np.array([[0.95, 0.05]] * 4 + [[0.35, 0.65]] * 6)
    truth = np.array([0, 0, 1, 1] + [1] * 6)
    for equal in ("mass", "width"):
        assert calibration_error(probabilities, truth, equal=equal) == pytest.approx(0.4 * 0.45 + 0.6 * 0.35)
    order = np.random.default_rng(0).permutation(10)
    assert calibration_error(probabilities[order], truth[order], bins=3) == pytest.approx(0.39)
    twice = calibration_error(probabilities, truth, weight=np.repeat([2.0, 1.0], [4, 6]))
    assert twice == pytest.approx(8 / 14 * 0.45 + 6 / 14 * 0.35)


def test_a_sure_and_wrong_model_is_told_from_a_calibrated_one():
    scores, truth = sampled(6000, 3, 1.0, seed=9)
    assert calibration_error(softmax(scores, axis=1), truth) < 0.025
    assert calibration_error(softmax(4 * scores, axis=1), truth) > 0.1
    with pytest.raises(InputError, match="of logits take the softmax"):
        calibration_error(scores, truth)
    with pytest.raises(InputError, match="0 bins"):
        reliability(softmax(scores, axis=1), truth, bins=0)
