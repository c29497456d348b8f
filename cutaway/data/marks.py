"""Words that stand where a value is not known: "k.A." in a column of numbers."""

from __future__ import annotations

from collections.abc import Mapping

TOLERATED = 0.05  # the share of cells that may be unlike the rest and still be taken for dirt, not for text
MOST_MARKED = 0.5  # more cells than this share are hardly marks in a column of something else
MOST_WORDS = 2  # so many different words may be marks
FEWEST_READ = 5  # of fewer numbers nothing is told
CODE = r"0\d+|\d{16,}"  # digits that are a code, and no number: they would lose zeros, or their last places


def is_word(cell: str) -> bool:
    """Whether a text may stand for a value that is not known: it has no digit, as "3+" and "<0.1" have.

    >>> is_word("k.A."), is_word("3+")
    (True, False)
    """
    return not any(sign.isdigit() for sign in cell)


def only_marks(unlike: Mapping[str, int], count: int, filled: int) -> bool:
    """Whether the cells of a column that are unlike the rest are marks, so that the others say what the column is.

    They are where they are at most half of those filled, and, but for one in twenty, one word or two.

    unlike   how often each text stands there that is unlike the rest, in lower case; the commonest will do
    count    how many such cells there are
    filled   how many cells are not empty

    >>> only_marks({"k.a.": 12}, 12, 200), only_marks({"low": 12, "high": 13, "none yet": 14}, 39, 200)
    (True, False)
    """
    words = sorted((number for word, number in unlike.items() if is_word(word)), reverse=True)
    return (
        count <= MOST_MARKED * filled
        and filled - count >= FEWEST_READ
        and count - sum(words[:MOST_WORDS]) <= TOLERATED * filled
    )
