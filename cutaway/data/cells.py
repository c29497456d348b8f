"""From text to values: what the cells of one column are, decided over the whole column."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from cutaway.data.dates import DateForm, date_forms
from cutaway.data.table import Values

MISSING_WORDS = (
    "", "?", "-", "--", ".", "na", "n/a", "#n/a", "#na", "<na>", "none", "null", "nil", "nan", "nat",
    "#value!", "#div/0!",
)  # fmt: skip
"""Spellings of a missing value, in lower case."""

BOOLEAN_WORDS = (("yes", "no"), ("true", "false"), ("y", "n"), ("t", "f"), ("on", "off"))
"""Spellings of true and false, in lower case."""

TOLERATED = 0.05  # the share of cells that may be unlike the rest and still be taken for dirt, not for text
EXACT = 2.0**53  # whole numbers are exact in float64 up to here

_UNIT = "[$€£¥]"


def _written(thousands: str, point: str) -> str:
    """The pattern of a number with groups of three digits, a sign, a currency or a per cent sign."""
    return (
        rf"[+-]?\s?{_UNIT}?\s?[+-]?"
        rf"(\d{{1,3}}([{thousands} \x{{27}}\x{{a0}}\x{{202f}}]\d{{3}})+|\d+)?(\{point}\d*)?([eE][+-]?\d+)?"
        rf"\s?(%|{_UNIT})?"
    )


_BEGINS = re.compile(r"[+−-]?\s?[$€£¥]?\s?[+−-]?[.,]?\d|[+-]?inf", re.IGNORECASE)
_ENGLISH = _written(",", ".")
_EUROPEAN = _written(".", ",")


def present(cell: str) -> str:
    """SQL for a cell without surrounding blanks, NULL when it spells a missing value."""
    trimmed = f"trim({cell}, E' \\t\\r\\n\u00a0')"
    words = ", ".join("'" + word.replace("'", "''") + "'" for word in MISSING_WORDS)
    return f"CASE WHEN lower({trimmed}) IN ({words}) THEN NULL ELSE {trimmed} END"


def number_of(cell: str) -> str:
    """SQL for a cell as a number, NULL when it is none; 1_000, which the database would take, is none."""
    return f"CASE WHEN contains({cell}, '_') THEN NULL ELSE try_cast({cell} AS DOUBLE) END"


@dataclass
class TextColumn:
    """One column of text in a DuckDB table, on the way to values.

    `european` decides what the cells leave open: whether 1/2/2020 is in February, and 1,234 below two. Afterwards
    `read_as` says which it was, None where nothing of the kind came up.
    """

    connection: Any
    relation: str
    cell: str
    name: str
    european: bool
    notes: list[str]
    read_as: bool | None = None

    def values(self) -> Values:
        """Numbers, dates or text, whichever the cells are; repairs are added to `notes`."""
        number = number_of(self.cell)
        filled, plain, largest, zero_led = self._measured(number)
        if plain < filled:
            # Cells are trimmed and searched for spellings of missing only where they are not all numbers.
            self.connection.execute(
                f"CREATE OR REPLACE TABLE one_column AS SELECT {present(self.cell)} AS cell FROM {self.relation}"
            )
            self.relation, self.cell = "one_column", "cell"
            number = number_of(self.cell)
            filled, plain, largest, zero_led = self._measured(number)
        if filled == 0:
            return np.full(self._one("count(*)")[0], np.nan)
        if plain == filled:
            digits = f"bool_and(regexp_full_match({self.cell}, '[+-]?\\d+'))"
            if zero_led and self._one(f"{digits} AND count(DISTINCT length({self.cell})) = 1")[0]:
                self._note("the numbers have leading zeros and one length: kept as codes, not numbers")
                return self._texts()
            if largest >= EXACT and self._one(digits)[0]:
                self._note("whole numbers beyond 2^53, which would lose digits: kept as codes, not numbers")
                return self._texts()
            return self._numbers(number)
        rows = self.connection.execute(
            f"SELECT {self.cell} FROM {self.relation} WHERE {self.cell} IS NOT NULL LIMIT 500"
        ).fetchall()
        sample = [row[0] for row in rows]
        values = self._dates(filled, sample)
        # A column whose first cells mostly begin with letters is not searched for numbers to its end.
        if values is None and sum(_BEGINS.match(cell) is not None for cell in sample) > 0.5 * len(sample):
            values = self._written_numbers(filled)
        return self._texts() if values is None else values

    def _measured(self, number: str) -> tuple[Any, ...]:
        """How many cells are filled and how many are numbers, the largest, how many begin with a zero."""
        return self._one(
            f"count({self.cell}), count({number}), max(abs({number})), "
            f"count(*) FILTER (starts_with({self.cell}, '0') AND length({self.cell}) > 1 "
            f"AND NOT contains({self.cell}, '.'))"
        )

    def _written_numbers(self, filled: int) -> Values | None:
        cell = f"replace({self.cell}, '−', '-')"
        digits = f"regexp_matches({cell}, '\\d')"
        english = f"({digits} AND regexp_full_match({cell}, '{_ENGLISH}'))"
        european = f"({digits} AND regexp_full_match({cell}, '{_EUROPEAN}'))"
        as_english, as_european, commas = self._one(
            f"count(*) FILTER ({english}), count(*) FILTER ({european}), count(*) FILTER (contains({cell}, ','))"
        )
        decimal_comma = as_european > as_english or (as_european == as_english and self.european)
        if decimal_comma:
            cleaned = f"replace(regexp_replace({cell}, '[^0-9,eE+-]', '', 'g'), ',', '.')"
        else:
            cleaned = f"regexp_replace({cell}, '[^0-9.eE+-]', '', 'g')"
        fits = european if decimal_comma else english
        number = f"CASE WHEN {fits} THEN try_cast({cleaned} AS DOUBLE) ELSE {number_of(cell)} END"
        read = self._one(f"count({number})")[0]
        if filled - read > TOLERATED * filled:
            return None
        plain = f"try_cast({self.cell} AS DOUBLE)"
        (examples,) = self._one(f"list_slice(list({self.cell}) FILTER ({fits} AND {plain} IS NULL), 1, 2)")
        if examples:
            comma = " (the comma is a decimal point)" if decimal_comma else " (the comma separates thousands)"
            shown = " and ".join(repr(example) for example in examples)
            self._note(f"cells such as {shown} read as numbers{comma if commas else ''}")
        if commas:
            self.read_as = decimal_comma
        self._note_unread(number, filled - read, "a number")
        return self._numbers(number)

    def _dates(self, filled: int, sample: list[str]) -> Values | None:
        forms = date_forms(sample, self.european)
        if not forms:
            return None
        counts = self._one(", ".join(f"count({form.sql(self.cell)})" for form in forms))
        form: DateForm = forms[int(np.argmax(counts))]
        read = max(counts)
        if filled - read > TOLERATED * filled:
            return None
        if len(forms) > 1 and len(set(counts)) == 1:
            self._note(f"dates read as {form.words}; the other order would fit as well")
        self.read_as = form.day_first
        self._note_unread(form.sql(self.cell), filled - read, "a date")
        return self._fetch(form.sql(self.cell), np.datetime64("NaT", "us"), "datetime64[us]")

    def _note_unread(self, value: str, count: int, what: str) -> None:
        if count:
            (examples,) = self._one(f"list_slice(list(DISTINCT {self.cell}) FILTER ({value} IS NULL), 1, 3)")
            shown = ", ".join(repr(example) for example in sorted(examples))
            self._note(f"{count} cell(s) that are not {what} taken as missing: {shown}")

    def _numbers(self, value: str) -> Values:
        return self._fetch(value, np.nan, "float64")

    def _texts(self) -> Values:
        values = self._fetch(self.cell, None, "object")
        spelled: dict[str, dict[str, int]] = {}
        for value in values[:100]:
            if value is not None:
                spelled.setdefault(value.lower(), {})
        if not any(spelled.keys() <= set(pair) for pair in BOOLEAN_WORDS):
            return values
        return self._evenly_spelled(values)

    def _evenly_spelled(self, values: Values) -> Values:
        """Yes, yes and YES become the one most often written, so that they are one class as a target."""
        counts = self.connection.execute(
            f"SELECT {self.cell}, count(*) FROM {self.relation} WHERE {self.cell} IS NOT NULL "
            "GROUP BY 1 ORDER BY 2 DESC, 1"
        ).fetchall()
        usual: dict[str, str] = {}
        for spelling, _ in counts:
            usual.setdefault(spelling.lower(), spelling)
        if len(usual) == len(counts) or not any(usual.keys() <= set(pair) for pair in BOOLEAN_WORDS):
            return values
        self._note(f"spellings made even: {', '.join(sorted(row[0] for row in counts))}")
        return np.array([None if value is None else usual[value.lower()] for value in values], dtype=object)

    def _fetch(self, value: str, filler: Any, dtype: str) -> Values:
        fetched = self.connection.execute(f"SELECT {value} AS v FROM {self.relation}").fetchnumpy()["v"]
        return filled_in(fetched, filler, dtype)

    def _one(self, what: str) -> tuple[Any, ...]:
        row: tuple[Any, ...] = self.connection.execute(f"SELECT {what} FROM {self.relation}").fetchone()
        return row

    def _note(self, words: str) -> None:
        self.notes.append(f"column '{self.name}': {words}")


def filled_in(fetched: Any, filler: Any, dtype: str) -> Values:
    """A fetched column as a plain array of `dtype`, with `filler` where the database has NULL."""
    values = np.array(np.ma.getdata(fetched), dtype=dtype)
    mask = np.ma.getmaskarray(fetched)
    if mask.any():
        values[mask] = filler
    return values
