"""Names as a report says them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

LONGEST = 120  # letters of a name or a cell


def cut(text: str, most: int = LONGEST) -> str:
    """Return a text that is not longer than so many letters.

    >>> cut("a long name", 6)
    'a lon…'
    """
    return text if len(text) <= most else f"{text[: most - 1]}…"


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
