"""Figures and names as a report says them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cutaway.explain.figures import shown
from cutaway.metrics import BY_NAME

LONGEST = 120  # letters of a name or a cell


def cut(text: str, most: int = LONGEST) -> str:
    """Return a text that is not longer than so many letters.

    >>> cut("a long name", 6)
    'a lon…'
    """
    return text if len(text) <= most else f"{text[: most - 1]}…"


def measured(metric: str, value: float) -> str:
    """Return a figure as people read that metric.

    >>> measured("accuracy", 0.98551), measured("rmse", 45812.37)
    ('98.6 %', '45812')
    """
    return percent(value) if BY_NAME[metric].percent else shown(value)


def percent(share: float) -> str:
    """Return a share in per cent, with one decimal.

    >>> percent(0.5)
    '50.0 %'
    """
    return f"{100 * share:.1f} %"


def between(metric: str, ends: Sequence[float]) -> str:
    """Return an interval in words.

    >>> between("accuracy", (0.9, 0.98551))
    '90.0 to 98.6 %'
    """
    low, high = (measured(metric, end) for end in ends)
    return f"{low.removesuffix(' %')} to {high}"


def named(names: Sequence[Any], most: int = 6) -> str:
    """Return names in a row, with how many more there are.

    >>> named(["a", "b", "c"], 2)
    'a, b and 1 more'
    """
    some = ", ".join(cut(str(name), 60) for name in names[:most])
    return some if len(names) <= most else f"{some} and {len(names) - most:,} more"


def several(count: int, word: str, words: str = "") -> str:
    """Return how many there are of something.

    >>> several(1, "row"), several(1200, "row"), several(2, "class", "classes")
    ('1 row', '1,200 rows', '2 classes')
    """
    return f"{count:,} {word if count == 1 else words or word + 's'}"
