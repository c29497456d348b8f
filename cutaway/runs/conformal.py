"""How far off a predicted number may be: an interval around it, from errors on rows that were not learned from."""

from __future__ import annotations

from math import ceil, inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutaway.errors import InputError

Array = NDArray[Any]


def half_width(predicted: Array, truth: Array, coverage: float = 0.9) -> float:
    """Return how far the interval reaches either side, in units of the target.

    predicted   out-of-fold predictions (rows,)
    truth       the true numbers (rows,)
    coverage    the share of new rows whose true number the interval is to hold, above 0 and below 1

    With errors rᵢ = |pᵢ − tᵢ| of n rows, it is the k-th smallest error, k = ⌈(n + 1) · coverage⌉: a new row's error is
    as likely to take any place among the n + 1, so that it is at most this with probability k/(n + 1). Infinite where
    k > n, as for 90 % of fewer than 9 rows: so few errors bound nothing.

    This is exact where the model that makes the new prediction made the errors too, on rows it never saw. Out-of-fold
    errors come from models of fewer rows than the one delivered, which are as a rule no better than it, so that the
    interval holds about its share or a little more. It does so over all rows together, not for each kind of row.

    Raises `InputError` for another coverage, and for arrays that do not line up or hold what are no finite numbers.

    Reference: Barber, Candès, Ramdas, Tibshirani, Annals of Statistics 2021, arXiv 1905.02928 (whose CV+ takes the
    errors of each fold around that fold's own prediction, with a guarantee of 2 · coverage − 1).

    >>> half_width(np.zeros(9), np.arange(1.0, 10.0)), half_width(np.zeros(9), np.arange(1.0, 10.0), coverage=0.5)
    (9.0, 5.0)
    """
    if not 0 < coverage < 1:
        raise InputError(f"interval: coverage is {coverage!r}, expected a share above 0 and below 1, such as 0.9")
    predicted, truth = np.asarray(predicted, np.float64), np.asarray(truth, np.float64)
    if predicted.ndim != 1 or predicted.shape != truth.shape:
        raise InputError(f"interval: predictions have shape {predicted.shape}, truth {truth.shape}; expected (rows,)")
    errors = np.abs(predicted - truth)
    if not np.isfinite(errors).all():
        raise InputError(
            f"interval: row {int(np.argmin(np.isfinite(errors)))} has no finite error; give rows that have an "
            "out-of-fold prediction and a true number"
        )
    # Rounded first: 0.9 · 10 may come out just above 9.
    place = ceil(round((len(errors) + 1) * coverage, 9))
    return float(np.partition(errors, place - 1)[place - 1]) if place <= len(errors) else inf
