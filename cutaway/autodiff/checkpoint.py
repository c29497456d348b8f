"""Trade time for memory: forget what is inside a block, and compute it again when the blame comes back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cutaway.autodiff.backward import pull
from cutaway.autodiff.node import Node, value_of
from cutaway.autodiff.primitive import Thunk
from cutaway.backends import Array, backend_of


def checkpoint(function: Callable[..., Any], *operands: Any) -> Any:
    """Return `function(*operands)`, keeping only the operands for the backward pass.

    On a CPU, XLA merges part of the repeated work away again (it does so with `jax.checkpoint` too).

    Everything that gradients are wanted for must come as an operand: `function` must not close over tensors.

    Reference: Chen, Xu, Zhang, Guestrin, "Training deep nets with sublinear memory cost", 2016,
    arXiv 1604.06174.

    >>> import numpy as np, cutaway as ca
    >>> x = ca.Tensor(np.array(2.0))
    >>> float(ca.gradients(ca.ops.checkpoint(lambda x: x * x * x, x), x))
    12.0
    """
    kind = next((type(operand) for operand in operands if isinstance(operand, Node)), None)
    values = tuple(value_of(operand) for operand in operands)
    if kind is None:
        return function(*values)

    def backward(g: Array) -> tuple[Thunk, ...]:
        # Without the barrier XLA would see the same products twice and keep the first; g waits at it too,
        # so that nothing is computed again before its blame is there.
        places = [place for place, operand in enumerate(operands) if isinstance(operand, Node)]
        *arrays, arrived = backend_of(*values).barrier([*(values[place] for place in places), g])
        leaves = [kind(array) for array in arrays]
        inputs: list[Any] = list(operands)
        thunks: list[Thunk] = [None] * len(operands)
        for place, leaf in zip(places, leaves, strict=True):
            inputs[place] = leaf
        for place, share in zip(places, pull(function(*inputs), leaves, arrived), strict=True):
            thunks[place] = lambda share=share: share  # type: ignore[misc]
        return tuple(thunks)

    return kind(function(*values), "checkpoint", operands, {}, backward)
