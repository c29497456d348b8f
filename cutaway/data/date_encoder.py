"""A column of dates as inputs of a network."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutaway.data.number_encoder import NumberEncoder
from cutaway.data.strict_json import fields
from cutaway.data.table import Values, missing_mask
from cutaway.errors import InputError

Dates = NDArray[np.datetime64]


@dataclass(frozen=True)
class DateEncoder:
    """Dates as a position in time, and as places on the circles of the year, the week and the day.

    The position is the year with its fraction, encoded as a number is (a missing indicator included). A
    place on a circle of turns t is sin 2πt and cos 2πt: month of the year, weekday, and hour of the day
    when any date seen while fitting has a time. A missing date is in the middle of every circle: zeros.

    >>> days = np.array(["2024-01-01", "2024-07-01"], dtype="datetime64[us]")
    >>> DateEncoder.fit("sold", days).names
    ('sold', 'sold month sin', 'sold month cos', 'sold weekday sin', 'sold weekday cos')
    """

    column: str
    position: NumberEncoder
    hours: bool

    kind = "date"

    @classmethod
    def fit(cls, column: str, values: Values) -> DateEncoder:
        """Take the span of time from the training rows."""
        dates, _ = as_dates(values)
        present = dates[~np.isnat(dates)]
        hours = bool(np.any(present != present.astype("datetime64[D]")))
        return cls(column, NumberEncoder.fit(column, _years(dates)), hours)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the encoded columns."""
        circles = ("month", "weekday", "hour") if self.hours else ("month", "weekday")
        turns = (f"{self.column} {circle} {wave}" for circle in circles for wave in ("sin", "cos"))
        return (*self.position.names, *turns)

    @property
    def middle(self) -> np.datetime64:
        """The day of the median of the training rows, NaT where they had no date.

        >>> days = np.array(["2023-12-31", "2024-05-17", "2024-07-01"], dtype="datetime64[us]")
        >>> str(DateEncoder.fit("sold", days).middle)
        '2024-05-17'
        """
        year = int(np.floor(self.position.centre))
        if not 1 <= year <= 9999:
            return np.datetime64("NaT", "D")
        start, after = (np.datetime64(f"{each:04d}-01-01", "s") for each in (year, year + 1))
        passed = (self.position.centre - year) * ((after - start) / np.timedelta64(1, "s"))
        moment = start + np.timedelta64(round(passed), "s")
        found: np.datetime64 = moment.astype("datetime64[D]")
        return found

    def transform(self, values: Values) -> NDArray[np.float32]:
        """Encode; x (n,) -> y (n, k). Text that is not a date counts as missing."""
        dates, _ = as_dates(values)
        missing = np.isnat(dates)
        known = np.where(missing, np.datetime64(0, "us"), dates)
        days = known.astype("datetime64[D]")
        months = known.astype("datetime64[M]").astype(np.int64) % 12
        weekdays = (days.astype(np.int64) + 3) % 7  # the first of January 1970 was a Thursday
        turns = [months / 12, weekdays / 7]
        if self.hours:
            turns.append((known - days) / np.timedelta64(1, "D"))
        waves = [wave(2 * np.pi * turn) * ~missing for turn in turns for wave in (np.sin, np.cos)]
        return np.column_stack([self.position.transform(_years(dates)), *waves]).astype(np.float32)

    def to_json(self) -> dict[str, Any]:
        """The encoder as JSON data."""
        position = self.position.to_json()
        return {"kind": self.kind, "column": self.column, "position": position, "hours": self.hours}

    @classmethod
    def from_json(cls, data: object) -> DateEncoder:
        """The encoder that `to_json` described; `InputError` when the data is not such a description."""
        found = fields(data, "date encoder", kind=str, column=str, position=dict, hours=bool)
        position = NumberEncoder.from_json(found["position"])
        if position.column != found["column"]:
            raise InputError(f"date encoder of '{found['column']}': its position is of '{position.column}'")
        return cls(found["column"], position, found["hours"])


def as_dates(values: Values) -> tuple[Dates, int]:
    """Values as dates with NaT where missing, and how many were there but are not dates.

    >>> as_dates(np.array(["2024-02-30", "2024-02-29"], dtype=object))[1]
    1
    """
    if values.dtype.kind == "M":
        return values, 0
    if values.dtype.kind != "O":
        return np.full(len(values), "NaT", "datetime64[us]"), int((~missing_mask(values)).sum())
    dates = np.array([_date(value) for value in values], dtype="datetime64[us]").reshape(-1)
    return dates, int((np.isnat(dates) & ~missing_mask(values)).sum())


def _date(value: Any) -> np.datetime64:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a time zone in the text is passed over, as it is in files
            return np.datetime64(value, "us") if isinstance(value, str) else np.datetime64("NaT", "us")
    except ValueError:
        return np.datetime64("NaT", "us")


def _years(dates: Dates) -> NDArray[np.float64]:
    """The year with its fraction: 2024.5 is the middle of 2024. NaN where the date is missing."""
    start = dates.astype("datetime64[Y]")
    length = (start + np.timedelta64(1, "Y")).astype("datetime64[us]") - start.astype("datetime64[us]")
    with np.errstate(invalid="ignore"):
        fraction = (dates - start) / length
        years = start.astype(np.int64) + 1970 + fraction
    return np.where(np.isnat(dates), np.nan, years)
