"""Small trainings, healthy and broken, and what there is to diagnose of them."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

import cutaway as ca
from cutaway.diagnosis.evidence import Evidence


def moons(count: int = 400, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return two half circles in each other, with noise, and which of them each point is on."""
    random = np.random.default_rng(seed)
    angle, which = random.uniform(0, np.pi, count), random.integers(0, 2, count)
    x = np.stack([np.cos(angle) + which, np.sin(angle) * (1 - 2 * which) + 0.5 * which], axis=1)
    x += 0.15 * random.normal(size=x.shape)
    return (x - x.mean(axis=0)) / x.std(axis=0), which


def sine(count: int = 300, noise: float = 0.1, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return points on a sine of three waves, with noise."""
    random = np.random.default_rng(seed)
    x = random.uniform(-1.7, 1.7, (count, 1))
    return x, np.sin(3.5 * x) + noise * random.normal(size=x.shape)


def clouds(count: int = 400, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return points around four centres, and which of them."""
    random = np.random.default_rng(seed)
    which = random.integers(0, 4, count)
    x = np.array([[1, 1], [1, -1], [-1, 1], [-1, -1]])[which] + 0.4 * random.normal(size=(count, 2))
    return x / x.std(axis=0), which


def stack(
    *widths: int, act: Any = ca.ReLU, out: int = 2, start: ca.Initializer | None = None, norm: bool = False
) -> ca.Sequential:
    """Return dense layers of these widths with an activation after each, and one of `out` units."""
    how = {} if start is None else {"initializer": start}
    layers: list[ca.Layer] = []
    for width in widths:
        layers += [ca.Dense(width, **how), *([ca.BatchNorm()] if norm else []), act()]
    return ca.Sequential(*layers, ca.Dense(out))


def evidence_of(network: ca.Layer, rows: tuple[np.ndarray, np.ndarray], optimizer: Any, **how: Any) -> Evidence:
    """Train, and return the evidence."""
    x, y = rows
    loss = how.pop("loss", "cross_entropy" if y.dtype.kind in "iu" else "squared_error")
    given = {"epochs": 40, "validation": 0.25, "engine": "numpy", **how}
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", ca.TrainingWarning)
        return ca.fit(network, x, y, loss=loss, optimizer=optimizer, **given).evidence
