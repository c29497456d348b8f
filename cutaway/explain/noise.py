"""Noise: how much of the targets' variance no function of the inputs could answer, estimated without a network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cutaway.errors import InputError
from cutaway.explain.intervals import Figure, variance_figure

NEIGHBOURS = 10
FEWEST = 20  # rows; of repeated inputs, repetitions


@dataclass(frozen=True)
class Noise:
    """The variance of the noise: what is known of it, and how.

    variance   in the target's units, squared
    deviation  by how much the estimate would differ on other rows; 0 where the variance is given
    how        in words, such as "estimated from neighbours"
    """

    variance: float
    deviation: float = 0.0
    how: str = "given"

    @property
    def figure(self) -> Figure:
        """The variance with its 95 % interval."""
        if self.variance > 0:
            return variance_figure(self.variance, self.deviation)
        return Figure(self.variance, 0.0, self.variance + 1.959964 * self.deviation)


def noise_from_neighbours(x: np.ndarray, y: np.ndarray, blocks: Sequence[int] | None = None) -> Noise:
    """Return the variance of the noise in targets y, from rows that lie near each other: the Gamma test.

        δ(k) = mean |x_i − x_k(i)|²,  γ(k) = ½ mean |y_i − y_k(i)|²,  k(i) the k-th nearest row,  k = 1 … 10

    As rows come closer, half the squared difference of their targets falls to the variance of the noise: it is where a
    line through (δ, γ) meets δ = 0; at least 0. It needs a function that is smooth over the distance between
    neighbours: with many columns, or few rows, that does not hold, and it says too much. Rows that are alike in
    inputs and targets count once. The deviation is the jackknife's over rows, somewhat large, for neighbours are not
    found again without a row.

    x       numbers (rows, columns); a category is no number, give it as columns of 0 and 1, one for each
    blocks  how many columns belong together, in order, such as those of one category (None: each stands alone); each
            block is scaled to a variance of 1

    Reference: Stefánsson, Končar, Jones, "A note on the Gamma test", Neural Computing & Applications 5, 1997.

    >>> random = np.random.default_rng(0)
    >>> x = random.uniform(-1, 1, (2000, 2))
    >>> y = np.sin(3 * x[:, 0]) + x[:, 1] + 0.5 * random.standard_normal(2000)
    >>> found = noise_from_neighbours(x, y)
    >>> abs(found.variance - 0.25) < 0.03, found.figure.low < 0.25 < found.figure.high
    (True, True)
    """
    from scipy.spatial import cKDTree  # type: ignore[import-untyped]

    x, y = _columns(x), _columns(y)
    unique = np.unique(np.concatenate([x, y], axis=1), axis=0)
    x, y = unique[:, : x.shape[1]], unique[:, x.shape[1] :]
    if len(x) < FEWEST:
        raise InputError(f"noise: {len(x)} different rows have too few neighbours; at least {FEWEST} are needed")
    blocks = [1] * x.shape[1] if blocks is None else list(blocks)
    variances = np.add.reduceat(x.var(axis=0), np.cumsum([0, *blocks[:-1]]))
    x = x / np.repeat(np.sqrt(np.where(variances > 0, variances, 1)), blocks)
    count = min(NEIGHBOURS, len(x) - 1)
    distances, places = cKDTree(x).query(x, k=count + 1)
    near, places = distances[:, 1:] ** 2, places[:, 1:]
    apart = np.mean((y[places] - y[:, None]) ** 2, axis=2) / 2
    whole = _meets(near.mean(axis=0), apart.mean(axis=0))
    pairs = np.full(len(x), len(x) - 1.0)[:, None] - np.stack([np.bincount(k, minlength=len(x)) for k in places.T], 1)
    left = [
        (each.sum(axis=0) - each - np.stack([np.bincount(*k, len(x)) for k in zip(places.T, each.T, strict=True)], 1))
        / pairs
        for each in (near, apart)
    ]  # without all pairs that a row is in
    without = _meets(*left)
    deviation = np.sqrt((len(x) - 1) * np.var(without))
    return Noise(max(0.0, float(whole)), float(deviation), "estimated from neighbours")


def noise_from_repeats(x: np.ndarray, y: np.ndarray) -> Noise:
    """Return the variance of the noise in targets y, from rows with the same inputs: the variance among each, pooled.

        σ² = Σ_g Q_g / Σ_g (n_g − 1),   Q_g = Σ_{i in g} |y_i − ȳ_g|²
        deviation² = Σ_g (Q_g − σ² (n_g − 1))² / (Σ_g (n_g − 1))²

    of the groups g of n_g rows; with one group there is no telling, and it is the normal distribution's, σ² √(2 / n).
    Raises `InputError` where fewer than 20 rows repeat another.

    >>> round(noise_from_repeats(np.zeros((40, 1)), np.tile([1.0, 3.0], 20)).variance, 4)     # 40 · 1² / 39
    1.0256
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
    squares = np.bincount(group, np.mean((y - means[group]) ** 2, axis=1))
    variance = float(squares.sum() / free)
    deviation = np.sqrt(np.sum((squares - variance * (sizes - 1)) ** 2)) / free
    if (sizes > 1).sum() == 1:
        deviation = variance * np.sqrt(2 / free)
    return Noise(variance, float(deviation), "estimated from repeats")


def _meets(across: np.ndarray, up: np.ndarray) -> np.ndarray:
    """Return where least-squares lines through points, (..., points), meet the axis; their mean where all are one."""
    away = across - across.mean(axis=-1, keepdims=True)
    spread = np.sum(away**2, axis=-1)
    slope = np.sum(away * up, axis=-1) / np.where(spread > 0, spread, 1)
    found: np.ndarray = up.mean(axis=-1) - slope * across.mean(axis=-1)
    return found


def _columns(values: np.ndarray) -> np.ndarray:
    return np.asarray(values, np.float64).reshape(len(values), -1)
