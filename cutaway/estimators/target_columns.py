"""The target of an estimator as columns of the table that is learned from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutaway.data.cells import EXACT
from cutaway.data.several_targets import AnyTarget, LabelsTarget, NumbersTarget
from cutaway.data.table import Table, Values
from cutaway.data.targets import NumberTarget

Array = NDArray[Any]


def names_of(y: Any, columns: int, taken: Sequence[str]) -> tuple[str, ...]:
    """Return what the target's columns are called: as in a series or data frame, else "y", or "y0", "y1", ….

    An underscore is added until a name is none of those taken.

    >>> names_of([1, 2], 1, taken=["x", "y"]), names_of(np.zeros((3, 2)), 2, taken=[])
    (('y_',), ('y0', 'y1'))
    """
    named = getattr(y, "columns", None)
    if named is None:
        named = [getattr(y, "name", None)]
    listed = [name for name in named if isinstance(name, str)]
    if len(listed) != columns:
        listed = ["y"] if columns == 1 else [f"y{place}" for place in range(columns)]
    used = set(taken)
    found: list[str] = []
    for wanted in listed:
        name = wanted
        while name in used:
            name += "_"
        used.add(name)
        found.append(name)
    return tuple(found)


def target_columns(y: Array, names: Sequence[str]) -> dict[str, Values]:
    """Return y, (rows,) or (rows, columns), as columns of a table.

    >>> {name: column.tolist() for name, column in target_columns(np.array([[1, 0], [1, 1]]), ["a", "b"]).items()}
    {'a': [1.0, 1.0], 'b': [0.0, 1.0]}
    """
    if y.ndim == 1:
        return {names[0]: as_values(y)}
    return {name: y[:, place].astype(np.float64) for place, name in enumerate(names)}


def as_values(y: Array) -> Values:
    """Return labels or numbers as a column of a table: float64, booleans, else text; whole numbers stay exact.

    >>> as_values(np.array([2**60, 2**60 + 1])).tolist()
    ['1152921504606846976', '1152921504606846977']
    """
    if y.dtype.kind == "b":
        return y
    if y.dtype.kind in "iu" and len(y) and max(abs(int(y.min())), abs(int(y.max()))) >= EXACT:
        return y.astype(str).astype(object)
    if y.dtype.kind in "iuf":
        return y.astype(np.float64)
    return np.array([value if isinstance(value, (bool, int, float)) else str(value) for value in y], dtype=object)


def columns_predicted(target: AnyTarget) -> tuple[str, ...]:
    """Return the names of the columns that a target is made of."""
    return target.columns if isinstance(target, (NumbersTarget, LabelsTarget)) else (target.column,)


def widened(target: AnyTarget, rows: Table) -> AnyTarget:
    """Return the target with ranges that hold the rows' numbers too, without margins, which were for other weights.

    >>> target = widened(NumberTarget("y", 0.0, 1.0, -1.0, 1.0), Table({"y": np.array([0.0, 5.0])}))
    >>> target.low, target.high
    (-1.0, 5.0)
    """
    if isinstance(target, NumberTarget):
        values = rows.column(target.column)
        low, high = min(target.low, float(values.min())), max(target.high, float(values.max()))
        return replace(target, low=low, high=high, margins=())
    if isinstance(target, NumbersTarget):
        wide = (widened(number, rows) for number in target.numbers)
        return NumbersTarget(tuple(number for number in wide if isinstance(number, NumberTarget)))
    return target
