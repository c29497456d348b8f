"""The words of a message that offers the nearest known name to one that is not known."""

from collections.abc import Iterable
from difflib import get_close_matches


def alike(word: str, known: Iterable[str]) -> str | None:
    """Return the known name that differs only in case or in blanks around it, if there is one.

    >>> alike("size", ["Town", "SIZE "])
    'SIZE '
    """
    folded = word.strip().casefold()
    return next((name for name in known if name.strip().casefold() == folded), None)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The tail of an error message: the nearest known names, or all of them when none is near.

    >>> did_you_mean("prise", ["price", "rooms"])
    "did you mean 'price'?"
    >>> did_you_mean("zzz", ["price", "rooms"])
    "there are 'price', 'rooms'"
    >>> did_you_mean("zzz", [])
    'there are none'
    """
    names = list(known)
    folded = {name.casefold(): name for name in reversed(names)}
    near = get_close_matches(word.casefold(), list(folded), n=3, cutoff=0.6)
    if near:
        return f"did you mean {' or '.join(repr(folded[name]) for name in near)}?"
    if not names:
        return "there are none"
    shown = ", ".join(repr(name) for name in names[:12])
    return f"there are {shown}" + (f" and {len(names) - 12} more" if len(names) > 12 else "")
