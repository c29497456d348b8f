"""A column of booleans as an input of a network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutaway.data.cells import BOOLEAN_WORDS
from cutaway.data.strict_json import fields
from cutaway.data.table import Values, as_texts

_SIGNS: dict[str | None, float] = {"1": 1.0, "0": -1.0}
_SIGNS |= {word: sign for pair in BOOLEAN_WORDS for word, sign in zip(pair, (1.0, -1.0), strict=True)}


@dataclass(frozen=True)
class BooleanEncoder:
    """True as +1, false as −1, missing as 0; spelt yes/no, true/false, y/n, t/f, on/off or 1/0.

    >>> BooleanEncoder("paid").transform(np.array(["yes", "No", None], dtype=object)).ravel().tolist()
    [1.0, -1.0, 0.0]
    """

    column: str

    kind = "boolean"

    @classmethod
    def fit(cls, column: str, values: Values) -> BooleanEncoder:
        """Nothing is learnt from the values: the spellings are fixed."""
        return cls(column)

    @property
    def names(self) -> tuple[str, ...]:
        """The name of the encoded column."""
        return (self.column,)

    def transform(self, values: Values) -> NDArray[np.float32]:
        """Encode; x (n,) -> y (n, 1). What is no boolean counts as missing."""
        texts = as_texts(values)
        signs = (0.0 if text is None else _SIGNS.get(text.strip().lower(), 0.0) for text in texts)
        return np.fromiter(signs, np.float32, len(texts))[:, None]

    def unseen(self, values: Values) -> int:
        """How many values are there but spell no boolean."""
        return sum(text is not None and text.strip().lower() not in _SIGNS for text in as_texts(values))

    def to_json(self) -> dict[str, Any]:
        """The encoder as JSON data."""
        return {"kind": self.kind, "column": self.column}

    @classmethod
    def from_json(cls, data: object) -> BooleanEncoder:
        """The encoder that `to_json` described; `InputError` when the data is not such a description."""
        return cls(fields(data, "boolean encoder", kind=str, column=str)["column"])
