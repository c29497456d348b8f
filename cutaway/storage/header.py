"""JSON of a file, read strictly: sizes are looked at before anything is made of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from cutaway.storage.architecture import ModelFileError

LARGEST_HEADER = 32 << 20  # characters
# Objects and lists that a header may hold, and things in them, each of which takes some hundred bytes once it is read.
MOST_BRANCHES, MOST_ITEMS = 500_000, 4_000_000
# Bytes of a safetensors header: ours, in which every quotation mark has a stroke before it, and the list of arrays.
LARGEST_OUTER = 3 * LARGEST_HEADER


def check_outer_header(place: Path) -> None:
    """Raise `ModelFileError` where a safetensors file says that its header is larger than any of ours is."""
    with place.open("rb") as file:
        told = int.from_bytes(file.read(8), "little")
    if told > LARGEST_OUTER:
        raise ModelFileError("this is not a network's file, or it is damaged: its header would be larger than any is")


def check_size(text: str) -> None:
    """Raise `ModelFileError` for a header that is too large to be read, or too branched.

    >>> check_size("[" * 1_000_000)
    Traceback (most recent call last):
    cutaway.storage.architecture.ModelFileError: the header has 1000000 objects and lists, more than 500000
    """
    if len(text) > LARGEST_HEADER:
        raise ModelFileError(f"the header has {len(text)} characters, more than {LARGEST_HEADER}")
    branches, items = text.count("{") + text.count("["), text.count(",")
    if branches > MOST_BRANCHES:
        raise ModelFileError(f"the header has {branches} objects and lists, more than {MOST_BRANCHES}")
    if items > MOST_ITEMS:
        raise ModelFileError(f"the header has {items} items, more than {MOST_ITEMS}")


def strict_header(text: str) -> dict[str, Any]:
    """Return JSON data that has no key twice, no NaN and no infinity; `ModelFileError` for any other text.

    How large and how branched it is, is looked at before it is read.

    >>> strict_header('{"format": 1, "format": 2}')
    Traceback (most recent call last):
    cutaway.storage.architecture.ModelFileError: the header has the key 'format' twice
    """

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in pairs:
            if key in found:
                raise ModelFileError(f"the header has the key {key!r} twice")
            found[key] = value
        return found

    def constant(word: str) -> Any:
        raise ModelFileError(f"the header holds {word}, which is no number")

    def number(digits: str) -> float:
        value = float(digits)
        return value if np.isfinite(value) else constant(digits)

    check_size(text)
    try:
        data = json.loads(text, object_pairs_hook=once, parse_constant=constant, parse_float=number)
    except ModelFileError:
        raise
    except (ValueError, RecursionError) as fault:
        raise ModelFileError(
            f"the header is no JSON ({fault}): it is damaged; bring back one that is whole, or train again"
        ) from fault
    if not isinstance(data, dict):
        raise ModelFileError(f"the header holds {type(data).__name__}, expected an object")
    return data
