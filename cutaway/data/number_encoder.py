"""A column of numbers as inputs of a network."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutaway.data.strict_json import fields
from cutaway.data.table import Values, missing_mask


@dataclass(frozen=True)
class NumberEncoder:
    """Numbers centred by their median, scaled by their interquartile range, and smoothly clipped to ±3.

        z = (x − centre) / spread        y = z / √(1 + (z/3)²)

    where the spread is the interquartile range, half the range when that is zero, and a constant column
    gives zeros. Minus and plus infinity become −3 and 3. A missing value takes the median; when any was
    missing while fitting, a second column is 1 where the value is missing and 0 elsewhere.

    *Reference*: Holzmüller, Grinsztajn, Steinwart 2024, arXiv 2407.04491; the second column is an addition.

    >>> encoder = NumberEncoder.fit("age", np.array([1.0, 2.0, 3.0, 4.0, 5.0]))
    >>> encoder.centre, encoder.spread
    (3.0, 2.0)
    >>> encoder.transform(np.array([3.0, np.inf, np.nan])).ravel().tolist()
    [0.0, 3.0, 0.0]
    """

    column: str
    centre: float
    spread: float
    indicator: bool

    kind = "number"

    @classmethod
    def fit(cls, column: str, values: Values) -> NumberEncoder:
        """Take median and spread from the finite values of the training rows."""
        numbers, _ = as_numbers(values)
        finite = numbers[np.isfinite(numbers)]
        indicator = bool(np.isnan(numbers).any())
        if not len(finite):
            return cls(column, 0.0, 0.0, indicator)
        low, centre, high = (float(value) for value in np.quantile(finite, [0.25, 0.5, 0.75]))
        with np.errstate(over="ignore"):
            spread = high - low
            if spread == 0.0:
                spread = float(finite.max() - finite.min()) / 2
        return cls(column, centre, min(spread, float(np.finfo(np.float64).max)), indicator)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the encoded columns."""
        return (self.column, f"{self.column} is missing") if self.indicator else (self.column,)

    def transform(self, values: Values) -> NDArray[np.float32]:
        """Encode; x (n,) -> y (n, 1 or 2). Text that is not a number counts as missing."""
        numbers, _ = as_numbers(values)
        missing = np.isnan(numbers)
        if self.spread == 0.0:
            z = np.zeros(len(numbers))
        else:
            with np.errstate(over="ignore"):
                z = (np.where(missing, self.centre, numbers) - self.centre) / self.spread
        z = np.clip(z, -1e30, 1e30)  # beyond this the square is all that matters, and it would overflow
        encoded = z / np.hypot(1.0, z / 3)
        stacked = np.stack([encoded, missing], axis=1) if self.indicator else encoded[:, None]
        return stacked.astype(np.float32)

    def to_json(self) -> dict[str, Any]:
        """The encoder as JSON data."""
        return {
            "kind": self.kind,
            "column": self.column,
            "centre": self.centre,
            "spread": self.spread,
            "indicator": self.indicator,
        }

    @classmethod
    def from_json(cls, data: object) -> NumberEncoder:
        """The encoder that `to_json` described; `InputError` when the data is not such a description."""
        found = fields(data, "number encoder", kind=str, column=str, centre=float, spread=float, indicator=bool)
        return cls(found["column"], found["centre"], found["spread"], found["indicator"])


def as_numbers(values: Values) -> tuple[NDArray[np.float64], int]:
    """Values as numbers with NaN where missing, and how many were there but are not numbers.

    >>> as_numbers(np.array(["3", "$1,200", "many", None], dtype=object))
    (array([   3., 1200.,   nan,   nan]), 1)
    """
    if values.dtype.kind in "fb":
        return values.astype(np.float64), 0
    if values.dtype.kind == "M":
        return np.full(len(values), np.nan), int((~missing_mask(values)).sum())
    numbers = np.array([_number(value) for value in values], dtype=np.float64).reshape(-1)
    return numbers, int((np.isnan(numbers) & ~missing_mask(values)).sum())


def _number(value: Any) -> float:
    if value is None:
        return np.nan
    try:
        return float(value)
    except ValueError:
        text = re.sub(r"^([+-]?)\s?[$€£¥]|\s?[%$€£¥]$", r"\1", str(value).strip())
        grouped = re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?", text)
        try:
            return float(text.replace(",", "") if grouped else text)
        except ValueError:
            return np.nan
