"""A column of categories as inputs of a network."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutaway.data.strict_json import fields, texts
from cutaway.data.table import Values, as_texts
from cutaway.errors import InputError

ONE_HOT_LIMIT = 8
MOST_CATEGORIES = 10_000


@dataclass(frozen=True)
class CategoryEncoder:
    """Categories as one signed column, as one column each, or as integer codes for an embedding.

    * two categories: −1 and +1, and 0 for a missing or unknown one
    * up to `one_hot_limit`: 1 in the category's own column; zeros for a missing or unknown one
    * more: codes 1, 2, … from the most frequent on; 0 for a missing or unknown one. Beyond 10,000
      categories the others share one last code, "rare", which then also stands for unknown ones

    *Reference*: Holzmüller, Grinsztajn, Steinwart 2024, arXiv 2407.04491.

    >>> towns = np.array(["Delft", "Gouda", "Leiden", None], dtype=object)
    >>> CategoryEncoder.fit("town", towns).transform(towns).tolist()
    [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, 0.0]]
    """

    column: str
    categories: tuple[str, ...]
    coded: bool
    rare: bool

    kind = "category"

    @classmethod
    def fit(cls, column: str, values: Values, one_hot_limit: int = ONE_HOT_LIMIT) -> CategoryEncoder:
        """Take the categories from the training rows."""
        counts = Counter(text for text in as_texts(values) if text is not None)
        if len(counts) <= max(one_hot_limit, 2):
            return cls(column, tuple(sorted(counts)), coded=False, rare=False)
        ordered = sorted(counts, key=lambda text: (-counts[text], text))
        return cls(column, tuple(ordered[:MOST_CATEGORIES]), True, len(ordered) > MOST_CATEGORIES)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the encoded columns."""
        if self.coded:
            return (self.column,)
        if len(self.categories) == 2:
            return (f"{self.column} is {self.categories[1]}",)
        return tuple(f"{self.column} is {category}" for category in self.categories)

    @property
    def code_size(self) -> int:
        """How many codes there are, the one for missing or unknown included; 0 when columns are dense."""
        return len(self.categories) + 1 + self.rare if self.coded else 0

    @cached_property
    def _places(self) -> dict[str | None, int]:
        return {category: place + 1 for place, category in enumerate(self.categories)}

    def _codes(self, values: Values) -> tuple[NDArray[np.int64], int]:
        known = self._places
        other = len(self.categories) + 1 if self.rare else 0
        seen = as_texts(values)
        codes = np.fromiter((0 if text is None else known.get(text, other) for text in seen), np.int64, len(seen))
        unseen = sum(text is not None and text not in known for text in seen)
        return codes, unseen

    def transform(self, values: Values) -> NDArray[np.float32]:
        """Encode; x (n,) -> y (n, k). Nothing fails: what was not seen while fitting is unknown."""
        codes, _ = self._codes(values)
        if self.coded:
            return codes[:, None].astype(np.float32)
        if len(self.categories) == 2:
            return np.array([0.0, -1.0, 1.0], dtype=np.float32)[codes][:, None]
        return np.eye(len(self.categories) + 1, dtype=np.float32)[codes][:, 1:]

    def unseen(self, values: Values) -> int:
        """How many values are there but are none of the categories seen while fitting."""
        return self._codes(values)[1]

    def to_json(self) -> dict[str, Any]:
        """The encoder as JSON data."""
        return {
            "kind": self.kind,
            "column": self.column,
            "categories": list(self.categories),
            "coded": self.coded,
            "rare": self.rare,
        }

    @classmethod
    def from_json(cls, data: object) -> CategoryEncoder:
        """The encoder that `to_json` described; `InputError` when the data is not such a description."""
        found = fields(data, "category encoder", kind=str, column=str, categories=list, coded=bool, rare=bool)
        categories = texts(found["categories"], f"category encoder of '{found['column']}'")
        if len(categories) > MOST_CATEGORIES or (found["rare"] and not found["coded"]):
            raise InputError(f"category encoder of '{found['column']}': {len(categories)} categories do not fit")
        return cls(found["column"], categories, found["coded"], found["rare"])
