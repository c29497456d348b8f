"""What one column is taken for by its name and values, and why."""

from __future__ import annotations

import re
from collections import Counter
from enum import StrEnum

import numpy as np

from cutaway.data.cells import BOOLEAN_WORDS
from cutaway.data.marks import CODE, only_marks
from cutaway.data.number_encoder import as_numbers
from cutaway.data.table import Values, as_texts, missing_mask

MANY = 0.2  # more different texts than this share of the rows are hardly categories
NEARLY = 0.95  # so large a share of different values is nearly all
FEW = 20  # so many distinct texts are categories even in a table hardly longer than that


class ColumnKind(StrEnum):
    """What a column is taken for; the first five become inputs of a network, the others are left out."""

    NUMBER = "number"
    CATEGORY = "category"
    BOOLEAN = "boolean"
    DATE = "date"
    TEXT = "text"
    IDENTIFIER = "identifier"
    CONSTANT = "constant"
    LEAK = "leak"
    DUPLICATE = "duplicate"
    DROPPED = "dropped"

    @property
    def used(self) -> bool:
        """Whether columns of this kind are inputs.

        >>> ColumnKind.DATE.used, ColumnKind.LEAK.used
        (True, False)
        """
        inputs = (ColumnKind.NUMBER, ColumnKind.CATEGORY, ColumnKind.BOOLEAN, ColumnKind.DATE, ColumnKind.TEXT)
        return self in inputs


def kind_of(name: str, values: Values, as_category: bool = False) -> tuple[ColumnKind, str, int, int]:
    """What a column is, in plain words why, how many values are missing, and how many different ones there are.

    >>> kind_of("town", np.array(["Delft", None, "Gouda", "Delft"], dtype=object))
    (<ColumnKind.CATEGORY: 'category'>, '2 distinct texts in 3 rows: categories', 1, 2)
    """
    missing = missing_mask(values)
    count = int(missing.sum())
    present = values[~missing]
    texts = present.dtype.kind == "O"
    distinct = len(set(present.tolist())) if texts else len(np.unique(present))
    if distinct == 0:
        kind, reason = ColumnKind.CONSTANT, "every value is missing: left out"
    elif distinct == 1 and not count:
        kind, reason = (
            ColumnKind.CONSTANT,
            f"the same value in every row ({as_texts(present[:1])[0]}): left out",
        )
    elif as_category:
        kind, reason = ColumnKind.CATEGORY, f"{distinct} distinct values, taken as categories as asked"
    elif distinct == 1:
        value = as_texts(present[:1])[0]
        kind, reason = ColumnKind.CATEGORY, f"either '{value}' or missing: a category"
    elif present.dtype.kind == "b" or (texts and _all_booleans(present)):
        words = sorted(set(as_texts(present)) - {None}, key=str)
        kind, reason = ColumnKind.BOOLEAN, f"two values, {words[0]} and {words[1]}: a boolean"
    elif present.dtype.kind == "M":
        kind, reason = ColumnKind.DATE, span(present)
    elif texts:
        kind, reason = _text_kind(name, [str(text) for text in as_texts(present)], distinct)
    else:
        kind, reason = _number_kind(name, present, distinct)
    return kind, reason, count, distinct


def _all_booleans(present: Values) -> bool:
    words = {text.lower() for text in as_texts(present) if text is not None}
    return len(words) == 2 and any(words == set(pair) for pair in BOOLEAN_WORDS)


_IDENTIFIER = re.compile(
    r"(^|[_\s.-])(id|ids|uuid|guid|key|index|idx|number|num|no|nr|code|row|rowid|row_name)$|^unnamed: \d+$", re.I
)
_UNNAMED = re.compile(r"column_\d+")  # so called by us
_TIME = re.compile(
    r"(^|[_\s.-])(years?|months?|weeks?|days?|dates?|hours?|minutes?|seconds?|times?|t|ages?)($|[_\s.-])", re.I
)


def _named_as_identifier(name: str) -> bool:
    return _IDENTIFIER.search(name) is not None or re.search(r"[a-z]I[Dd]$", name) is not None


def _counts_rows(name: str, values: Values) -> bool:
    """Whether all different whole numbers are 0 to n − 1 or 1 to n, or ascend in a column without a name."""
    if _TIME.search(name):
        return False
    if _UNNAMED.fullmatch(name):
        return bool(np.all(np.diff(values) > 0))
    return float(values.min()) in (0.0, 1.0) and float(values.max() - values.min()) == len(values) - 1 > 9


def _number_kind(name: str, present: Values, distinct: int) -> tuple[ColumnKind, str]:
    finite = present[np.isfinite(present)]
    whole = len(finite) == len(present) and bool(np.all(finite == np.floor(finite)))
    nearly = distinct > FEW and distinct >= NEARLY * len(present)
    if whole and distinct > 2 and (distinct == len(present) or nearly):
        all_different = "all different" if distinct == len(present) else "nearly all different"
        hint = f"(number=['{name}'] to use it as a number)"
        if distinct == len(present) and _counts_rows(name, present):
            return ColumnKind.IDENTIFIER, f"counts the rows: an identifier, left out {hint}"
        if _named_as_identifier(name):
            return (
                ColumnKind.IDENTIFIER,
                f"{distinct} whole numbers, {all_different}, and so named: an identifier, left out {hint}",
            )
    if not len(finite):
        return ColumnKind.CONSTANT, "infinite in every row: left out"
    return ColumnKind.NUMBER, measured(present, distinct)


def numbers_among(texts: list[str]) -> tuple[Values, Counter[str]] | None:
    """The numbers of a column of texts, and how often each other text stands there; None where few are numbers.

    >>> numbers_among(["3", "4.5", "many"])
    (array([3. , 4.5]), Counter({'many': 1}))
    """
    first = np.isfinite(as_numbers(np.array(texts[:500], dtype=object))[0])
    if not len(first) or first.mean() < 0.3:  # seen without reading a long column to its end
        return None
    numbers, _ = as_numbers(np.array(texts, dtype=object))
    found = numbers[np.isfinite(numbers)]
    if len(found) < 0.5 * len(texts):
        return None
    return found, Counter(text for text, number in zip(texts, numbers, strict=True) if np.isnan(number))


def but_for_marks(texts: list[str], found: Values, others: Counter[str]) -> bool:
    """Whether texts are numbers of which some are not known: the others are one word or two, and none is a code."""
    unlike: Counter[str] = Counter()
    for text, count in others.items():
        unlike[text.lower()] += count
    codes = any(re.fullmatch(CODE, text) for text in set(texts))
    return not codes and len(np.unique(found)) > 1 and only_marks(unlike, others.total(), len(texts))


def _mixed_numbers(texts: list[str], found: Values, others: Counter[str], distinct: int) -> bool:
    """Whether texts are numbers with others among them: "k.A." for what is not known, or "<0.1" and "low".

    Where there are many others, many must differ, and most numbers have a decimal point: whole ones may be codes.
    """
    if but_for_marks(texts, found, others):
        return True
    many = distinct > FEW and (distinct > MANY * len(texts) or _near_unique(texts, distinct))
    return many and np.sum(found != np.floor(found)) >= 0.5 * len(found)


def _near_unique(texts: list[str], distinct: int) -> bool:
    return (distinct == len(texts) and distinct > 2) or (distinct > FEW and distinct > 0.5 * len(texts))


def _text_kind(name: str, texts: list[str], distinct: int) -> tuple[ColumnKind, str]:
    different = set(texts)
    words = sum(len(text.split()) for text in different) / distinct
    length = sum(len(text) for text in different) / distinct
    near_unique = _near_unique(texts, distinct)
    counted, hint = f"{distinct} distinct texts in {len(texts)} rows", ""
    among = numbers_among(texts)
    if among is not None:
        found, others = among
        if others and _mixed_numbers(texts, found, others, distinct):
            range_of = measured(found, len(np.unique(found)))
            example = next(iter(others))
            return ColumnKind.NUMBER, f"{range_of}, {others.total()} texts such as '{example}' taken as missing"
        hint = f" ({len(found)} of them are numbers: number=['{name}'] takes the rest as missing)"
    if near_unique and words >= 3:
        return ColumnKind.TEXT, f"{counted}, {words:.0f} words each: free text, its words are counted"
    if near_unique:
        return ColumnKind.IDENTIFIER, f"{counted}, short and nearly all different: an identifier, left out{hint}"
    if distinct > FEW and (words >= 6 or length >= 60):
        return ColumnKind.TEXT, f"{counted}, {words:.0f} words each: free text, its words are counted"
    return ColumnKind.CATEGORY, f"{counted}: categories{hint}"


def measured(present: Values, distinct: int) -> str:
    """The range of numbers, and how many differ, in few words.

    >>> measured(np.array([32.1, 59.6, 59.6]), 2)
    '32.1 to 59.6, 2 distinct'
    """
    finite = present[np.isfinite(present)]
    endless = len(present) - len(finite)
    more = f", {endless} infinite" if endless else ""
    return f"{finite.min():.6g} to {finite.max():.6g}, {distinct} distinct{more}"


def span(dates: Values) -> str:
    """The first and the last of some dates, in words."""
    first, last = np.datetime_as_string(np.array([dates.min(), dates.max()]), unit="D")
    return f"dates from {first} to {last}"
