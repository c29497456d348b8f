"""The record of a trace: every operation with its numbers and slopes, and what is made of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from cutaway import ops
from cutaway.autodiff import Node, history, value_of
from cutaway.errors import InputError
from cutaway.explain.formulas import letters
from cutaway.explain.working import Place, working
from cutaway.layers.context import Tap

if TYPE_CHECKING:
    from cutaway.explain.attention_maps import AttentionMap
    from cutaway.explain.blame import Blame


@dataclass(frozen=True, eq=False)
class Step:
    """One operation: what went in, what came out, and how much the result of the whole depends on it.

    name       a1, a2, … in the order of computation
    layer      the path of the layer that applied it; "" for the network itself, "loss" for the loss
    kind       the class of that layer
    operation  its name in `ops`
    operands   the names of what went in
    value      what came out
    gradient   how much the number explained changes with each number of `value`
    """

    name: str
    layer: str
    kind: str
    operation: str
    operands: tuple[str, ...]
    value: np.ndarray
    gradient: np.ndarray
    node: Node

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of what came out."""
        return tuple(self.value.shape)

    @property
    def formula(self) -> str:
        """The formula in letters."""
        return letters(self.operation, self.operands, self.node.settings)

    @property
    def place(self) -> Place:
        """Where value times gradient is largest: the number of this step that matters most here."""
        with np.errstate(all="ignore"):
            size = np.abs(self.value * self.gradient)
        size = size if size.any() else np.abs(self.value)
        return tuple(int(part) for part in np.unravel_index(int(np.argmax(np.nan_to_num(size))), self.shape))

    def figures(self, place: Place | None = None) -> str:
        """Return the formula of the number at `place` in figures; of the one that matters most, if not said."""
        with np.errstate(all="ignore"):
            return working(self.node, self.place if place is None else place, self.operands)

    def recomputed(self) -> np.ndarray:
        """Return what the operation makes of the operands now: the same numbers, if the record is right."""
        with np.errstate(all="ignore"):
            return np.asarray(applied(self.node, [value_of(operand) for operand in self.node.operands]))


@dataclass(frozen=True, eq=False)
class Trace:
    """What `trace` returns.

    steps       every operation in the order of computation
    inputs      what went in, by name: x, and y where there is a target
    parameters  every parameter by path, in double precision
    gradients   how much `value` changes with each number of inputs and parameters, by name
    output      the network's outputs
    value       the number explained: the loss, or one output
    of          what that number is, in words
    words       which network it is, where there are several
    """

    steps: list[Step]
    inputs: dict[str, np.ndarray]
    parameters: dict[str, np.ndarray]
    gradients: dict[str, np.ndarray]
    output: np.ndarray
    value: float
    of: str
    words: str
    taps: list[Tap] = field(repr=False)
    again: Callable[[Mapping[str, np.ndarray]], float] = field(repr=False)

    def __getitem__(self, name: str) -> Step:
        """Return a step by its name, such as "a3"."""
        for step in self.steps:
            if step.name == name:
                return step
        raise InputError(f"trace: there is no step {name!r}; the steps are a1 to a{len(self.steps)}")

    def blame(self, count: int = 10, nudge: float = 0.01) -> list[Blame]:
        """Return the parameters that would lower the number explained most; see `explain.blame`."""
        from cutaway.explain.blame import blame

        return blame(self, count, nudge)

    def changed(self, values: Mapping[str, Any]) -> float:
        """Return the number explained as it would be with other values of some steps, inputs or parameters.

        values   by name: {"a3": …} or {"0.weight": …}, each in the shape of what it replaces
        """
        known = {"": None} | {step.name: step.node for step in self.steps} | self._leaves()
        unknown = [name for name in values if name not in known or not name]
        if unknown:
            raise InputError(f"trace: nothing is called {unknown[0]!r}; see trace.steps, trace.inputs, trace.gradients")
        replaced = {known[name]: np.asarray(value, np.float64) for name, value in values.items()}
        now: dict[Any, Any] = {}
        for node in self._nodes():
            if node in replaced:
                if replaced[node].shape != np.shape(node.value):
                    raise InputError(f"trace: expected shape {np.shape(node.value)}, got {replaced[node].shape}")
                now[node] = replaced[node]
            elif node.operation:
                now[node] = applied(node, [now.get(o) if isinstance(o, Node) else o for o in node.operands])
            else:
                now[node] = node.value
        return float(np.asarray(now[self._nodes()[-1]]))

    def _nodes(self) -> list[Node]:
        return history(self.steps[-1].node)

    def _leaves(self) -> dict[str, Node]:
        return {
            name: operand
            for step in self.steps
            for name, operand in zip(step.operands, step.node.operands, strict=True)
            if isinstance(operand, Node) and not operand.operation
        }

    def attention(self, tokens: Sequence[str] | None = None) -> list[AttentionMap]:
        """Return what each head of each attention layer looked at; see `explain.attention_maps`."""
        from cutaway.explain.attention_maps import attention_maps

        return attention_maps(self, tokens)

    def to_json(self, most: int = 64) -> dict[str, Any]:
        """Return the ledger as plain data; of arrays of more than `most` numbers, only what sums them up."""
        from cutaway.explain.ledger import as_data

        return as_data(self, most)

    def html(self) -> str:
        """Return the ledger as one page that needs nothing else."""
        from cutaway.explain.html import ledger_page

        return ledger_page(self)

    def __str__(self) -> str:
        from cutaway.explain.ledger import as_text

        return as_text(self)

    def _repr_html_(self) -> str:
        from cutaway.explain.html import notebook

        return notebook(self.html())


def applied(node: Node, values: Sequence[Any]) -> Any:
    """Return what a node's operation makes of other operands."""
    if "function" in node.settings:
        return getattr(ops, node.operation)(node.settings["function"], *values)
    operation = getattr(ops, node.operation, None)
    if operation is None or node.operation in ("checkpoint", "repeat"):
        raise InputError(f"trace: the operation {node.operation!r} is none of ca.ops and cannot be computed again")
    return operation(*values, **node.settings)
