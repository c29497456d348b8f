import numpy as np
import pytest
from scipy import stats

from cutaway.data.splits import folds
from cutaway.errors import InputError
from cutaway.runs.conformal import half_width


@pytest.mark.parametrize(("rows", "coverage"), [(19, 0.9), (50, 0.8), (200, 0.95)])
def test_coverage_of_exchangeable_errors_is_the_closed_form(rows, coverage):
    """The mean is k/(n + 1), and over the samples it varies as Beta(k, n + 1 − k) says."""
    random = np.random.default_rng(rows)
    k = int(np.ceil(round((rows + 1) * coverage, 9)))
    held = []
    for _ in range(2000):
        errors = random.normal(size=rows)
        width = half_width(errors, np.zeros(rows), coverage)
        held.append(2 * stats.norm.cdf(width) - 1)
    assert np.mean(held) == pytest.approx(k / (rows + 1), abs=4 * np.std(held) / np.sqrt(2000))
    assert np.std(held) == pytest.approx(stats.beta(k, rows + 1 - k).std(), rel=0.1)


@pytest.mark.parametrize("coverage", [0.8, 0.9])
def test_out_of_fold_errors_cover_new_rows(coverage):
    """A line fitted with ten folds to few rows of heavy-tailed noise, over many seeds."""
    shares = []
    for seed in range(150):
        random = np.random.default_rng(seed)
        x = random.normal(size=(460, 5))
        y = x @ np.arange(5.0) + random.standard_t(4, 460)
        known, new = slice(0, 60), slice(60, None)
        predicted = np.empty(60)
        for rest, part in folds(60, 10, seed):
            predicted[part] = x[part] @ np.linalg.lstsq(x[rest], y[rest], rcond=None)[0]
        whole = x[new] @ np.linalg.lstsq(x[known], y[known], rcond=None)[0]
        shares.append(np.mean(np.abs(whole - y[new]) <= half_width(predicted, y[known], coverage)))
    assert coverage - 0.01 < np.mean(shares) < coverage + 0.03


def test_the_place_is_exact_and_few_rows_bound_nothing():
    errors = np.arange(1.0, 10.0)
    assert half_width(errors, np.zeros(9), 0.9) == 9  # 0.9 · 10 in floating point may pass 9
    assert half_width(errors[::-1], np.zeros(9), 0.7) == 7
    assert half_width(errors[:8], np.zeros(8), 0.9) == np.inf


def test_what_cannot_be_used():
    with pytest.raises(InputError, match=r"coverage is 1\.0"):
        half_width(np.zeros(3), np.zeros(3), 1.0)
    with pytest.raises(InputError, match=r"shape \(3, 1\), truth \(3,\)"):
        half_width(np.zeros((3, 1)), np.zeros(3))
    with pytest.raises(InputError, match="row 1 has no finite error"):
        half_width(np.array([0.0, np.nan]), np.zeros(2))
