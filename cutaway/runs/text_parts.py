"""A text cut in three, in its own order: neighbouring lines are alike, and a random cut would tell of each other."""

from __future__ import annotations

from dataclasses import dataclass

from cutaway.data.text import FEWEST, Text
from cutaway.errors import InputError

WATCHED, MOST_WATCHED = 0.1, 250_000  # the share of a text that is watched, and characters of it at most


@dataclass(frozen=True)
class TextParts:
    """The three parts of a text, in its own order: to learn from, to choose the best weights by, and to test on."""

    learned: str
    watched: str
    tested: str

    @classmethod
    def of(cls, text: Text, test: float) -> TextParts:
        """Cut a text; raises `InputError` where too little is left to learn from.

        >>> parts = TextParts.of(Text("x" * 1000), 0.1)
        >>> len(parts.learned), len(parts.watched), len(parts.tested)
        (800, 100, 100)
        """
        content = text.content
        end = round(len(content) * (1 - test), 6)
        begin = int(max(end - WATCHED * len(content), end - MOST_WATCHED))
        if begin < FEWEST // 2:
            raise InputError(
                f"{text.source}: of {len(content):,} characters, {begin if begin > 0 else 0:,} would be left to learn "
                f"from, where {test:.0%} are set aside; expected at least {FEWEST // 2}; set less aside"
            )
        return cls(content[:begin], content[begin : int(end)], content[int(end) :])
