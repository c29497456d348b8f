"""Training sets drawn again: from one table with replacement, as parts of it, or fresh from where it came."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from cutaway.backends.random import generator
from cutaway.errors import InputError

Draw = Callable[[np.random.Generator], tuple[Any, Any]]


def resampled(rows: np.ndarray, resamples: int, how: str, seed: int) -> list[np.ndarray]:
    """Return the rows of each resample.

    how  "bootstrap": as many as there are, with replacement; about 63 % of them are met in each. "parts": the rows
         divided by chance, so that no two share one: fewer rows, and truly independent

    Reference: Efron, "Bootstrap methods: another look at the jackknife", Annals of Statistics 7, 1979.

    >>> [part.tolist() for part in resampled(np.arange(6), 2, "parts", seed=1)]
    [[1, 5, 4], [0, 3, 2]]
    """
    random = generator(seed, "resamples")
    if how == "bootstrap":
        return [rows[random.integers(0, len(rows), len(rows))] for _ in range(resamples)]
    if how == "parts":
        size = len(rows) // resamples
        if size < 2:
            raise InputError(
                f"bias_variance: {len(rows)} rows in {resamples} parts leave {size} each; take fewer, or 'bootstrap'"
            )
        order = random.permutation(rows)
        return [order[place * size : (place + 1) * size] for place in range(resamples)]
    raise InputError(f"bias_variance: resample is {how!r}, expected 'bootstrap' or 'parts'")


def drawn_sets(draw: Draw, resamples: int, seed: int) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
    """Return the rows of all fresh training sets, one after another, and which are of each.

    draw   takes a `numpy.random.Generator` and returns X, y
    """
    sets = []
    for place in range(resamples):
        found: Any = draw(generator(seed, "draw", place))
        if not isinstance(found, tuple) or len(found) != 2 or len(found[0]) != len(found[1]):
            raise InputError("bias_variance: draw must return X and y with as many rows, given a random generator")
        sets.append((np.asarray(found[0]), np.asarray(found[1])))
    ends = np.cumsum([0, *(len(x) for x, _ in sets)])
    places = [np.arange(begin, end) for begin, end in pairwise(ends)]
    return np.concatenate([x for x, _ in sets]), np.concatenate([y for _, y in sets]), places
