"""Noise told by neighbours and by repeats: near what it is, with an interval that holds it; codes are no distances."""

from __future__ import annotations

import numpy as np
import pytest

import cutaway as ca
from cutaway.explain.bias_variance import bias_variance
from cutaway.explain.noise import Noise, noise_from_neighbours, noise_from_repeats


def rows_of(seed, rows=400):
    random = np.random.default_rng(seed)
    x = random.uniform(-1, 1, (rows, 2))
    return x, np.sin(2 * x[:, 0]) * x[:, 1] + 0.4 * random.standard_normal(rows)


def test_neighbours_tell_it_and_their_interval_holds_it():
    found = [noise_from_neighbours(*rows_of(seed)) for seed in range(60)]
    values = np.array([each.variance for each in found])
    assert values.mean() == pytest.approx(0.16, abs=0.01)
    wide = np.mean([each.deviation for each in found]) / values.std()
    assert 0.9 < wide < 2, wide  # neighbours are not found again without a row, so it is somewhat large
    covered = np.mean([each.figure.low <= 0.16 <= each.figure.high for each in found])
    assert 0.85 < covered <= 1


def test_the_deviation_is_that_of_leaving_each_row_out():
    """By definition: the pairs without a row, a line through their means, and what these differ by."""
    from scipy.spatial import cKDTree

    x, y = rows_of(1, rows=40)
    x /= x.std(axis=0)
    distances, places = (each[:, 1:] for each in cKDTree(x).query(x, k=11))
    lines = []
    for row in range(40):
        keep = (places != row) & (np.arange(40) != row)[:, None]
        near = [np.mean(distances[keep[:, k], k] ** 2) for k in range(10)]
        apart = [np.mean((y[places[keep[:, k], k]] - y[keep[:, k]]) ** 2) / 2 for k in range(10)]
        lines.append(np.polyfit(near, apart, 1)[1])
    assert noise_from_neighbours(x, y).deviation == pytest.approx(np.sqrt(39 * np.var(lines)), rel=1e-6)


def test_repeats_tell_it_and_their_interval_holds_it():
    found = []
    for seed in range(60):
        random = np.random.default_rng(seed)
        x = np.repeat(random.uniform(-1, 1, (60, 2)), 3, axis=0)
        found.append(noise_from_repeats(x, x[:, 0] + 0.4 * random.standard_normal(180)))
    assert np.mean([each.variance for each in found]) == pytest.approx(0.16, abs=0.01)
    assert 0.85 < np.mean([each.figure.low <= 0.16 <= each.figure.high for each in found]) < 0.999
    with pytest.raises(ca.InputError, match="0 rows repeat"):
        noise_from_repeats(*rows_of(0))


def test_columns_of_one_category_are_scaled_as_one():
    """A column of 0 and 1 for each of 30 categories: neighbours are rows of the same, not those of no rare one."""
    random = np.random.default_rng(0)
    code = np.minimum(random.geometric(0.1, 1500) - 1, 29)
    effect = random.standard_normal(30) * 3
    number = random.uniform(-1, 1, 1500)
    y = effect[code] + number + 0.4 * random.standard_normal(1500)
    flags = np.concatenate([number[:, None], np.eye(30)[code]], axis=1)
    told = noise_from_neighbours(flags, y, [1, 30])
    assert told.figure.low < 0.16 < told.figure.high
    as_code = noise_from_neighbours(np.stack([number, code], axis=1), y)  # as if category 3 lay between 2 and 4
    assert abs(as_code.variance - 0.16) > 4 * abs(told.variance - 0.16)


def test_rows_that_are_alike_count_once():
    x, y = rows_of(3, rows=100)
    twice = noise_from_neighbours(np.tile(x, (2, 1)), np.tile(y, 2))
    assert twice.variance == pytest.approx(noise_from_neighbours(x, y).variance)


@pytest.mark.parametrize(
    ("x", "first", "message"),
    [
        (np.arange(80).reshape(40, 2) % 5, [], r"whole numbers \(int64\); if they are amounts, give X.astype"),
        (np.arange(80.0).reshape(40, 2) % 5, [ca.layers.ColumnEmbedding([5], 2)], "ColumnEmbedding takes codes of X"),
    ],
)
def test_codes_are_not_taken_for_distances(x, first, message):
    how = {"values": [2], "resamples": 3, "seeds": 1, "epochs": 1, "engine": "numpy", "learning_curve": False}
    make = lambda width: ca.Sequential(*first, ca.Dense(width), ca.Dense(1))  # noqa: E731
    y = np.arange(40.0)[:, None]
    with pytest.raises(ca.InputError, match=message):
        bias_variance(make, x, y, noise="neighbours", **how)
    found = bias_variance(make, x, y, noise=Noise(0.25, 0.1, "read in a book"), **how)
    assert found.noise.startswith("The noise is read in a book: a variance of 0.25 [0.1")
