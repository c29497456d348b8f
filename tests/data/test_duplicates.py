"""Rows that come twice are counted as a set of tuples counts them, whatever values they hold."""

from __future__ import annotations

import numpy as np

from cutaway.data.duplicates import duplicate_rows
from cutaway.data.table import Table


def test_columns_of_every_kind_are_compared_as_tuples_are():
    random = np.random.default_rng(0)
    rows = 4000
    days = np.array(["2024-01-01", "2024-01-02", "NaT"], "datetime64[us]")
    columns = {
        "count": random.integers(-3, 4, rows).astype(np.float64),
        "size": random.choice([0.5, 0.25, 1e300, -np.inf], rows),
        "open": random.integers(0, 2, rows).astype(np.bool_),
        "day": random.choice(days, rows),
        "town": random.choice(np.array(["Delft", "Gouda", None], dtype=object), rows),
        "other": random.integers(-3, 4, rows).astype(np.float64),  # the same values as another column, elsewhere
    }
    first, second = np.arange(1500), np.arange(1500, rows)
    tuples = [tuple(str(values[row]) for values in columns.values()) for row in range(rows)]
    known = {tuples[row] for row in first}
    expected = sum(tuples[row] in known for row in second)
    assert 0 < expected < len(second)
    assert duplicate_rows(Table(columns), list(columns), first, second) == expected


def test_zeros_of_both_signs_are_one_value_and_so_are_missing_numbers_of_any_bits():
    other = np.array([0x7FF8000000000123], np.uint64).view(np.float64)[0]
    assert np.isnan(other)
    table = Table({"x": np.array([0.0, np.nan, 1.0, -0.0, other, -1.0])})
    assert duplicate_rows(table, ["x"], np.array([0, 1, 2]), np.array([3, 4, 5])) == 2


def test_swapped_values_are_other_rows():
    grid = np.stack(np.meshgrid(np.arange(60.0), np.arange(60.0)), axis=-1).reshape(-1, 2)
    grid = grid[grid[:, 0] < grid[:, 1]]
    both = np.concatenate([grid, grid[:, ::-1]])
    table = Table({"x": both[:, 0].copy(), "y": both[:, 1].copy()})
    first, second = np.arange(len(grid)), np.arange(len(grid), len(both))
    assert duplicate_rows(table, ["x", "y"], first, second) == 0
