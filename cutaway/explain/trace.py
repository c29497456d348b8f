"""`trace`: every number of a network forward, and the blame of every number back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np

from cutaway import ops
from cutaway.autodiff import Node, history, pull, value_of
from cutaway.backends.random import Random
from cutaway.errors import InputError
from cutaway.explain.figures import factor
from cutaway.explain.opened import opened
from cutaway.explain.record import Step, Trace
from cutaway.layers import Blend, Context, Embedding, Ensemble, Layer, MemberDense
from cutaway.layers.context import Tap
from cutaway.losses import Loss, as_loss
from cutaway.tensor import Tensor


def trace(
    network: Layer | Ensemble | Blend,
    x: Any,
    y: Any = None,
    loss: str | Loss | None = None,
    *,
    output: int | None = None,
    member: int | None = None,
    mode: Literal["evaluate", "train"] = "evaluate",
    seed: int = 0,
) -> Trace:
    """Return every number that `network` computes for x, and how much the result depends on each.

    network  a network, or an `Ensemble` or `Blend` of several
    x        rows, a tuple of them where the network has several inputs; one row gives every neuron's sum in figures
    y, loss  what the rows' targets are and how wrong the outputs are; without them one output is explained
    output   which output, counted from 0, where there is no loss; the largest, if not said
    member   which network of an ensemble or a blend; of an ensemble their mean, if not said, of a blend the first
    mode     "train" for dropout that drops and batch norm by the rows' own statistics
    seed     of what dropout draws

    It is computed in double precision, whatever the network's, on NumPy. Of several rows without a loss the output is
    summed over the rows. Raises `InputError` for a target without a loss, and what the network refuses.

    >>> import cutaway as ca
    >>> net = ca.Sequential(ca.Dense(1), ca.ReLU()).build(2)
    >>> net[0].weight, net[0].bias = [[0.7], [0.2]], [-0.3]
    >>> found = trace(net, [[-0.5, 0.8]])
    >>> [step.formula for step in found.steps][:3]
    ['x · 0.weight', 'a1 + 0.bias', 'relu(a2)']
    >>> found["a1"].figures()
    '0.7·(−0.5) + 0.2·0.8 = −0.19'
    """
    nets, words = _chosen(network, member)
    if (y is None) != (loss is None):
        raise InputError("trace: give both y and loss, or neither: a loss compares outputs with targets")
    values = tuple(_input(part, nets) for part in (x if isinstance(x, tuple) else (x,)))
    names = ["x"] if len(values) == 1 else [f"x{place}" for place in range(1, len(values) + 1)]
    taps: list[Tap] = []
    known: dict[int, str] = {}
    leaves: dict[str, Tensor] = {}

    def leaf(name: str, value: np.ndarray) -> Any:
        if value.dtype.kind != "f":
            known[id(value)] = name
            return value
        leaves[name] = Tensor(value)
        return leaves[name]

    inputs = tuple(leaf(name, value) for name, value in zip(names, values, strict=True))
    prefixes = [""] if len(nets) == 1 else [f"member {place}: " for place in range(len(nets))]
    params = {
        prefix + path: array.astype(np.float64)
        for prefix, net in zip(prefixes, nets, strict=True)
        for path, array in net.parameters().items()
    }
    tensors = {name: Tensor(array) for name, array in params.items()}
    states = [{path: array.astype(np.float64) for path, array in net.state().items()} for net in nets]
    known |= {
        id(array): prefix + path
        for prefix, state in zip(prefixes, states, strict=True)
        for path, array in state.items()
    }

    def forward(tensors: Mapping[str, Any], taps: list[Tap] | None) -> Any:
        found = []
        for prefix, net, state in zip(prefixes, nets, states, strict=True):
            own = {path: tensors[prefix + path] for path in net.parameters()}
            ctx = Context(mode=mode, taps=None if taps is None else [])
            if mode == "train":
                ctx.random, ctx.progress = Random(np.uint32(seed), np.uint32(0)), np.float64(0)
            found.append(opened(net.bind(own, state))(*inputs, ctx=ctx))
            if taps is not None:
                taps.extend(tap._replace(path=prefix + tap.path) for tap in ctx.taps or [])
        return found[0] if len(found) == 1 else ops.mean(ops.stack(*found, axis=0), axis=0)

    with np.errstate(all="ignore"):
        outputs = forward(tensors, taps)
    criterion = None if loss is None else as_loss(loss)
    if criterion is None:
        many = any(isinstance(layer, MemberDense) for net in nets for _, layer in net.named_layers())
        target, of = _output(outputs, output, many)

        def result(outputs: Any) -> Any:
            return ops.sum(ops.index(ops.mean(outputs, axis=1) if many else outputs, key=target))
    else:
        if output is not None:
            raise InputError("trace: with a loss it is the loss that is explained; leave output out")
        prepared = criterion.prepare(y, tuple(outputs.shape))
        prepared = prepared.astype(np.float64) if prepared.dtype.kind == "f" else prepared
        known[id(prepared)] = "y"
        of = f"the loss ({type(criterion).__name__})"

        def result(outputs: Any) -> Any:
            return criterion.value(outputs, prepared)

    with np.errstate(all="ignore"):
        final = result(outputs)
    if not isinstance(final, Node) or not final.operation:
        raise InputError(
            "trace: the network computes nothing from numbers: it has neither parameters nor inputs to follow"
        )

    def again(changed: Mapping[str, np.ndarray]) -> float:
        with np.errstate(all="ignore"):
            return float(value_of(result(forward({**params, **changed}, None))))

    named = {**leaves, **tensors}
    order = history(final)
    with np.errstate(all="ignore"):
        blames = pull(final, [*order, *named.values()], np.ones_like(final.value))
    gradients = dict(zip(named, blames[len(order) :], strict=True))
    owners = _owners(taps, order)
    plain = {name: value for name, value in zip(names, values, strict=True) if name not in leaves}
    titles = {id(node): name for name, node in named.items()}
    steps: list[Step] = []
    for node, blame in zip(order, blames, strict=False):
        if not node.operation:
            continue
        path, kind = owners.get(id(node), ("loss" if criterion is not None else "", type(criterion).__name__))
        other = "y" if id(node) not in owners and criterion is not None else "given"
        operands = tuple(
            titles.get(id(part)) or known.get(id(part)) or _constant(part, other, plain) for part in node.operands
        )
        titles[id(node)] = f"a{len(steps) + 1}"
        steps.append(
            Step(titles[id(node)], path, kind if path else "", node.operation, operands, np.asarray(node.value),
                 np.asarray(blame), node)
        )  # fmt: skip
    shown = dict(zip(names, values, strict=True)) | ({} if criterion is None else {"y": prepared})
    return Trace(
        steps, shown, params, {name: np.asarray(blame) for name, blame in gradients.items()},
        np.asarray(value_of(outputs)), float(final.value), of, words, taps, again,
    )  # fmt: skip


def _chosen(network: Any, member: int | None) -> tuple[list[Layer], str]:
    """Return the networks whose mean is explained, and which they are in words."""
    if isinstance(network, (Blend, Ensemble)):
        every: list[Layer] = []
        parts = network.parts if isinstance(network, Blend) else (network,)
        if member is None and isinstance(network, Ensemble):
            return list(network), f"the mean of {len(network)} networks" if len(network) > 1 else ""
        place = 0 if member is None else member
        every = [net for part in parts for net in part]
        if not 0 <= place < len(every):
            raise InputError(f"trace: member is {place}; there are {len(every)}, counted from 0")
        return [every[place]], f"network {place + 1} of {len(every)}"
    if not isinstance(network, Layer):
        raise InputError(f"trace: the network is {network!r}, expected a layer such as Sequential(Dense(8), …)")
    if member is not None:
        raise InputError(f"trace: member is {member}, and there is one network; leave it out")
    return [network], ""


def _input(x: Any, nets: Sequence[Layer]) -> np.ndarray:
    """Return rows as numbers in double precision; words stay whole numbers."""
    values = np.asarray(x)
    if values.dtype.kind not in "fiub":
        raise InputError(f"trace: x is {values.dtype}, expected numbers")
    for net in nets:
        if not net.built:
            net(values[:1])  # the first call builds the weights
    words = any(isinstance(layer, Embedding) for net in nets for _, layer in net.named_layers())
    return values if values.dtype.kind != "f" and words else values.astype(np.float64)


def _output(outputs: Any, output: int | None, many: bool) -> tuple[Any, str]:
    """Return which numbers of the outputs are explained, as a key, and what they are in words.

    many   whether the network holds members side by side, whose mean answers
    """
    values = np.asarray(value_of(outputs))
    if many and values.ndim == 3:
        values = values.mean(axis=1)
    if values.ndim < 2:
        raise InputError(f"trace: the network's output has shape {values.shape}, expected (batch, …, outputs)")
    middle = (-1,) * (values.ndim - 2)
    chosen = int(np.argmax(values[(0, *middle)])) if output is None else output
    if not 0 <= chosen < values.shape[-1]:
        raise InputError(f"trace: output is {chosen}; there are {values.shape[-1]}, counted from 0")
    words = f"output {chosen}" + (", at the last place" if middle else "")
    words += ", the mean of the members" if many else ""
    words += f", summed over {len(values)} rows" if len(values) > 1 else ""
    return (slice(None), *middle, chosen), words


def _owners(taps: Sequence[Tap], order: Sequence[Node]) -> dict[int, tuple[str, str]]:
    """Return the path and the class of the innermost layer that made each node, by the node's id."""
    found: dict[int, tuple[str, str]] = {}
    for tap in taps:  # inner layers end, and are told of, before those around them
        stops = {id(value) for value in tap.inputs}
        outputs = tap.output if isinstance(tap.output, tuple) else (tap.output,)
        stack = [node for node in outputs if isinstance(node, Node)]
        while stack:
            node = stack.pop()
            if id(node) in stops or not node.operation:
                continue
            stops.add(id(node))
            # Through what an inner layer made: before it there may be more of this one.
            found.setdefault(id(node), (tap.path, type(tap.layer).__name__.removeprefix("Opened")))
            stack += node.parents
    return found


def _constant(operand: Any, other: str, inputs: Mapping[str, np.ndarray]) -> str:
    """Return a name for what is neither computed nor a parameter: a number itself, an array as `other`."""
    value = np.asarray(value_of(operand))
    for name, given in inputs.items():  # words, which a layer took as another type of whole number
        if value.dtype.kind in "iu" and value.shape == given.shape and np.array_equal(value, given):
            return name
    return factor(float(value)) if value.ndim == 0 and value.dtype.kind in "fiub" else other
