"""From text to values: what the cells of one column are, decided over the whole column."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from cutaway.data.dates import DateForm, date_forms
from cutaway.data.marks import CODE, TOLERATED, is_word, only_marks
from cutaway.data.table import Values

MISSING_WORDS = (
    "", "?", "-", "--", ".", "na", "n/a", "#n/a", "#na", "<na>", "none", "null", "nil", "nan", "nat",
    "#value!", "#div/0!",
)  # fmt: skip
"""Spellings of a missing value, in lower case."""

BOOLEAN_WORDS = (("yes", "no"), ("true", "false"), ("y", "n"), ("t", "f"), ("on", "off"))
"""Spellings of true and false, in lower case."""

EXACT = 2.0**53  # whole numbers are exact in float64 up to here

MOST_CODES = 20  # so few whole numbers, each again and again, may be classes, of which a word is one more
MOST_UNLIKE = 100  # the commonest texts that are unlike the rest are looked at

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
    words = "|".join(map(re.escape, MISSING_WORDS))
    # The database makes a join of IN and a list, from which the rows of a long table come in any order.
    return f"CASE WHEN regexp_full_match(lower({trimmed}), '{words}') THEN NULL ELSE {trimmed} END"


def number_of(cell: str) -> str:
    """SQL for a cell as a number, NULL when it is none; 1_000, which the database would take, is none."""
    return f"CASE WHEN contains({cell}, '_') THEN NULL ELSE try_cast({cell} AS DOUBLE) END"


def measures(cell: str) -> str:
    """SQL: how many cells are filled and how many are numbers, the largest, how many begin with a zero."""
    number = number_of(cell)
    return (
        f"count({cell}), count({number}), max(abs({number})), "
        f"count(*) FILTER (starts_with({cell}, '0') AND length({cell}) > 1 AND NOT contains({cell}, '.'))"
    )


def _with_minus(cell: str) -> str:
    return f"replace({cell}, '−', '-')"


def _fits(cell: str, pattern: str) -> str:
    return f"(regexp_matches({cell}, '\\d') AND regexp_full_match({cell}, '{pattern}'))"


def _written_number(cell: str, decimal_comma: bool) -> str:
    """SQL for a number with signs and separators, NULL when the cell is none."""
    if decimal_comma:
        fits, cleaned = _fits(cell, _EUROPEAN), f"replace(regexp_replace({cell}, '[^0-9,eE+-]', '', 'g'), ',', '.')"
    else:
        fits, cleaned = _fits(cell, _ENGLISH), f"regexp_replace({cell}, '[^0-9.eE+-]', '', 'g')"
    return f"CASE WHEN {fits} THEN try_cast({cleaned} AS DOUBLE) ELSE {number_of(cell)} END"


@dataclass(frozen=True)
class Reading:
    """How the cells of one column become values: SQL for the value of a cell, and the array that holds them.

    `filler` stands where the value is NULL; `empty` is True where no cell holds anything.
    """

    value: Callable[[str], str]
    filler: Any
    dtype: str
    empty: bool = False


@dataclass
class TextColumn:
    """One column of text in a DuckDB table, on the way to values.

    `european` decides what the cells leave open: whether 1/2/2020 is in February, and 1,234 below two. Afterwards
    `read_as` says which it was, None where nothing of the kind came up, nor a cell that is unlike the rest.
    `known` is None where the cells are met for the first time. Later, a column of numbers or dates for which the way
    was told then is one again however many of its cells are words; others are read as they stand.
    """

    connection: Any
    relation: str
    cell: str
    name: str
    european: bool
    notes: list[str]
    known: bool | None = None
    read_as: bool | None = None

    @classmethod
    def of(
        cls,
        connection: Any,
        relation: str,
        cell: str,
        name: str,
        european: Mapping[str, bool] | None,
        usual: bool,
        notes: list[str],
    ) -> TextColumn:
        """Make a column that is read as `european` says of it (see `Table`; None at first), else as `usual`."""
        way = usual if european is None else european.get(name, usual)
        return cls(connection, relation, cell, name, way, notes, None if european is None else name in european)

    def reading(self) -> Reading:
        """Numbers, dates or text, whichever the cells are; repairs are added to `notes`."""
        filled, plain, largest, zero_led = self._measured()
        if plain < filled:
            # Cells are trimmed and searched for spellings of missing only where they are not all numbers.
            self.connection.execute(
                f"CREATE OR REPLACE TABLE one_column AS SELECT {present(self.cell)} AS cell FROM {self.relation}"
            )
            self.relation, self.cell = "one_column", "cell"
            chosen = self._decided(*self._measured())
            return Reading(lambda cell: chosen.value(present(cell)), chosen.filler, chosen.dtype, chosen.empty)
        return self._decided(filled, plain, largest, zero_led)

    def _decided(self, filled: int, plain: int, largest: float | None, zero_led: int) -> Reading:
        if filled == 0:
            return Reading(lambda cell: "NULL::DOUBLE", np.nan, "float64", empty=True)
        if plain == filled:
            digits = f"bool_and(regexp_full_match({self.cell}, '[+-]?\\d+'))"
            if zero_led and self._one(f"{digits} AND count(DISTINCT length({self.cell})) = 1")[0]:
                self._note("the numbers have leading zeros and one length: kept as codes, not numbers")
                return self._texts()
            if largest is not None and largest >= EXACT and self._one(digits)[0]:
                self._note("whole numbers beyond 2^53, which would lose digits: kept as codes, not numbers")
                return self._texts()
            return Reading(number_of, np.nan, "float64")
        sample = self._cells(f"{self.cell} IS NOT NULL", "LIMIT 500")
        reading = self._dates(filled, sample)
        # A column whose first cells mostly begin with letters is not searched for numbers to its end.
        begins = sum(_BEGINS.match(cell) is not None for cell in sample)
        if reading is None and (self.known or begins >= 0.5 * len(sample)):
            reading = self._written_numbers(filled)
        return self._texts() if reading is None else reading

    def _measured(self) -> tuple[Any, ...]:
        return self._one(measures(self.cell))

    def _written_numbers(self, filled: int) -> Reading | None:
        cell = _with_minus(self.cell)
        english, european = _fits(cell, _ENGLISH), _fits(cell, _EUROPEAN)
        as_english, as_european, commas = self._one(
            f"count(*) FILTER ({english}), count(*) FILTER ({european}), count(*) FILTER (contains({cell}, ','))"
        )
        decimal_comma = as_european > as_english or (as_european == as_english and self.european)
        fits = european if decimal_comma else english

        def value(cell: str) -> str:
            return _written_number(_with_minus(cell), decimal_comma)

        number = value(self.cell)
        read = self._one(f"count({number})")[0]
        plain = f"try_cast({self.cell} AS DOUBLE)"
        if filled - read > TOLERATED * filled and not (
            self._but_for_marks(number, filled, read) and (self.known or self._measured_numbers(number, plain, read))
        ):
            return None
        examples = self._cells(f"{fits} AND {plain} IS NULL", "LIMIT 2")
        if examples:
            comma = " (the comma is a decimal point)" if decimal_comma else " (the comma separates thousands)"
            shown = " and ".join(repr(example) for example in examples)
            self._note(f"cells such as {shown} read as numbers{comma if commas else ''}")
        if commas or read < filled:
            self.read_as = decimal_comma
        self._note_unread(number, filled - read, "a number")
        return Reading(value, np.nan, "float64")

    def _dates(self, filled: int, sample: list[str]) -> Reading | None:
        dated = sample if self.known is False else [cell for cell in sample if not is_word(cell)]
        forms = date_forms(dated, self.european) if self.known or len(dated) >= 0.5 * len(sample) else []
        if not forms:
            return None
        counts = self._one(", ".join(f"count({form.sql(self.cell)})" for form in forms))
        form: DateForm = forms[int(np.argmax(counts))]
        read = max(counts)
        if filled - read > TOLERATED * filled and not self._but_for_marks(form.sql(self.cell), filled, read):
            return None
        if len(forms) > 1 and len(set(counts)) == 1:
            self._note(f"dates read as {form.words}; the other order would fit as well")
        self.read_as = bool(form.day_first) if read < filled else form.day_first
        self._note_unread(form.sql(self.cell), filled - read, "a date")
        return Reading(form.sql, np.datetime64("NaT", "us"), "datetime64[us]")

    def _unlike(self, value: str) -> dict[str, int]:
        """How often each text stands there for which `value` is NULL, in lower case: the commonest."""
        return dict(
            self.connection.execute(
                f"SELECT lower({self.cell}), count(*) FROM {self.relation} WHERE {value} IS NULL AND "
                f"{self.cell} IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {MOST_UNLIKE}"
            ).fetchall()
        )

    def _but_for_marks(self, value: str, filled: int, read: int) -> bool:
        """Whether the cells that were read say what the column is, since it is known or the others are marks."""
        if self.known is None:
            return only_marks(self._unlike(value), filled - read, filled)
        return self.known and read > 0

    def _measured_numbers(self, number: str, plain: str, read: int) -> bool:
        """Whether the numbers in the column are no codes, of which a word may be one more, as X beside 1 and 2."""
        code = f"regexp_full_match({self.cell}, '{CODE}')"
        distinct, measured, codes = self._one(
            f"count(DISTINCT {number}), bool_or({number} <> floor({number}) OR {number} IS DISTINCT FROM {plain}) "
            f"FILTER ({number} IS NOT NULL), bool_or({code})"
        )
        return not codes and (measured or distinct > MOST_CODES or distinct > 0.5 * read)

    def _note_unread(self, value: str, count: int, what: str) -> None:
        if count:
            examples = self._cells(f"{value} IS NULL AND {self.cell} IS NOT NULL", "GROUP BY 1 ORDER BY 1 LIMIT 3")
            shown = ", ".join(repr(example) for example in examples)
            self._note(f"{count} cell(s) that are not {what} taken as missing: {shown}")

    def _texts(self) -> Reading:
        """Text as it stands; but yes, Yes and YES become the one most often written, one class as a target."""
        plain = Reading(lambda cell: cell, None, "object")
        first = self.connection.execute(
            f"SELECT DISTINCT lower({self.cell}) FROM "
            f"(SELECT {self.cell} FROM {self.relation} WHERE {self.cell} IS NOT NULL LIMIT 100)"
        ).fetchall()
        if not any({row[0] for row in first} <= set(pair) for pair in BOOLEAN_WORDS):
            return plain
        counts = self.connection.execute(
            f"SELECT {self.cell}, count(*) FROM {self.relation} WHERE {self.cell} IS NOT NULL "
            "GROUP BY 1 ORDER BY 2 DESC, 1"
        ).fetchall()
        usual: dict[str, str] = {}
        for spelling, _ in counts:
            usual.setdefault(spelling.lower(), spelling)
        if len(usual) == len(counts) or not any(usual.keys() <= set(pair) for pair in BOOLEAN_WORDS):
            return plain
        self._note(f"spellings made even: {', '.join(sorted(row[0] for row in counts))}")
        cases = " ".join(f"WHEN '{word}' THEN '{spelling}'" for word, spelling in usual.items())
        return Reading(lambda cell: f"CASE lower({cell}) {cases} END", None, "object")

    def _one(self, what: str) -> tuple[Any, ...]:
        row: tuple[Any, ...] = self.connection.execute(f"SELECT {what} FROM {self.relation}").fetchone()
        return row

    def _cells(self, where: str, limited: str) -> list[str]:
        return [
            row[0]
            for row in self.connection.execute(
                f"SELECT {self.cell} FROM {self.relation} WHERE {where} {limited}"
            ).fetchall()
        ]

    def _note(self, words: str) -> None:
        self.notes.append(f"column '{self.name}': {words}")


def filled_in(fetched: Any, filler: Any, dtype: str) -> Values:
    """A fetched column as a plain array of `dtype`, with `filler` where the database has NULL."""
    values = np.array(np.ma.getdata(fetched), dtype=dtype)
    mask = np.ma.getmaskarray(fetched)
    if mask.any():
        values[mask] = filler
    return values
