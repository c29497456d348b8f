"""What is typed after an option, as the value that is meant; anything else is told in one sentence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cyclopts import Token

SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600}


def whole(_: Any, tokens: Sequence[Token]) -> int:
    """Return the whole number that was typed; 1.5 is none, though it could be rounded."""
    word = tokens[0].value
    if re.fullmatch(r"[+-]?[0-9]{1,1000}", word) is None:
        raise ValueError(f"'{word}' is not a whole number.")
    return int(word)


def whole_or_part(_: Any, tokens: Sequence[Token]) -> float:
    """Return the number that was typed, a whole one as such.

    >>> whole_or_part(float, [Token(value="10")]), whole_or_part(float, [Token(value="0.75")])
    (10, 0.75)
    """
    word = tokens[0].value
    if re.fullmatch(r"[+-]?[0-9]{1,1000}", word) is not None:
        return int(word)
    if re.fullmatch(r"[+-]?([0-9]{1,9}\.[0-9]*|\.[0-9]+)", word) is None:
        raise ValueError(f"'{word}' is not a number.")
    return float(word)


def seconds(_: Any, tokens: Sequence[Token]) -> float:
    """Return how many seconds were typed: 90, 90s, 1.5m or 2h.

    >>> seconds(float, [Token(value="2m")]), seconds(float, [Token(value="90")])
    (120.0, 90.0)
    """
    word = tokens[0].value
    found = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]+)?)\s*([smh]?)", word)
    if found is None or float(found[1]) == 0:
        raise ValueError(f"'{word}' is no time; expected seconds, minutes or hours above 0, such as 60s, 2m or 1h.")
    return float(found[1]) * SECONDS[found[2]]


def share_or_table(_: Any, tokens: Sequence[Token]) -> float | Path:
    """Return the share of the rows that was typed, or the file that holds such rows.

    >>> share_or_table(None, [Token(value="0.3")])
    0.3
    """
    word = tokens[0].value
    try:
        return float(word)
    except ValueError:
        if not Path(word).exists():
            raise ValueError(
                f"'{word}' is no file here and no number; expected a share, such as 0.2, or a table."
            ) from None
        return Path(word)
