"""What a studio's network learns from: the person's own rows, and what of them goes into the network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np

from cutaway import ops
from cutaway.data.number_encoder import as_numbers
from cutaway.data.table import Table, Values, as_texts
from cutaway.errors import InputError
from cutaway.explain.figures import shown

Part = Literal["training", "held_out"]
PARTS: tuple[Part, ...] = ("training", "held_out")
USED = ("number", "category", "boolean", "date", "text")


@dataclass(frozen=True)
class ColumnTold:
    """One of the person's own columns: its name, what it was taken for, and why."""

    name: str
    kind: str
    reason: str = ""

    @property
    def used(self) -> bool:
        """Whether it goes into the network."""
        return self.kind in USED


@dataclass(frozen=True)
class Axis:
    """A column of numbers that a picture may have along one side, and the range of its rows."""

    name: str
    low: float
    high: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Material:
    """Rows as people have them, and as the network takes them.

    name, kind   of the data: numbers (tables and points), text, pictures
    x, y         all rows: inputs (rows, …), targets in the network's units, class numbers for classes
    training, held_out   the places of the rows of each part
    table        the person's own rows, target included; None for texts and pictures
    columns      of that table, without the target
    encode       rows of such a table → inputs
    inputs, outputs   the names of what goes in and comes out
    target       its name; classes their names, none for numbers
    mean, std    a number is output · std + mean in the target's own units; limits: what it is clipped to
    temperature  what scores are divided by before they become probabilities
    letters      what each token is, for texts
    notes        what was repaired or left out, in sentences
    """

    name: str
    x: np.ndarray
    y: np.ndarray
    training: np.ndarray
    held_out: np.ndarray
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    target: str
    kind: Literal["numbers", "text", "pictures"] = "numbers"
    table: Table | None = None
    columns: tuple[ColumnTold, ...] = ()
    encode: Callable[[Table], np.ndarray] | None = None
    classes: tuple[str, ...] = ()
    mean: float = 0.0
    std: float = 1.0
    limits: tuple[float, float] | None = None
    temperature: float = 1.0
    letters: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=())

    @property
    def task(self) -> str:
        """Either "classification" or "regression"."""
        return "classification" if self.classes else "regression"

    def places(self, part: str) -> np.ndarray:
        """Return the places of a part's rows; `InputError` for a part that is not there."""
        if part not in PARTS:
            raise InputError(f"part: got {part!r}, expected training or held_out")
        return self.training if part == "training" else self.held_out

    def place(self, part: str, example: int) -> int:
        """Return the place of an example among all rows; `InputError` for one that is not there."""
        places = self.places(part)
        if type(example) is not int or not 0 <= example < len(places):
            raise InputError(f"example: got {example!r}; the {part.replace('_', ' ')} rows are 0 to {len(places) - 1}")
        return int(places[example])

    @cached_property
    def axes(self) -> tuple[Axis, ...]:
        """The columns of numbers that are used and not all equal."""
        if self.table is None:
            return ()
        found = []
        for column in self.columns:
            numbers = self.table.columns[column.name]
            if column.kind != "number" or numbers.dtype.kind != "f":
                continue
            finite = numbers[np.isfinite(numbers)]
            if len(finite) and finite.min() < finite.max():
                found.append(Axis(column.name, float(finite.min()), float(finite.max())))
        return tuple(found)

    @cached_property
    def usual(self) -> dict[str, Any]:
        """What is usual in each column of the training rows: the mean, or the commonest value."""
        assert self.table is not None
        return {column.name: _usual(self.table.columns[column.name][self.training]) for column in self.columns}

    def own(self, place: int) -> dict[str, Any]:
        """Return the values of a row in the person's columns."""
        if self.table is None:
            return {}
        return {column.name: plain(self.table.columns[column.name][place]) for column in self.columns}

    def typed(self, values: Mapping[str, Any]) -> tuple[np.ndarray, dict[str, Any]]:
        """Return the inputs (1, …) of a row that was typed, and the row; columns that were not are as usual.

        Raises `InputError` for a column that is not there, and text where a number belongs.
        """
        if self.table is None or self.encode is None:
            raise InputError("typed: rows can be typed for tables alone; these data are " + self.kind)
        known = {column.name for column in self.columns}
        strange = [name for name in values if name not in known]
        if strange:
            raise InputError(f"typed: there is no column {strange[0]!r}; there are {', '.join(sorted(known))}")
        row = {**self.usual, **values}
        return self.encode(self.rows_of({name: [value] for name, value in row.items()})), row

    def rows_of(self, columns: Mapping[str, Any]) -> Table:
        """Return a table of such rows, its columns of the same types as those of the person."""
        assert self.table is not None
        return Table({name: _as(self.table.columns[name], values, name) for name, values in columns.items()}, "typed")

    def answers(self, outputs: np.ndarray) -> np.ndarray:
        """Return outputs as a person means them: probabilities of the classes, or numbers in the target's own units.

        (…, outputs) -> (…, classes), or (…, outputs) for numbers
        """
        with np.errstate(all="ignore"):
            if not self.classes:
                numbers = outputs.astype(np.float64) * self.std + self.mean
                return numbers if self.limits is None else np.clip(numbers, *self.limits)
            if outputs.shape[-1] == 1:
                yes = ops.sigmoid(outputs / self.temperature)
                return np.concatenate([1 - yes, yes], axis=-1)
            found: np.ndarray = ops.softmax(outputs / self.temperature, axis=-1)
            return found

    def answer(self, answers: np.ndarray) -> dict[str, Any]:
        """Return what is said of one row, given its `answers`, (classes) or (1)."""
        if not self.classes:
            value = float(answers[0])
            return {"shown": shown(value), "value": value, "probabilities": None, "class": None}
        best = int(np.argmax(answers)) if np.isfinite(answers).all() else 0
        said = f"{self.classes[best]}, {shown(float(answers[best]), 3)}"
        return {"shown": said, "value": None, "probabilities": answers, "class": best}

    def truth(self, place: int) -> Any:
        """Return the target of a row as a person means it."""
        value = self.y[place]
        if self.kind == "text":
            return "".join(self.letters[int(code)] for code in np.atleast_1d(value))
        if self.classes:
            return self.classes[int(np.reshape(value, -1)[0])]
        return float(np.reshape(value, -1)[0]) * self.std + self.mean

    def text(self, place: int) -> str:
        """Return a row of tokens as it is written."""
        return "".join(self.letters[int(code)] for code in self.x[place])


def plain(value: Any) -> Any:
    """Return a cell as a number, a text or None.

    >>> plain(np.float64("nan")), plain(np.float64(2)), plain("a"), plain(True)
    (None, 2.0, 'a', 'true')
    """
    if isinstance(value, (float, np.floating)):
        return None if np.isnan(value) else float(value)
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if isinstance(value, np.datetime64):
        return None if np.isnat(value) else str(value)
    return None if value is None else str(value)


def _usual(values: Values) -> Any:
    if values.dtype.kind == "f":
        finite = values[np.isfinite(values)]
        return float(finite.mean()) if len(finite) else None
    if values.dtype.kind == "M":
        known = values[~np.isnat(values)]
        return known[len(known) // 2] if len(known) else None
    counts = Counter(text for text in as_texts(values) if text is not None)
    return max(sorted(counts), key=lambda text: counts[text]) if counts else None


def _as(like: Values, values: Any, name: str) -> Values:
    """Return typed values in the type of a column."""
    if like.dtype.kind == "f":
        numbers, unlike = as_numbers(np.array([None if v is None else v for v in values], dtype=object))
        if unlike:
            raise InputError(f"column {name!r}: got {values[0]!r}, expected a number")
        return numbers
    if like.dtype.kind == "M":
        try:
            return np.array(values, dtype="datetime64[us]")
        except ValueError:
            raise InputError(f"column {name!r}: got {values[0]!r}, expected a date such as 2024-05-31") from None
    if like.dtype.kind == "b":
        return np.array([str(value).lower() == "true" for value in values])
    made = np.empty(len(values), dtype=object)
    made[:] = [None if value is None else str(value) for value in values]
    return made
