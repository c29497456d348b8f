"""Long short-term memory: a cell that keeps what it holds until a gate says otherwise."""

from __future__ import annotations

from functools import cache
from typing import Any

from cutaway.autodiff import Rule, Thunk, primitive
from cutaway.backends import Array, backend_of, namespace
from cutaway.ops.matmul import dot, product, transposed
from cutaway.ops.recurrence import before, counted, exchanged, flat, nothing, sigmoid


def lstm_states(
    x: Array, weight: Array, recurrent: Array, bias: Array, start: tuple[Array, Array], mask: Array | None = None
) -> tuple[Array, Array, tuple[Array, ...]]:
    """Return hidden states, cells and gates at every place, for arrays, as `lstm` says.

    x (batch, time, in), start: hidden and cell (batch, units)
    ->  hidden (time, batch, units), cell (time, batch, units), gates i, f, g, o (each likewise)
    """
    xp, units = namespace(x, weight), recurrent.shape[0]
    sums = product(exchanged(x), weight) + bias  # of all places at once

    def body(carry: Any, item: Any) -> Any:
        hidden, cell = carry
        z = item[0] + dot(hidden, recurrent)
        i, f = sigmoid(z[:, :units]), sigmoid(z[:, units : 2 * units])
        candidate, o = xp.tanh(z[:, 2 * units : 3 * units]), sigmoid(z[:, 3 * units :])
        new_cell = f * cell + i * candidate
        new_hidden = o * xp.tanh(new_cell)
        if mask is not None:
            new_hidden, new_cell = xp.where(item[1], new_hidden, hidden), xp.where(item[1], new_cell, cell)
        return (new_hidden, new_cell), (new_hidden, new_cell, i, f, candidate, o)

    items = (sums,) if mask is None else (sums, counted(mask))
    hidden, cell, *gates = backend_of(x, weight).scan(body, start, items)[1]
    return hidden, cell, tuple(gates)


@primitive
def lstm(
    x: Array,
    weight: Array,
    recurrent: Array,
    bias: Array,
    *,
    mask: Array | None = None,
    start: tuple[Array, Array] | None = None,
) -> Rule:
    """Long short-term memory over a whole sequence.

        (i, f, g, o)ₜ = (σ, σ, tanh, σ)(xₜ weight + hₜ₋₁ recurrent + bias)
        cₜ = fₜ cₜ₋₁ + iₜ gₜ,   hₜ = oₜ tanh cₜ

        x (batch, time, in),  weight (in, 4 units),  recurrent (units, 4 units),  bias (4 units)
        ->  h (batch, time, units)

    The cell c is added to, not multiplied through a weight: with f near 1 it keeps its content, and its blame, over
    many places. `mask` (batch, time) is true where a place counts; elsewhere h and c stay as they were.
    `start` is the hidden state and the cell before the first place, each (batch, units), zeros unless given; no
    blame flows to it.

    Backward, from the last place to the first, with G = dL/dhₜ of the output plus what comes back from place t + 1,
    and C = dL/dcₜ = G o (1 − tanh² c) plus what comes back as C' f' from there; s are the four sums at a place:

        dL/ds = (C g i (1 − i),  C cₜ₋₁ f (1 − f),  C i (1 − g²),  G tanh c · o (1 − o))
        dL/dhₜ₋₁ = dL/ds recurrentᵀ,   dL/dx = dL/ds weightᵀ
        dL/dweight = Σ xᵀ dL/ds,   dL/drecurrent = Σ hₜ₋₁ᵀ dL/ds,   dL/dbias = Σ dL/ds

    Reference: Hochreiter, Schmidhuber, Neural Computation 9 (8), 1997; with a forget gate: Gers, Schmidhuber,
    Cummins, Neural Computation 12 (10), 2000.
    """
    xp, units = namespace(x, weight), recurrent.shape[0]
    if start is None:
        start = nothing(x, units), nothing(x, units)
    first_hidden, first_cell = start
    hidden, cell, gates = lstm_states(x, weight, recurrent, bias, start, mask)
    counts = None if mask is None else counted(mask)

    def blame_of_sums(g: Array) -> Array:
        # Turned once, behind a barrier: else XLA turns it at every place.
        (turned,) = backend_of(g).barrier([transposed(recurrent)])

        def body(carry: Any, item: Any) -> Any:
            arrived, old, new, i, f, candidate, o = item[:7]
            through_hidden, through_cell = arrived + carry[0], carry[1]
            seen = xp.tanh(new)
            blame = through_cell + through_hidden * o * (1 - seen * seen)
            sums = xp.concat(
                (
                    blame * candidate * i * (1 - i),
                    blame * old * f * (1 - f),
                    blame * i * (1 - candidate * candidate),
                    through_hidden * seen * o * (1 - o),
                ),
                axis=-1,
            )
            back = blame * f
            if counts is None:
                return (dot(sums, turned), back), sums
            here = item[7]
            sums = xp.where(here, sums, xp.zeros_like(sums))
            past = xp.where(here, xp.zeros_like(through_hidden), through_hidden)
            return (dot(sums, turned) + past, xp.where(here, back, through_cell)), sums

        items = (exchanged(g), before(first_cell, cell), cell, *gates)
        last = xp.zeros_like(first_hidden), xp.zeros_like(first_cell)
        return backend_of(g).scan(body, last, items if counts is None else (*items, counts), reverse=True)[1]

    def backward(g: Array) -> tuple[Thunk, ...]:
        sums = cache(lambda: blame_of_sums(g))
        return (
            lambda: exchanged(product(sums(), transposed(weight))),
            lambda: dot(transposed(flat(exchanged(x))), flat(sums())),
            lambda: dot(transposed(flat(before(first_hidden, hidden))), flat(sums())),
            lambda: xp.sum(sums(), axis=(0, 1)),
        )

    return exchanged(hidden), backward
