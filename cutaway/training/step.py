"""One step of training as a pure function of arrays: the same Python on NumPy and, traced once, on XLA."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from cutaway.autodiff import gradients
from cutaway.backends import Array, Backend, Division, namespace
from cutaway.backends.random import Random
from cutaway.layers import Context, Layer
from cutaway.losses import Loss
from cutaway.optimizers import Optimizer
from cutaway.tensor import as_tensors


class Carry(NamedTuple):
    """What one step hands to the next: weights, running statistics, and the optimizer's moments."""

    params: dict[str, Array]
    state: dict[str, Array]
    moments: dict[str, Array]

    def kept(self) -> Carry:
        """Return what a trained network is made of: all but the moments."""
        return self._replace(moments={})


class Batch(NamedTuple):
    """Some rows: inputs, targets, and a weight each (0 for padding), or None where every row counts once."""

    x: Array
    y: Array
    weight: Array | None


class Steps(NamedTuple):
    """The rows of each step of a chunk, (steps, batch or more, ...), as they are handed to devices that share them."""

    x: Array
    y: Array
    weight: Array | None


def make_step(network: Layer, loss: Loss, optimizer: Optimizer) -> Callable[..., tuple[Carry, Array]]:
    """Return `step(carry, batch, seed, steps) -> (carry, loss)`: forward, blame, update.

    `steps` is how many steps the whole training has, for the schedule; nothing is changed in place.
    """

    def step(carry: Carry, batch: Batch, seed: Array, steps: Array) -> tuple[Carry, Array]:
        params, state, moments = carry
        ctx = Context(
            mode="train",
            random=Random(seed, moments["step"]),
            progress=moments["step"] / steps,
            row_mask=None if batch.weight is None else batch.weight > 0,
        )
        tensors = as_tensors(params)
        value = loss.value(network.bind(tensors, state)(batch.x, ctx=ctx), batch.y, batch.weight)
        grads = gradients(value, tensors)
        params, moments = optimizer.update(params, grads, moments, steps)
        return Carry(params, {**state, **ctx.new_state}, moments), value.value

    return step


def make_chunk(
    step: Callable[..., tuple[Carry, Array]], backend: Backend, masked: bool, division: Division | None = None
) -> Callable[..., tuple[Carry, Array]]:
    """Return `chunk(carry, total, rows, order, count, seed, steps)`: `count` steps in one call.

    rows   every training row, as a `Batch`; or those of each step, as `Steps`
    order  (chunk, batch) which rows each step takes, −1 for padding
    total  Σ loss · weight of the batch so far; the epoch's mean loss is its quotient by the weight of all rows.
           It becomes NaN when a weight is not finite at the end of the chunk, whatever the losses were.

    `masked` says whether any row is padding or has a weight; without, the batches carry no weights at all. `division`
    says which devices share the rows of each batch (None: there is one).
    """

    def chunk(
        carry: Carry, total: Array, rows: Batch | Steps, order: Array, count: Array, seed: Array, steps: Array
    ) -> tuple[Carry, Array]:
        xp = namespace(order, total)

        def body(index: Array, inside: Any) -> Any:
            carry, total = inside
            places = order[index]
            batch = taken(rows, places, index) if not masked else taken(rows, xp.maximum(places, 0), index)
            if masked:
                weight = xp.where(places >= 0, xp.ones_like(total) if batch.weight is None else batch.weight, 0)
                batch = batch._replace(weight=xp.astype(weight, total.dtype))
            if division is not None:
                batch = division.share(batch)
            carry, value = step(carry, batch, seed, steps)
            if division is not None:
                carry = division.same(carry)
            return carry, total + value * (places.shape[0] if batch.weight is None else xp.sum(batch.weight))

        carry, total = backend.loop(count, body, (carry, total))
        for array in carry.params.values():
            # 0 · w is 0 for every finite w, and NaN for the rest.
            total = total + xp.sum(0 * array)
        return carry, total

    return chunk


def taken(rows: Batch | Steps, places: Array, index: Array) -> Batch:
    """Return the rows of one step: those at `places` of rows that all steps share, or those handed over for it."""
    if isinstance(rows, Steps):
        return Batch(*(None if part is None else part[index][: places.shape[0]] for part in rows))
    return Batch(*(None if part is None else part[places] for part in rows))
