"""The ways in which people write dates, as expressions that a database can run."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ISO = re.compile(r"\d{4}[-/]\d{1,2}[-/]\d{1,2}([ T]\d{1,2}:\d{2}.*)?")
_NUMERIC = re.compile(r"\d{1,2}([/.-])\d{1,2}\1(\d{4}|\d{2})( \d{1,2}:\d{2}(:\d{2})?)?")
_NAMED = (
    (re.compile(r"\d{1,2} [A-Za-z]{3} \d{4}"), "%d %b %Y"),
    (re.compile(r"\d{1,2}-[A-Za-z]{3}-\d{4}"), "%d-%b-%Y"),
    (re.compile(r"\d{1,2} [A-Za-z]{3,} \d{4}"), "%d %B %Y"),
    (re.compile(r"[A-Za-z]{3} \d{1,2}, \d{4}"), "%b %d, %Y"),
    (re.compile(r"[A-Za-z]{3,} \d{1,2}, \d{4}"), "%B %d, %Y"),
)


@dataclass(frozen=True)
class DateForm:
    """One way to write a date: a `strptime` pattern, or None for year-month-day; and its name in words.

    `day_first` says whether the day comes before the month where both are numbers and might be either; else None.
    """

    pattern: str | None
    words: str
    day_first: bool | None = None

    def sql(self, cell: str) -> str:
        """SQL that reads `cell` in this form, NULL where it does not fit."""
        if self.pattern is None:
            return f"try_cast({cell} AS TIMESTAMP)"
        return f"try_strptime({cell}, '{self.pattern}')"


def date_forms(sample: list[str], day_first: bool) -> list[DateForm]:
    """The forms in which most of the sample could be written, likeliest first; none if these are not dates.

    >>> [form.words for form in date_forms(["31/1/2020", "1/2/2020"], day_first=False)]
    ['month/day/year', 'day/month/year']
    """
    if not sample:
        return []
    enough = 0.9 * len(sample)
    if sum(_ISO.fullmatch(cell) is not None for cell in sample) >= enough:
        return [DateForm(None, "year-month-day")]
    for shape, pattern in _NAMED:
        if sum(shape.fullmatch(cell) is not None for cell in sample) >= enough:
            return [DateForm(pattern, pattern)]
    fitting = [match for cell in sample if (match := _NUMERIC.fullmatch(cell))]
    if len(fitting) < enough:
        return []
    separator, year, time, seconds = fitting[0].groups()
    tail = separator + ("%Y" if len(year) == 4 else "%y")
    tail += "" if time is None else " %H:%M" + ("" if seconds is None else ":%S")
    month = DateForm(f"%m{separator}%d{tail}", f"month{separator}day{separator}year", False)
    day = DateForm(f"%d{separator}%m{tail}", f"day{separator}month{separator}year", True)
    return [day, month] if day_first or separator == "." else [month, day]
