"""Where a network stands in time: its weights after so many steps of a branch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from cutaway.errors import InputError
from cutaway.training.step import Carry


@dataclass(frozen=True, eq=False)
class Moment:
    """A network at one step; nothing of it is ever changed in place.

    branch    which branch it is on
    step      how many steps it is from the start
    position  how many steps of the order of rows are behind it: a step on one chosen example leaves it where it was
    carry     weights, running statistics and moments, as NumPy arrays
    """

    branch: int
    step: int
    position: int
    carry: Carry

    @property
    def nbytes(self) -> int:
        """The memory of its arrays."""
        return sum(np.asarray(array).nbytes for part in self.carry for array in part.values())

    @property
    def arrays(self) -> dict[str, np.ndarray]:
        """Parameters and state together, by path."""
        return {**self.carry.params, **self.carry.state}


def is_finite(carry: Carry) -> bool:
    """Whether every weight is a finite number."""
    return all(bool(np.isfinite(array).all()) for array in carry.params.values())


def held_as(moment: Moment, spot: tuple[str, tuple[int, ...]], value: float) -> float:
    """Return a value as the array of a spot would hold it.

    Raises `InputError` where there is no such spot, and for what is too large for its array.
    """
    (path, index), arrays = spot, moment.arrays
    if path not in arrays:
        raise InputError(f"edit: there is no weight {path!r}; there are {', '.join(arrays)}")
    array = arrays[path]
    if len(index) != array.ndim or any(not 0 <= i < size for i, size in zip(index, array.shape, strict=True)):
        raise InputError(f"edit: {path} has the shape {array.shape}, and no place {list(index)}")
    kept = float(np.asarray(value, array.dtype))
    if not np.isfinite(kept):
        raise InputError(f"edit: {value!r} is too large for {path}, which holds {array.dtype}")
    return kept


def edited(moment: Moment, values: Mapping[tuple[str, tuple[int, ...]], float]) -> Moment:
    """Return a moment with some weights set, by path and place; the moment itself stays as it is."""
    params, state = dict(moment.carry.params), dict(moment.carry.state)
    for (path, index), value in values.items():
        part = params if path in params else state
        part[path] = np.array(part[path])
        part[path][index] = value
    return replace(moment, carry=moment.carry._replace(params=params, state=state))
