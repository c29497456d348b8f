"""Backpropagation: walk the tape from the loss to the weights and hand each operand its blame."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from cutaway.autodiff.node import Node
from cutaway.backends import Array, namespace


def history(output: Node) -> list[Node]:
    """Return every node that `output` was made from, and `output`, each after its operands.

    Iterative: a deep network would exceed Python's recursion limit.
    """
    order: list[Node] = []
    seen: set[Node] = set()
    stack: list[tuple[Node, bool]] = [(output, False)]
    while stack:
        node, operands_done = stack.pop()
        if operands_done:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            for parent in reversed(node.parents):
                stack.append((parent, False))  # noqa: PERF401 - this is a stack, not a list being made
    return order


def pull(output: Node, wrt: Sequence[Node], g: Array) -> list[Array]:
    """Return Σ g · ∂output/∂w for each node w of `wrt` (zeros where `output` does not depend on it).

    The chain rule in reverse order of computation. A node used twice collects both blames:
    with b = a + a and c = b + b, dc/da is 4, which each use alone does not give.
    """
    order = history(output)
    wanted = set(wrt)
    needed = set(wrt)
    for node in order:
        if not needed.isdisjoint(node.parents):
            needed.add(node)
    blame: dict[Node, Array] = {output: g}
    for node in reversed(order):
        # No blame arrives at what was only used as an index or a mask.
        if node not in needed or node not in blame or node.backward is None:
            continue
        arrived = blame[node] if node in wanted else blame.pop(node)
        for operand, thunk in zip(node.operands, node.backward(arrived), strict=True):
            if isinstance(operand, Node) and operand in needed and thunk is not None:
                share = thunk()
                blame[operand] = blame[operand] + share if operand in blame else share
    return [blame[node] if node in blame else namespace(node.value).zeros_like(node.value) for node in wrt]


def gradients(loss: Node, wrt: Any) -> Any:
    """Return dL/dw for every w in `wrt`, in the same form: a tensor, a sequence of tensors or a dict of them.

    Nothing is stored on the tensors; calling it twice gives the same answer twice.

    Raises `ValueError` when the loss is not a single number.

    >>> import numpy as np, cutaway as ca
    >>> x = ca.Tensor(np.array([1.0, 2.0, 3.0]))
    >>> ca.gradients(ca.ops.sum(x * x), x)
    array([2., 4., 6.])
    """
    if not isinstance(loss, Node):
        raise TypeError(
            f"gradients: the loss is a {type(loss).__name__}, not a Tensor: no weight on the tape took part "
            "in it; make the weights tensors first (ca.as_tensors(params), then net.bind(...))"
        )
    shape = tuple(loss.value.shape)
    if any(size != 1 for size in shape):
        raise ValueError(f"gradients: the loss must be a single number, it has shape {shape}; take its mean or sum")
    g = namespace(loss.value).ones_like(loss.value)
    if isinstance(wrt, Node):
        return pull(loss, [wrt], g)[0]
    if isinstance(wrt, Mapping):
        return dict(zip(wrt, pull(loss, list(wrt.values()), g), strict=True))
    if isinstance(wrt, Iterable):
        return pull(loss, list(wrt), g)
    raise TypeError(f"gradients: wrt is a {type(wrt).__name__}; expected a Tensor, a sequence or a dict of Tensors")
