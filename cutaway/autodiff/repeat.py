"""One function over and over, each time with weights of its own: a loop that the tape sees as one operation."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from cutaway.autodiff.backward import pull
from cutaway.autodiff.node import Node, value_of
from cutaway.autodiff.primitive import Thunk
from cutaway.backends import Array, backend_of


def repeat(function: Callable[..., Any], x: Any, *stacked: Any) -> Any:
    """Return xₙ, where xᵢ₊₁ = function(xᵢ, *[each[i] for each in stacked]) and x₀ = x.

        stacked   arrays or nodes with a leading axis of n;  x and every xᵢ of one shape and type

    On XLA it is one loop, so that compiling takes as long for n = 100 as for n = 2. Only the inputs x₀ … xₙ₋₁ are kept
    for the way back, which runs the loop from the end and computes what is inside each turn again (checkpointing).

    Everything that gradients are wanted for must come as an operand: `function` must not close over tensors.

    Reference: Chen, Xu, Zhang, Guestrin, "Training deep nets with sublinear memory cost", 2016, arXiv 1604.06174.

    >>> import numpy as np, cutaway as ca
    >>> x, w = ca.Tensor(np.array(1.0)), ca.Tensor(np.array([2.0, 3.0, 5.0]))
    >>> y = ca.ops.repeat(lambda x, w: x * w, x, w)
    >>> float(y), ca.gradients(y, w)
    (30.0, array([15., 10.,  6.]))
    """
    operands = (x, *stacked)
    kind = next((type(operand) for operand in operands if isinstance(operand, Node)), None)
    start, *each = (value_of(operand) for operand in operands)
    backend = backend_of(start, *each)
    kept: Any
    y, kept = backend.scan(lambda x, items: (function(x, *items), x), start, tuple(each))
    if kind is None:
        return y
    places = [place for place, operand in enumerate(stacked) if isinstance(operand, Node)]

    def one(g: Array, items: tuple[Array, tuple[Array, ...]]) -> tuple[Array, tuple[Array, ...]]:
        """Return the blame of a turn's input and of its weights, given that of its output."""
        before, own = items
        leaf, inputs = kind(before), list(own)
        for place in places:
            inputs[place] = kind(own[place])
        share, *others = pull(function(leaf, *inputs), [leaf, *(inputs[place] for place in places)], g)
        return share, tuple(others)

    def backward(g: Array) -> tuple[Thunk, ...]:
        found = cache(lambda: backend.scan(one, g, (kept, tuple(each)), reverse=True))
        thunks: list[Thunk] = [lambda: found()[0], *([None] * len(stacked))]
        for order, place in enumerate(places):
            thunks[1 + place] = lambda order=order: found()[1][order]  # type: ignore[misc]
        return tuple(thunks)

    return kind(y, "repeat", operands, {}, backward)
