import numpy as np
import pytest
from scipy import stats

from cutaway.metrics import BY_NAME
from cutaway.metrics.bootstrap import bootstrap, interval


def test_spread_is_that_of_scipy_and_of_the_closed_form():
    """The bootstrap's deviation of a mean is s/√n."""
    errors = np.random.default_rng(0).exponential(size=200)
    drawn = bootstrap(BY_NAME["mae"], [errors], np.zeros(200))[0]
    assert drawn.shape == (1000,)
    assert drawn.std() == pytest.approx(errors.std() / np.sqrt(200), rel=0.08)
    theirs = stats.bootstrap((errors,), np.mean, n_resamples=1000, method="percentile", rng=0).confidence_interval
    assert interval(errors.mean(), drawn) == pytest.approx(tuple(theirs), abs=0.3 * drawn.std())


def test_area_under_roc_varies_as_hanley_and_mcneil_say():
    """For exponential scores the deviation has a closed form: Hanley, McNeil, Radiology 1982, equation 2."""
    random = np.random.default_rng(1)
    truth = np.repeat([0, 1], 250)
    area, yes, no = 0.75, 250, 250
    scores = random.exponential(np.where(truth == 1, area / (1 - area), 1.0))
    q1, q2 = area / (2 - area), 2 * area**2 / (1 + area)
    variance = (area * (1 - area) + (yes - 1) * (q1 - area**2) + (no - 1) * (q2 - area**2)) / (yes * no)
    drawn = bootstrap(BY_NAME["roc_auc"], [scores], truth)[0]
    assert drawn.std() == pytest.approx(np.sqrt(variance), rel=0.15)


def test_predictions_are_measured_on_the_same_rows():
    truth = np.random.default_rng(0).normal(size=60)
    first, second = bootstrap(BY_NAME["mae"], [truth * 2, truth * 3], truth, draws=50)
    np.testing.assert_allclose(second, 2 * first)
    assert first.std() > 0


def test_rows_bring_their_weight_along():
    truth, predicted = np.zeros(40), np.repeat([1.0, 3.0], 20)
    weight = np.repeat([1.0, 0.0], 20)
    assert (bootstrap(BY_NAME["mae"], [predicted], truth, weight=weight, draws=30) == 1).all()


def test_fewer_draws_for_many_rows_and_the_same_again_for_a_seed():
    truth = np.zeros(40_000)
    predicted = np.random.default_rng(0).normal(size=40_000)
    drawn = bootstrap(BY_NAME["rmse"], [predicted], truth)
    assert drawn.shape == (1, 250)
    assert (drawn[:, :5] == bootstrap(BY_NAME["rmse"], [predicted], truth, draws=5)).all()
    assert (drawn[:, :5] != bootstrap(BY_NAME["rmse"], [predicted], truth, draws=5, seed=1)).all()
    low, high = interval(1.0, drawn[0])
    assert high - low == pytest.approx(2 * 1.96 / np.sqrt(2 * 40_000), rel=0.2)


def test_draws_that_decide_nothing_are_passed_over():
    truth = np.array([0, 0, 0, 1])
    drawn = bootstrap(BY_NAME["roc_auc"], [np.array([0.1, 0.2, 0.6, 0.5])], truth)[0]
    assert 0.2 < np.isnan(drawn).mean() < 0.45  # 1 in (3/4)^4 has no yes, and few no no
    low, high = interval(2 / 3, drawn)
    assert 0 <= low < 2 / 3 < high <= 1
    assert np.isnan(interval(0.5, np.full(3, np.nan))).all()
