"""What a written file is put together from: copied functions, and arrays beside the code."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

BESIDE = "data: "  # what the names of arrays begin with that are no weights
FEW = 12  # words of a vocabulary that stand in the code; more are beside the weights


@dataclass
class Sources:
    """What a file is put together from: the functions it calls, by the file they are copied from, and its arrays."""

    used: dict[str, set[str]] = field(default_factory=dict)
    arrays: dict[str, np.ndarray] = field(default_factory=dict)

    def use(self, file: str, *names: str) -> None:
        """Have functions copied, and what they call."""
        self.used.setdefault(file, set()).update(names)

    def numbers(self, place: str, numbers: Iterable[float]) -> str:
        """Return words for numbers that lie beside the weights."""
        self.arrays[f"{BESIDE}{place}"] = np.array(list(numbers))
        return f"WEIGHTS[{f'{BESIDE}{place}'!r}]"

    def words(self, place: str, words: Iterable[str]) -> str:
        """Return words for a list of texts: as they are where there are few, else beside the weights."""
        listed = list(words)
        if len(listed) <= FEW:
            return repr(listed)
        # A NUL at a text's end would be lost in an array of texts, and a text that is one would be empty.
        place = f"{BESIDE}{place}"
        self.arrays[place] = np.array([f"{word}|" for word in listed])
        return f"[word[:-1] for word in WEIGHTS[{place!r}].tolist()]"
