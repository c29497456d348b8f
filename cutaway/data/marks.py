"""Words that stand where a value is not known: "k.A." in a column of numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping

from cutaway.data.table import Values

TOLERATED = 0.05  # the share of cells that may be unlike the rest and still be taken for dirt, not for text
MOST_MARKED = 0.5  # more cells than this share are hardly marks in a column of something else
MOST_WORDS = 2  # so many different words may be marks
FEWEST_READ = 5  # of fewer numbers nothing is told


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


def repeated_words(unlike: Mapping[str, int]) -> list[str]:
    """The words that are marks in the whole table, in lower case: a word that stands once may be a slip.

    >>> repeated_words({"k.a.": 12, "delft": 1, "3+": 4})
    ['k.a.']
    """
    return sorted(word for word, count in unlike.items() if count > 1 and is_word(word))


def unmarked(values: Values, marks: Collection[str]) -> tuple[Values, Counter[str]]:
    """The values of a column with None for each mark, and how often each one stood there; others are not copied.

    >>> import numpy as np
    >>> unmarked(np.array(["Delft", "K.A."], dtype=object), ["k.a."])
    (array(['Delft', None], dtype=object), Counter({'K.A.': 1}))
    """
    found: Counter[str] = Counter()
    if values.dtype.kind != "O" or not marks:
        return values, found
    where = [row for row, value in enumerate(values) if isinstance(value, str) and value.lower() in marks]
    if not where:
        return values, found
    found.update(values[where].tolist())
    values = values.copy()
    values[where] = None
    return values, found


def lowered(texts: Iterable[str | None]) -> Counter[str]:
    """How often each text stands there, in lower case."""
    return Counter(text.lower() for text in texts if text is not None)
