"""The small real data the learning tests share, standardised."""

from __future__ import annotations

from functools import cache

import numpy as np
from sklearn import datasets


@cache
def load(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return standardised columns and the target of one of scikit-learn's data sets."""
    x, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    spread = x.std(axis=0)
    return (x - x.mean(axis=0)) / np.where(spread > 0, spread, 1), y


def digits() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return 1,200 digits to train on and 597 of other writers to test on."""
    x, y = load("digits")
    return x[:1200], y[:1200], x[1200:], y[1200:]
