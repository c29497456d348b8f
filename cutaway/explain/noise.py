"""Noise: how much of the targets' variance no function of the inputs could answer, estimated without a network."""

from __future__ import annotations

import numpy as np

from cutaway.errors import InputError

NEIGHBOURS = 10
FEWEST = 20  # rows; of repeated inputs, repetitions


def noise_from_neighbours(x: np.ndarray, y: np.ndarray) -> float:
    """Return the variance of the noise in targets y, from rows that lie near each other: the Gamma test.

        δ(k) = mean |x_i − x_k(i)|²,  γ(k) = ½ mean |y_i − y_k(i)|²,  k(i) the k-th nearest row,  k = 1 … 10

    As rows come closer, half the squared difference of their targets falls to the variance of the noise: it is where a
    line through (δ, γ) meets δ = 0; at least 0. Columns are scaled to variance 1. It needs a function that is smooth
    over the distance between neighbours: with many columns, or few rows, that does not hold, and it says too much.

    Reference: Stefánsson, Končar, Jones, "A note on the Gamma test", Neural Computing & Applications 5, 1997.

    >>> random = np.random.default_rng(0)
    >>> x = random.uniform(-1, 1, (2000, 2))
    >>> y = np.sin(3 * x[:, 0]) + x[:, 1] + 0.5 * random.standard_normal(2000)
    >>> abs(noise_from_neighbours(x, y) - 0.25) < 0.03
    True
    """
    from scipy.spatial import cKDTree  # type: ignore[import-untyped]

    x, y = _columns(x), _columns(y)
    if len(x) < FEWEST:
        raise InputError(f"noise: {len(x)} rows have too few neighbours; at least {FEWEST} are needed")
    x = x / np.where(x.std(axis=0) > 0, x.std(axis=0), 1)
    distances, places = cKDTree(x).query(x, k=min(NEIGHBOURS, len(x) - 1) + 1)
    near = np.mean(distances[:, 1:] ** 2, axis=0)
    apart = np.mean((y[places[:, 1:]] - y[:, None]) ** 2, axis=(0, 2)) / 2
    if np.ptp(near) == 0:
        return float(apart.mean())
    _, meets = np.polyfit(near, apart, 1)
    return max(0.0, float(meets))


def noise_from_repeats(x: np.ndarray, y: np.ndarray) -> float:
    """Return the variance of the noise in targets y, from rows with the same inputs: the variance among each, pooled.

        σ² = Σ_g Σ_{i in g} |y_i − ȳ_g|² / Σ_g (n_g − 1)

    Raises `InputError` where fewer than 20 rows repeat another.

    >>> noise_from_repeats(np.zeros((40, 1)), np.tile([1.0, 3.0], 20))     # 40 · 1² / 39
    1.0256410256410255
    """
    x, y = _columns(x), _columns(y)
    _, group = np.unique(x, axis=0, return_inverse=True)
    group = group.ravel()
    sizes = np.bincount(group)
    free = int((sizes - 1).sum())
    if free < FEWEST:
        raise InputError(
            f"noise: {free} rows repeat the inputs of another, at least {FEWEST} are needed; give the noise as a "
            "number, or take 'neighbours'"
        )
    means = np.stack([np.bincount(group, column) / sizes for column in y.T], axis=1)
    return float(np.sum((y - means[group]) ** 2) / free / y.shape[1])


def _columns(values: np.ndarray) -> np.ndarray:
    return np.asarray(values, np.float64).reshape(len(values), -1)
