"""Several columns to be predicted at once: numbers, or labels of which each is yes or no."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutaway.data.strict_json import fields, texts
from cutaway.data.table import Table, Values
from cutaway.data.targets import ClassTarget, NumberTarget, target_from_json
from cutaway.errors import InputError


@dataclass(frozen=True)
class NumbersTarget:
    """Several numbers, each standardised and clipped to its own range as a `NumberTarget` is.

    numbers   one `NumberTarget` a column

    >>> table = Table({"a": np.array([1.0, 3.0]), "b": np.array([10.0, 30.0])})
    >>> target = NumbersTarget.fit(table, ("a", "b"))
    >>> target.encode(table).tolist(), target.decode(np.array([[0.0, 9.0]])).tolist()
    ([[-1.0, -1.0], [1.0, 1.0]], [[2.0, 30.0]])
    """

    numbers: tuple[NumberTarget, ...]

    kind = "numbers"

    @classmethod
    def fit(cls, table: Table, columns: tuple[str, ...]) -> NumbersTarget:
        """Take means, deviations and ranges from the named columns."""
        return cls(tuple(NumberTarget.fit(name, table.column(name)) for name in columns))

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns, one for each output."""
        return tuple(number.column for number in self.numbers)

    @property
    def column(self) -> str:
        """The names of the columns, as one text."""
        return ", ".join(self.columns)

    @property
    def outputs(self) -> int:
        """How many outputs a network for them has."""
        return len(self.numbers)

    def encode(self, table: Table) -> NDArray[np.float32]:
        """The columns of a table, standardised, (rows, columns). `InputError` unless all are finite numbers."""
        return np.concatenate([number.encode(table.column(number.column)) for number in self.numbers], axis=1)

    def decode(self, outputs: NDArray[Any]) -> NDArray[np.float64]:
        """Standardised numbers back to each column's own units, and range; both (rows, columns)."""
        return np.stack([number.decode(outputs[:, place]) for place, number in enumerate(self.numbers)], axis=1)

    def to_json(self) -> dict[str, Any]:
        """The target as JSON data."""
        return {"kind": self.kind, "numbers": [number.to_json() for number in self.numbers]}


@dataclass(frozen=True)
class LabelsTarget:
    """Several labels, of which any number may hold in a row: each is 0 or 1 and has a probability of its own.

        p = 1 / (1 + e⁻ᶻ)        of each output z by itself, where classes that exclude each other share one softmax

    columns   the names of the columns, one for each label

    >>> target = LabelsTarget(("sweet", "red"))
    >>> target.encode(Table({"sweet": np.array([1.0, 0.0]), "red": np.array([1.0, 1.0])})).tolist()
    [[1.0, 1.0], [0.0, 1.0]]
    >>> target.choose(np.array([[0.9, 0.2]])).tolist()
    [[1, 0]]
    """

    columns: tuple[str, ...]

    kind = "labels"

    @property
    def column(self) -> str:
        """The names of the columns, as one text."""
        return ", ".join(self.columns)

    @property
    def outputs(self) -> int:
        """How many outputs a network for them has."""
        return len(self.columns)

    def encode(self, table: Table) -> NDArray[np.float32]:
        """The columns of a table, (rows, columns). `InputError` for a value that is neither 0 nor 1."""
        for name in self.columns:
            values = table.column(name)
            wrong = np.flatnonzero((values != 0) & (values != 1))
            if len(wrong):
                raise InputError(
                    f"target '{name}', row {wrong[0] + 1}: {values[wrong[0]]} is no label's value; expected 1 where "
                    f"the label holds and 0 elsewhere ({len(wrong)} such row(s))"
                )
        return np.stack([table.column(name).astype(np.float32) for name in self.columns], axis=1)

    def choose(self, probabilities: NDArray[Any]) -> NDArray[np.int64]:
        """1 where a label is more probable than not, else 0; both (rows, columns)."""
        return (probabilities > 0.5).astype(np.int64)

    def to_json(self) -> dict[str, Any]:
        """The target as JSON data."""
        return {"kind": self.kind, "columns": list(self.columns)}


SeveralTargets = NumbersTarget | LabelsTarget
AnyTarget = ClassTarget | NumberTarget | NumbersTarget | LabelsTarget


def encoded_target(table: Table, target: AnyTarget) -> Values:
    """What a network learns to answer for each row of a table: codes (rows,), or numbers (rows, outputs).

    >>> encoded_target(Table({"y": np.array([3.0, 1.0])}), NumberTarget("y", 2.0, 1.0, 1.0, 3.0)).tolist()
    [[1.0], [-1.0]]
    """
    if isinstance(target, (NumbersTarget, LabelsTarget)):
        return target.encode(table)
    return target.encode(table.column(target.column))


def any_target_from_json(data: object) -> AnyTarget:
    """The target that `to_json` described, of one column or several; `InputError` when the data describes none.

    >>> any_target_from_json(LabelsTarget(("sweet", "red")).to_json())
    LabelsTarget(columns=('sweet', 'red'))
    """
    kind = data.get("kind") if isinstance(data, dict) else None
    if kind == LabelsTarget.kind:
        names = texts(fields(data, "labels target", kind=str, columns=list)["columns"], "labels target: columns")
        if not names:
            raise InputError("labels target: there is no column; expected one or more")
        return LabelsTarget(names)
    if kind == NumbersTarget.kind:
        found = fields(data, "numbers target", kind=str, numbers=list)["numbers"]
        numbers = [target_from_json(number) for number in found]
        right = tuple(number for number in numbers if isinstance(number, NumberTarget))
        texts([number.column for number in numbers], "numbers target: columns")
        if not right or len(right) < len(numbers):
            raise InputError(
                f"numbers target: {len(right)} of {len(numbers)} columns are numbers; expected one or more, all"
            )
        return NumbersTarget(right)
    return target_from_json(data)
