"""Waves of a column: the formula row by row in plain NumPy, what passes through, how they start."""

import numpy as np
import pytest

import cutaway as ca


def by_hand(layer, x):
    """Each column of each row by itself, in loops."""
    rows = []
    for row in x:
        out = []
        for i in range(layer.columns):
            waves = np.cos(2 * np.pi * layer.frequency[i] * row[i] + layer.phase[i])
            out += [row[i], *(layer.mixture[i] @ waves + layer.offset[i])]
        rows.append([*out, *row[layer.columns :]])
    return np.array(rows)


@pytest.mark.parametrize(("columns", "width"), [(1, 1), (2, 2), (2, 5), (5, 6)])
@pytest.mark.parametrize("settings", [{}, {"dimensions": 2, "frequencies": 3, "sigma": 2.0}], ids=["usual", "other"])
def test_formula(columns, width, settings):
    x = np.random.default_rng(0).normal(0, 3, (7, width))
    layer = ca.PeriodicEmbedding(columns, **settings).build(width, seed=1, dtype=np.float64)
    y = layer(x)
    assert y.shape == (7, columns * layer.dimensions + width - columns)
    np.testing.assert_allclose(y, by_hand(layer, x), rtol=1e-12, atol=1e-13)
    in_float32 = ca.PeriodicEmbedding(columns, **settings).build(width, seed=1)
    np.testing.assert_allclose(in_float32(x), y, rtol=0, atol=3e-5)


def test_the_other_columns_pass_untouched():
    x = np.random.default_rng(0).standard_normal((4, 6)).astype(np.float32)
    np.testing.assert_array_equal(ca.PeriodicEmbedding(2)(x)[:, 8:], x[:, 2:])
    np.testing.assert_array_equal(ca.PeriodicEmbedding(2)(x)[:, [0, 4]], x[:, :2])


def test_codes_may_follow():
    net = ca.Sequential(ca.PeriodicEmbedding(2), ca.ColumnEmbedding([3], 5), ca.Dense(1))
    assert net(np.array([[0.5, 1.0, 2.0]])).shape == (1, 1)
    assert net[2].weight.shape == (2 * 4 + 5, 1)


def test_how_it_starts():
    layer = ca.PeriodicEmbedding(200, frequencies=25, sigma=0.3).build(200)
    count = layer.frequency.size
    assert abs(layer.frequency.mean()) < 5 * 0.3 / np.sqrt(count)
    assert abs(layer.frequency.std() - 0.3) < 5 * 0.3 / np.sqrt(2 * count)
    for array, edge in ((layer.phase, np.pi), (layer.mixture, 1 / 5), (layer.offset, 1 / 5)):
        assert np.abs(array).max() <= edge * (1 + 1e-6)
        assert abs(array.var() - edge**2 / 3) < 5 * edge**2 * np.sqrt(4 / 45 / array.size)


def test_it_fits_a_wave_that_a_line_cannot():
    x = np.linspace(-3, 3, 400)[:, None]
    y = np.cos(2 * np.pi * x[:, 0])
    lines = {}
    for name, net in {
        "line": ca.Sequential(ca.Dense(1)),
        "waves": ca.Sequential(ca.PeriodicEmbedding(1, sigma=2.0), ca.Dense(1)),
    }.items():
        run = ca.fit(net, x, y, loss="squared_error", optimizer=ca.Adam(0.03), epochs=60, engine="numpy")
        lines[name] = run.history[-1].loss
    assert lines["line"] > 0.4 and lines["waves"] < 0.05


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: ca.PeriodicEmbedding(0), "columns must be a whole number of at least 1, got 0"),
        (lambda: ca.PeriodicEmbedding(1, 1), "dimensions must be a whole number of at least 2, got 1"),
        (lambda: ca.PeriodicEmbedding(1, frequencies=2.5), "frequencies must be a whole number of at least 1, got 2.5"),
        (lambda: ca.PeriodicEmbedding(1, sigma=0), "sigma must be a number above 0, got 0"),
        (lambda: ca.PeriodicEmbedding(3)(np.ones((2, 2))), r"shape \(1, 2\), expected .* at least 3 columns"),
        (lambda: ca.PeriodicEmbedding(1)(np.ones((2, 2, 2))), r"expected rows \(batch, features\)"),
    ],
)
def test_refusals(make, words):
    with pytest.raises(ca.InputError, match=words):
        make()
