"""Which number went non-finite first: the steps since the last good weights again, and the one that broke, slowly."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from cutaway.autodiff import Node, history, value_of
from cutaway.backends.random import Random
from cutaway.layers import Context
from cutaway.layers.context import Tap
from cutaway.tensor import as_tensors
from cutaway.training.step import Batch, Carry

if TYPE_CHECKING:
    from cutaway.losses import Loss
    from cutaway.training.loop import Loop

# Seconds that are spent on looking for it, about; what is found until then is told.
SECONDS = 5.0


@dataclass(frozen=True)
class Broken:
    """What went non-finite first: in words, the layer's path (None: in none), and the operation ("loss", "step")."""

    words: str
    layer: str | None = None
    operation: str = ""


def first_non_finite(loop: Loop, epoch: int, member: int) -> Broken:
    """Return which step, layer and operation of a member went non-finite first.

    The engine runs again what led from the last good weights to here, chunk by chunk; in the first chunk that does not
    end finite, halving finds the step. That step alone is computed on NumPy, where every number can be looked at:
    first forward, then the blame back, then the new weights. The training itself is not touched.
    """
    began = time.perf_counter()
    carry = _last_good(loop)
    for number in range(int(loop.members.since[member]), epoch):
        order = loop.plan.order(loop.count, number)
        for begin in range(0, loop.per_epoch, loop.chunk_steps):
            late = np.array([time.perf_counter() - began > SECONDS])
            if loop.group.first_says(late)[0]:  # of several processes one that gave up alone would leave the others
                return Broken(f"somewhere in the steps after epoch {number}; which one would take long to find")
            part = order[..., begin : begin + loop.chunk_steps, :]
            taken, before = loop.placing.taken(part), loop.engine.copy(carry)
            carry, total = loop.run_chunk(carry, loop.zero, taken, part.shape[-2])
            if not _is_finite(loop, total, member):
                step = _first_step(loop, before, taken, part.shape[-2], member)
                if step:
                    before, _ = loop.run_chunk(before, loop.zero, taken, step)
                what = _what(loop, _of(loop, before, member), _rows(loop, part, step, member), member)
                return replace(what, words=f"step {begin + step + 1} of epoch {number + 1} was the first: {what.words}")
    return Broken("each step alone is finite, the sum of their losses over the epoch is not")


def _last_good(loop: Loop) -> Carry:
    """Return a copy of the last good weights, with the rates that members have now."""
    rate = {"learning_rate_factor": loop.carry.moments["learning_rate_factor"]}
    return loop.engine.copy(loop.good._replace(moments={**loop.good.moments, **rate}))


def _first_step(loop: Loop, before: Carry, taken: Any, count: int, member: int) -> int:
    """Return how many of a chunk's steps can be taken until the next one is not finite."""
    finite, broken = 0, count
    while broken - finite > 1:
        half = (finite + broken) // 2
        _, total = loop.run_chunk(loop.engine.copy(before), loop.zero, taken, half)
        finite, broken = (half, broken) if _is_finite(loop, total, member) else (finite, half)
    return finite


def _is_finite(loop: Loop, total: Any, member: int) -> bool:
    finite = np.isfinite(np.atleast_1d(loop.engine.read(total))[member])
    return bool(loop.group.first_says(np.array([finite]))[0])


def _of(loop: Loop, carry: Carry, member: int) -> Carry:
    """Return one member's part of a carry, on NumPy."""
    fetched = Carry(*(loop.engine.fetch(part) for part in carry))
    if loop.plan.members is None:
        return fetched
    return Carry(*({key: array[member] for key, array in part.items()} for part in fetched))


def _rows(loop: Loop, part: np.ndarray, step: int, member: int) -> Batch:
    """Return the rows of a step of a chunk, those of padding with weight 0, as the step saw them."""
    places = (part if loop.plan.members is None else part[member])[step]
    here, rows = np.maximum(places, 0), loop.rows
    x, y = np.asarray(rows.x[here]), np.asarray(rows.y[here])
    if not loop.engine.masked:
        return Batch(x, y, None)
    weight = np.where(places >= 0, 1.0 if rows.weight is None else rows.weight[here], 0)
    return Batch(x, y, weight.astype(loop.trainer.network.dtype))


def _what(loop: Loop, carry: Carry, batch: Batch, member: int) -> Broken:
    """Return what is not finite first, when the step is taken on NumPy."""
    trainer, taps = loop.trainer, list[Tap]()
    step, seed = int(carry.moments["step"]), np.uint32(np.atleast_1d(loop.seed)[member])
    ctx = Context(
        mode="train",
        random=Random(seed, np.uint32(step)),
        progress=np.float32(step) / np.float32(loop.steps),
        row_mask=None if batch.weight is None else batch.weight > 0,
        taps=taps,
    )
    tensors = as_tensors(carry.params)
    with np.errstate(all="ignore"):
        outputs = trainer.network.bind(tensors, carry.state)(batch.x, ctx=ctx)
        value = trainer.loss.value(outputs, batch.y, batch.weight)
        nodes = history(value)
        for node in nodes:
            if node.operation and not _all_finite(node.value):
                place, path = _place(node, taps, trainer.loss)
                reached = _reach([value_of(operand) for operand in node.operands])
                words = f"{place}: its {node.operation} gave {_told(node.value)}{reached}"
                return Broken(words, path, "loss" if path is None else str(node.operation))
        blame: dict[Node, Any] = {value: np.ones_like(value.value)}
        for node, arrived, share in _blames(nodes, blame):
            if not _all_finite(share):
                place, path = _place(node, taps, trainer.loss)
                reached = _reach([arrived, *(value_of(operand) for operand in node.operands)])
                words = f"{place}: on the way back, its {node.operation} gave {_told(share)}{reached}"
                return Broken(words, path, "loss" if path is None else str(node.operation))
        grads = {path: blame.get(tensor, np.zeros_like(tensor.value)) for path, tensor in tensors.items()}
        params, _ = trainer.optimizer.update(carry.params, grads, carry.moments, np.float32(loop.steps))
        for path, array in params.items():
            if not _all_finite(array):
                rate = float(carry.moments["learning_rate_factor"]) * float(
                    trainer.optimizer.learning_rate(step / loop.steps)
                )
                reached = _reach([grads[path]], "the gradient")
                words = f"the optimizer's step made {path!r} {_told(array)}, at a learning rate of {rate:.3g}{reached}"
                return Broken(words, path.rpartition(".")[0], "step")
    return Broken("on NumPy the same step is finite, so that rounding decided")


def _blames(nodes: list[Node], blame: dict[Node, Any]) -> Iterator[tuple[Node, Any, Any]]:
    """Walk the tape back from its end, and yield for each operand (node, blame that arrived, its share)."""
    for node in reversed(nodes):
        if node not in blame or node.backward is None:
            continue
        for operand, thunk in zip(node.operands, node.backward(blame[node]), strict=True):
            if isinstance(operand, Node) and thunk is not None:
                share = thunk()
                yield node, blame[node], share
                blame[operand] = blame[operand] + share if operand in blame else share


def _place(node: Node, taps: list[Tap], loss: Loss) -> tuple[str, str | None]:
    """Return which layer made a node, in words and as a path: the innermost, which the taps tell of first."""
    for tap in taps:
        if node in _made_in(tap):
            kind = type(tap.layer).__name__
            return (f"layer {tap.path!r} ({kind})" if tap.path else f"the network ({kind})"), tap.path
    return f"the loss ({type(loss).__name__})", None


def _made_in(tap: Tap) -> set[Node]:
    """Return the nodes between what went into a layer and what came out."""
    outputs = tap.output if isinstance(tap.output, (tuple, list)) else (tap.output,)
    inside: set[Node] = {each for each in tap.inputs if isinstance(each, Node)}
    entries = set(inside)
    stack = [each for each in outputs if isinstance(each, Node)]
    while stack:
        node = stack.pop()
        if node not in inside:
            inside.add(node)
            stack.extend(node.parents)
    return inside - entries


def _all_finite(value: Any) -> bool:
    array = np.asarray(value)
    return array.dtype.kind != "f" or bool(np.isfinite(array).all())


def _told(value: Any) -> str:
    """Return what is not finite in an array, in words.

    >>> _told(np.array([1.0, -np.inf])), _told(np.array([np.nan, np.inf]))
    ('-inf', 'nan')
    """
    array = np.asarray(value)
    return "nan" if np.isnan(array).any() else str(float(array[~np.isfinite(array)].ravel()[0]))


def _reach(arrays: list[Any], what: str = "its inputs") -> str:
    """Return how large the finite numbers of what went in are, in words.

    >>> _reach([np.array([-3e38, 1.0]), 2])
    '; its inputs reach 3e+38'
    """
    floats = [np.abs(array) for each in arrays if (array := np.asarray(each)).dtype.kind == "f" and array.size]
    largest = max((float(array[np.isfinite(array)].max(initial=0.0)) for array in floats), default=0.0)
    return f"; {what} reach {largest:.3g}" if floats else ""
