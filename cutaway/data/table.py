"""A table: named columns of equal length, each of one of four kinds of array."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutaway.data.suggestions import did_you_mean
from cutaway.errors import InputError

Values = NDArray[Any]
"""One column: float64 (NaN is missing), bool, datetime64[us] (NaT is missing) or object (None is missing)."""


@dataclass
class Table:
    """Named columns of equal length, where they came from, and what was repaired while reading them.

    `european` has the columns of text whose dates or numbers can be meant in two ways, and which way they were read:
    true where 1/2/2020 is in February, or 1,234 is below two; and the columns of numbers or dates with other cells
    among them, which were taken as missing.
    Each column is a one-dimensional array: float64 with NaN for a missing number, bool,
    datetime64[us] with NaT for a missing date, or object holding str, bool or None.
    Raises `InputError` when the columns differ in length, dimension or type from that.

    >>> table = Table({"rooms": np.array([3.0, np.nan]), "town": np.array(["Delft", None], dtype=object)})
    >>> table.rows, table.names
    (2, ('rooms', 'town'))
    """

    columns: dict[str, Values]
    source: str = "data frame"
    notes: list[str] = field(default_factory=list)
    european: dict[str, bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        lengths = {name: len(values) if values.ndim else -1 for name, values in self.columns.items()}
        if len(set(lengths.values())) > 1:
            listed = ", ".join(f"'{name}' {length}" for name, length in list(lengths.items())[:6])
            raise InputError(f"{self.source}: columns must be equally long, and these are not: {listed}")
        for name, values in self.columns.items():
            if values.ndim != 1:
                raise InputError(
                    f"{self.source}: column '{name}' has shape {values.shape}; one value a row was expected"
                )
            if values.dtype not in (np.float64, np.bool_, np.object_, np.dtype("datetime64[us]")):
                raise InputError(
                    f"{self.source}: column '{name}' holds {values.dtype}; build tables with `table_from`, "
                    "which converts to float64, bool, datetime64[us] or object"
                )

    @property
    def rows(self) -> int:
        """The number of rows."""
        return len(next(iter(self.columns.values()))) if self.columns else 0

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names, in order."""
        return tuple(self.columns)

    def column(self, name: str) -> Values:
        """The values of one column; `InputError` with the nearest names when there is none so called."""
        if name not in self.columns:
            raise InputError(f"{self.source}: no column '{name}'; {did_you_mean(name, self.columns)}")
        return self.columns[name]

    def select(self, rows: NDArray[Any]) -> Table:
        """The chosen rows, by position or by a mask of booleans, in the order given.

        >>> Table({"x": np.array([1.0, 2.0, 3.0])}).select(np.array([2, 0])).columns["x"]
        array([3., 1.])
        """
        chosen = {name: values[rows] for name, values in self.columns.items()}
        return Table(chosen, self.source, list(self.notes), dict(self.european))

    def without(self, names: Iterable[str]) -> Table:
        """The table without the named columns; a name that is not there is passed over."""
        left_out = set(names)
        kept = {name: values for name, values in self.columns.items() if name not in left_out}
        return Table(kept, self.source, list(self.notes), dict(self.european))


def missing_mask(values: Values) -> NDArray[np.bool_]:
    """True where a value is missing: NaN, NaT or None.

    >>> missing_mask(np.array(["a", None], dtype=object))
    array([False,  True])
    """
    if values.dtype.kind == "f":
        return np.isnan(values)
    if values.dtype.kind == "M":
        return np.isnat(values)
    if values.dtype.kind == "b":
        return np.zeros(len(values), dtype=np.bool_)
    return np.fromiter((value is None or value != value for value in values), np.bool_, len(values))


def as_texts(values: Values) -> list[str | None]:
    """Each value as the text by which it is known as a category; None where it is missing.

    Whole numbers lose their decimal point, so that a column of codes reads the same whether it
    arrived as text or as numbers.

    >>> as_texts(np.array([3.0, 0.5, np.nan])), as_texts(np.array([True, False]))
    (['3', '0.5', None], ['true', 'false'])
    """
    if values.dtype.kind == "O":
        return [_text_of(value) for value in values]
    if values.dtype.kind == "b":
        return ["true" if value else "false" for value in values]
    distinct, places = np.unique(values, return_inverse=True)
    missing = missing_mask(distinct)
    texts = np.empty(len(distinct), dtype=object)
    for place, value in enumerate(distinct):
        texts[place] = None if missing[place] else _text_of(value)
    result: list[str | None] = texts[places].tolist()
    return result


def _text_of(value: Any) -> str | None:
    if isinstance(value, str):
        return value
    if value is None or value != value:
        return None
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if isinstance(value, (float, np.floating)):
        return str(int(value)) if np.isfinite(value) and value == int(value) else repr(float(value))
    return str(value)
