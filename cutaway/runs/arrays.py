"""Arrays as a network takes them: numbers, finite, one row an example, in the network's type."""

from __future__ import annotations

from typing import Any

import numpy as np

from cutaway.diagnosis.preflight.non_finite_data import in_words
from cutaway.errors import InputError


def as_rows(values: Any, name: str) -> np.ndarray:
    """Return finite numbers, one row an example; raises `InputError` with the place of the first that is not."""
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise InputError(f"{name}: rows are of different lengths ({error}); give each as many numbers") from None
    if array.dtype == object:
        try:
            array = array.astype(np.float64)
        except (TypeError, ValueError) as error:
            raise InputError(
                f"{name}: holds text or mixed values ({error}); numbers are needed, see ca.train for tables"
            ) from None
    if array.dtype.kind not in "fiub":
        kind = "text" if array.dtype.kind in "US" else array.dtype
        raise InputError(f"{name}: holds {kind}, expected numbers; see ca.train for tables with text")
    if array.ndim == 0:
        raise InputError(f"{name}: is {values!r}, expected rows of numbers")
    if len(array) == 0:
        raise InputError(f"{name}: has shape {array.shape}, expected at least one row")
    if array.ndim == 1 and name == "X":
        raise InputError(f"X: has shape {array.shape}; one row an example is needed, for one feature X.reshape(-1, 1)")
    return finite(array, name)


def finite(array: np.ndarray, name: str) -> np.ndarray:
    """Return the array, or raise `InputError` with the place of its first NaN or infinity."""
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        wrong = np.argwhere(~np.isfinite(array))
        place = f"row {wrong[0][0]}" + (f", column {', '.join(map(str, wrong[0][1:]))}" if array.ndim > 1 else "")
        features = [str(feature) for feature in np.unique(wrong[:, -1])] if array.ndim > 1 else []
        raise InputError(
            f"{name}: {array[tuple(wrong[0])]} in {place} ({len(wrong)} in all): holds "
            f"{in_words(len(wrong), features, int(wrong[0][0]))}; no sum with it is a number; "
            "fill such values or leave the rows out"
        )
    return array


def cast(array: np.ndarray, dtype: Any, name: str) -> np.ndarray:
    """Return floats in the network's type, checked to fit it; whole numbers stay, as int32, where they fit that."""
    if array.dtype.kind in "iu" and array.size and array.min() >= -(2**31) and array.max() < 2**31:
        return array.astype(np.int32, copy=False)
    with np.errstate(over="ignore"):
        found = array.astype(dtype, copy=False)
    if np.isfinite(found).all():
        return found
    if np.isfinite(array).all():
        largest = np.abs(array).max()
        raise InputError(
            f"{name}: holds {largest:.3g}, and {np.dtype(dtype)}, in which a network computes, ends at "
            f"{np.finfo(dtype).max:.2g}; scale it first, for instance to mean 0 and deviation 1"
        )
    return finite(found, name)


def as_weights(values: Any, rows: int, dtype: Any) -> np.ndarray:
    """Return a weight for each row: numbers of at least 0, not all of them 0."""
    weight = as_rows(values, "sample_weight")
    if weight.shape != (rows,) or (weight < 0).any() or not weight.any():
        raise InputError(
            f"sample_weight: has shape {weight.shape}, smallest {weight.min():g}; expected {rows} numbers of at "
            "least 0, not all of them 0"
        )
    return weight.astype(dtype)
