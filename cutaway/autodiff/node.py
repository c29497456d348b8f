"""One entry of the tape: a number (an array) and where it came from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from cutaway.backends import Array


class Node:
    """An array, the operation that made it, its operands, and the rule that sends blame back to them.

    A value that is no array becomes one. A leaf (a weight, an input) has no operation; `parents` are the operands
    that are nodes. `cutaway.Tensor` is a Node with Python's operators.
    """

    __slots__ = ("backward", "operands", "operation", "parents", "settings", "value")

    def __init__(
        self,
        value: Array,
        operation: str = "",
        operands: tuple[Any, ...] = (),
        settings: dict[str, Any] | None = None,
        backward: Callable[[Array], tuple[Any, ...]] | None = None,
    ) -> None:
        self.value = value if hasattr(value, "shape") else np.asarray(value)
        self.operation = operation
        self.operands = operands
        self.settings = settings or {}
        self.backward = backward
        self.parents = tuple([operand for operand in operands if isinstance(operand, Node)])


def value_of(operand: Any) -> Array:
    """Return the array of a node, and anything else as it is."""
    return operand.value if isinstance(operand, Node) else operand
