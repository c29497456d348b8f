"""What is known while an ONNX graph is read, and what its readers of operators share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cutaway.export.imported import Draft, Value
from cutaway.layers import Layer

Array = np.ndarray
Operand = Value | Array


class NoSuchForm(Exception):  # noqa: N818 - no error: it ends in one message that names all of its kind
    """An operator, or a way to use it, that we have no layer or operation for."""


@dataclass
class Reading:
    """What is being read: the draft, and what each name of the ONNX graph stands for.

    ranks  how many axes a value has, and `last` how long the last is, where that is known
    uses   how many nodes of the ONNX graph take a value
    """

    draft: Draft
    known: dict[str, Operand] = field(default_factory=dict)
    ranks: dict[str, int] = field(default_factory=dict)
    last: dict[str, int] = field(default_factory=dict)
    uses: dict[str, int] = field(default_factory=dict)

    def plain(self, operand: Operand) -> str:
        """Return our name for an operand, as it stands in the ONNX graph."""
        return self.draft.held(operand) if isinstance(operand, np.ndarray) else self.draft.turned(operand)

    def unary(self, layer: Layer, x: Operand) -> Value:
        """Add a layer that acts on each number by itself, wherever it stands."""
        assert isinstance(x, Value)
        return Value(self.draft.add(layer, x.name), x.axes)

    def operation(self, name: str, *operands: Operand, **settings: Any) -> Value:
        """Add an operation on operands as they stand in the ONNX graph."""
        return Value(self.draft.operation(name, *(self.plain(operand) for operand in operands), **settings))


Handler = Callable[[Reading, list[Any], dict[str, Any], list[str]], Any]


def constant(operand: Any, what: str) -> Array:
    """Return an operand that must be known before anything comes in."""
    if not isinstance(operand, np.ndarray):
        raise NoSuchForm(f"{what} that is computed")
    return operand


def decimal(number: float) -> float:
    """Return a float32 as the short number that was meant.

    >>> decimal(9.999999747378752e-06)
    1e-05
    """
    return float(f"{number:.7g}")


def last_axis(read: Reading, x: Value, name: str, axis: int) -> bool:
    """Whether an axis is known to be the last."""
    return axis == -1 or read.ranks.get(name, 0) == axis + 1


def one_or_all(values: Any, axes: int) -> Any:
    """Return sizes as our layers say them: one number where they are all the same."""
    sizes = tuple(int(value) for value in values)
    return sizes if len(set(sizes)) > 1 else sizes[0]


def first_to_last(rank: int) -> tuple[int, ...]:
    """Return the turn from channels first to channels last."""
    return (0, *range(2, rank), 1)


def last_to_first(rank: int) -> tuple[int, ...]:
    """Return the turn from channels last to channels first."""
    return (0, rank - 1, *range(1, rank - 1))
