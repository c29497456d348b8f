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
    seen: set[int] = set()
    stack: list[tuple[Node, bool]] = [(output, False)]
    while stack:
        node, operands_done = stack.pop()
        if operands_done:
            order.append(node)
        elif id(node) not in seen:
            seen.add(id(node))
            stack.append((node, True))
            stack.extend((parent, False) for parent in reversed(node.parents))
    return order


def pull(output: Node, wrt: Sequence[Node], g: Array) -> list[Array]:
    """Return Σ g · ∂output/∂w for each node w of `wrt` (zeros where `output` does not depend on it).

    The chain rule in reverse order of computation. A node used twice collects both blames:
    with b = a + a and c = b + b, dc/da is 4, which each use alone does not give.
    """
    order = history(output)
    wanted = {id(node) for node in wrt}
    needed = set(wanted)
    for node in order:
        if any(id(parent) in needed for parent in node.parents):
            needed.add(id(node))
    blame: dict[int, Array] = {id(output): g}
    for node in reversed(order):
        # No blame arrives at what was only used as an index or a mask.
        if id(node) not in needed or id(node) not in blame or node.backward is None:
            continue
        arrived = blame[id(node)] if id(node) in wanted else blame.pop(id(node))
        for operand, thunk in zip(node.operands, node.backward(arrived), strict=True):
            if isinstance(operand, Node) and id(operand) in needed and thunk is not None:
                share = thunk()
                sofar = blame.get(id(operand))
                blame[id(operand)] = share if sofar is None else sofar + share
    return [blame[id(node)] if id(node) in blame else namespace(node.value).zeros_like(node.value) for node in wrt]


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
