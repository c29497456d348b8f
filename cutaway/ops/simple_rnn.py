"""The simple recurrent network: what was seen before, through one weighted sum and one bend a place."""

from __future__ import annotations

from functools import cache
from typing import Any

from cutaway.autodiff import Rule, Thunk, primitive
from cutaway.backends import Array, backend_of, namespace
from cutaway.ops.matmul import dot, product, transposed
from cutaway.ops.recurrence import before, counted, exchanged, flat, nothing


@primitive
def simple_rnn(
    x: Array,
    weight: Array,
    recurrent: Array,
    bias: Array,
    *,
    mask: Array | None = None,
    start: Array | None = None,
) -> Rule:
    """Simple recurrent network over a whole sequence.

        hₜ = tanh(xₜ weight + hₜ₋₁ recurrent + bias)
        x (batch, time, in),  weight (in, units),  recurrent (units, units),  bias (units)  ->  h (batch, time, units)

    `mask` (batch, time) is true where a place counts; elsewhere h stays as it was. `start` is the state before the
    first place, (batch, units), zeros unless given; no blame flows to it.

    Backward, from the last place to the first, with G = dL/dhₜ of the output plus what comes back from place t + 1:

        dL/ds = G (1 − hₜ²),   dL/dhₜ₋₁ = dL/ds recurrentᵀ,   dL/dx = dL/ds weightᵀ
        dL/dweight = Σ xᵀ dL/ds,   dL/drecurrent = Σ hₜ₋₁ᵀ dL/ds,   dL/dbias = Σ dL/ds

    Each place back multiplies by recurrentᵀ and by slopes below 1: over many places blame fades, or explodes.

    Reference: Elman, "Finding structure in time", Cognitive Science 14 (2), 1990; backpropagation through time:
    Werbos, Proceedings of the IEEE 78 (10), 1990.
    """
    xp, units = namespace(x, weight), recurrent.shape[0]
    first = nothing(x, units) if start is None else start
    counts = None if mask is None else counted(mask)
    sums = product(exchanged(x), weight) + bias  # of all places at once

    def forward(hidden: Array, item: Any) -> Any:
        new = xp.tanh(item[0] + dot(hidden, recurrent))
        if counts is not None:
            new = xp.where(item[1], new, hidden)
        return new, new

    items = (sums,) if counts is None else (sums, counts)
    hidden = backend_of(x, weight).scan(forward, first, items)[1]

    def blame_of_sums(g: Array) -> Array:
        # Turned once, behind a barrier: else XLA turns it at every place.
        (turned,) = backend_of(g).barrier([transposed(recurrent)])

        def body(carry: Array, item: Any) -> Any:
            arrived = item[0] + carry
            blame = arrived * (1 - item[1] * item[1])
            if counts is None:
                return dot(blame, turned), blame
            nothing_here = xp.zeros_like(arrived)
            blame = xp.where(item[2], blame, nothing_here)
            return dot(blame, turned) + xp.where(item[2], nothing_here, arrived), blame

        items = (exchanged(g), hidden) if counts is None else (exchanged(g), hidden, counts)
        return backend_of(g).scan(body, xp.zeros_like(first), items, reverse=True)[1]

    def backward(g: Array) -> tuple[Thunk, ...]:
        blame = cache(lambda: blame_of_sums(g))
        return (
            lambda: exchanged(product(blame(), transposed(weight))),
            lambda: dot(transposed(flat(exchanged(x))), flat(blame())),
            lambda: dot(transposed(flat(before(first, hidden))), flat(blame())),
            lambda: xp.sum(blame(), axis=(0, 1)),
        )

    return exchanged(hidden), backward
