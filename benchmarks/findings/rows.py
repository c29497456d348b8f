"""The rows of the examples that are none of the benchmark's."""

from __future__ import annotations

import numpy as np

Rows = tuple[np.ndarray, np.ndarray]


def moons(count: int = 400) -> Rows:
    """Return two half circles in each other, and which of them each point is on."""
    random = np.random.default_rng(0)
    angle, which = random.uniform(0, np.pi, count), random.integers(0, 2, count)
    x = np.stack([np.cos(angle) + which, np.sin(angle) * (1 - 2 * which) + 0.5 * which], axis=1)
    x += 0.15 * random.normal(size=x.shape)
    return ((x - x.mean(axis=0)) / x.std(axis=0)).astype(np.float32), which


def clouds(count: int = 600) -> Rows:
    """Return points around three centres in four dimensions, and which of them."""
    random = np.random.default_rng(0)
    which = random.integers(0, 3, count)
    centres = random.standard_normal((3, 4))
    centres *= 3.0 / np.linalg.norm(centres[0] - centres[1])
    return (centres[which] + random.standard_normal((count, 4))).astype(np.float32), which


def sine(count: int = 300, noise: float = 0.1) -> Rows:
    """Return points on a sine of three waves, with noise."""
    random = np.random.default_rng(0)
    x = random.uniform(-1.7, 1.7, (count, 1))
    return x.astype(np.float32), (np.sin(3.5 * x) + noise * random.normal(size=x.shape)).astype(np.float32)


def plane(count: int = 60) -> Rows:
    """Return points of a plane over four inputs, with as much noise as there is slope."""
    random = np.random.default_rng(0)
    x = random.normal(size=(count, 4))
    return x, x @ np.array([[1], [-1], [1], [0.5]]) + random.normal(size=(count, 1))
