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
from cutaway.data.tokens import Tokens
from cutaway.errors import InputError
from cutaway.explain.figures import shown
from cutaway.explain.row import as_written

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
    numbers      which row of the person's file each row is, counted from 1; None where they are the rows as they come
    encode       rows of such a table → inputs
    inputs, outputs   the names of what goes in and comes out
    target       its name; classes their names, none for numbers
    mean, std    a number is output · std + mean in the target's own units; limits: what it is clipped to
    temperature  what scores are divided by before they become probabilities
    letters      what each token is, for texts; the bytes of one that is no whole character
    tokens       what cuts a text into those tokens, where that is more than its letters one by one
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
    numbers: np.ndarray | None = None
    encode: Callable[[Table], np.ndarray] | None = None
    classes: tuple[str, ...] = ()
    mean: float = 0.0
    std: float = 1.0
    limits: tuple[float, float] | None = None
    temperature: float = 1.0
    letters: tuple[str, ...] = ()
    tokens: Tokens | None = None
    notes: tuple[str, ...] = field(default=())

    @cached_property
    def several(self) -> bool:
        """Whether each row has several targets, each with an output of its own: numbers, or yes and no."""
        if self.kind == "text" or self.y.ndim != 2 or self.y.shape[1] < 2 or len(self.outputs) != self.y.shape[1]:
            return False
        return not (self.classes and self._one_hot)

    @cached_property
    def _one_hot(self) -> bool:
        """Whether the targets of each row are a one among zeros, which names a class."""
        return bool(self.y.ndim == 2 and np.isin(self.y, (0, 1)).all() and (self.y.sum(axis=1) == 1).all())

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

    def number(self, place: int) -> int:
        """Return which row a person would call a place among all rows: that of their file, counted from 1."""
        return place + 1 if self.numbers is None else int(self.numbers[place])

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
            found: np.ndarray
            if outputs.shape[-1] == 1 or self.several:
                found = ops.sigmoid(outputs / self.temperature)
                return found if self.several else np.concatenate([1 - found, found], axis=-1)
            found = ops.softmax(outputs / self.temperature, axis=-1)
            return found

    def answer(self, answers: np.ndarray) -> dict[str, Any]:
        """Return what is said of one row, given its `answers`, (classes), (1) or, of several targets, one for each."""
        none: dict[str, Any] = {"value": None, "values": None, "probabilities": None, "class": None}
        if self.several:
            values = [[name, float(value)] for name, value in zip(self.outputs, answers, strict=True)]
            return {**none, "shown": together(values), "values": values}
        if not self.classes:
            value = float(answers[0])
            return {**none, "shown": shown(value), "value": value}
        best = int(np.argmax(answers)) if np.isfinite(answers).all() else 0
        said = f"{self.classes[best]}, {shown(float(answers[best]), 3)}"
        return {**none, "shown": said, "probabilities": answers, "class": best}

    def truth(self, place: int) -> Any:
        """Return the target of a row as a person means it: a number, a name, or of several a list of [name, value]."""
        value = self.y[place]
        if self.kind == "text":
            return self.written(np.atleast_1d(value))
        goal = self.goals(np.array([place]))[0]
        if self.several:
            return [[name, float(each)] for name, each in zip(self.outputs, goal, strict=True)]
        return self.classes[int(goal)] if self.classes else float(goal)

    def goals(self, places: np.ndarray) -> np.ndarray:
        """Return targets as a person means them: classes by number or numbers, (rows); of several (rows, outputs)."""
        targets = self.y[places].reshape(len(places), -1)
        found: np.ndarray
        if self.several:
            found = targets.astype(np.float64) if self.classes else targets * self.std + self.mean
        elif self.classes:
            hot = targets.shape[1] > 1 and self._one_hot
            found = (targets.argmax(axis=1) if hot else targets[:, 0]).astype(np.int32)
        else:
            found = targets[:, 0] * self.std + self.mean
        return found

    def text(self, place: int) -> str:
        """Return a row of tokens as it is written."""
        return self.written(self.x[place])

    def written(self, codes: np.ndarray) -> str:
        """Return tokens as the text that they are."""
        if self.tokens is not None:
            return self.tokens.decode(map(int, codes))
        return "".join(self.letters[int(code)] for code in codes)


def together(values: list[list[Any]]) -> str:
    """Return several named numbers in one line.

    >>> together([["height", 1.5], ["width", -2.0]])
    'height 1.5, width −2'
    """
    return ", ".join(f"{name} {shown(value)}" for name, value in values)


def plain(value: Any) -> Any:
    """Return a cell as a number, a text or None.

    >>> plain(np.float64("nan")), plain(np.float64(2)), plain("a"), plain(True)
    (None, 2.0, 'a', 'true')
    >>> plain(np.datetime64("2024-09-16", "us")), plain(np.datetime64("2024-09-16T08:30", "us"))
    ('2024-09-16', '2024-09-16 08:30:00')
    """
    if isinstance(value, (float, np.floating)):
        return None if np.isnan(value) else float(value)
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if isinstance(value, np.datetime64):
        return None if np.isnat(value) else as_written(value)
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
