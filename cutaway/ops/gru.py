"""The gated recurrent unit: two gates say how much of the old state to keep, and how much of it to look at."""

from __future__ import annotations

from functools import cache
from typing import Any

from cutaway.autodiff import Rule, Thunk, primitive
from cutaway.backends import Array, backend_of, namespace
from cutaway.ops.matmul import dot, product, transposed
from cutaway.ops.recurrence import before, counted, exchanged, flat, nothing, sigmoid


@primitive
def gru(
    x: Array,
    weight: Array,
    recurrent: Array,
    bias: Array,
    recurrent_bias: Array,
    *,
    mask: Array | None = None,
    start: Array | None = None,
) -> Rule:
    """Gated recurrent unit over a whole sequence.

        (r, z)ₜ = σ(xₜ weight + hₜ₋₁ recurrent + bias)        of the first two thirds of the columns
        qₜ = hₜ₋₁ recurrent + recurrent_bias,   nₜ = tanh(xₜ weight + bias + rₜ qₜ)        of the last third
        hₜ = (1 − zₜ) nₜ + zₜ hₜ₋₁

        x (batch, time, in),  weight (in, 3 units),  recurrent (units, 3 units),  bias (3 units),
        recurrent_bias (units)  ->  h (batch, time, units)

    The reset gate r acts after the product with the state, as in cuDNN and PyTorch; the paper has it before, which
    takes a second product a place. `mask` (batch, time) is true where a place counts; elsewhere h stays as it was.
    `start` is the state before the first place, (batch, units), zeros unless given; no blame flows to it.

    Backward, from the last place to the first, with G = dL/dhₜ of the output plus what comes back from place t + 1;
    s are the three sums that x goes into, and those that h goes into are the same but for dL/dq in the last third:

        dL/ds₃ = G (1 − z) (1 − n²),   dL/dq = dL/ds₃ r
        dL/ds₁ = dL/ds₃ q r (1 − r),   dL/ds₂ = G (hₜ₋₁ − n) z (1 − z)
        dL/dhₜ₋₁ = G z + (dL/ds₁, dL/ds₂, dL/dq) recurrentᵀ
        dL/dx = dL/ds weightᵀ,   dL/dweight = Σ xᵀ dL/ds,   dL/dbias = Σ dL/ds
        dL/drecurrent = Σ hₜ₋₁ᵀ (dL/ds₁, dL/ds₂, dL/dq),   dL/drecurrent_bias = Σ dL/dq

    Reference: Cho et al., EMNLP 2014, arXiv 1406.1078.
    """
    xp, units = namespace(x, weight), recurrent.shape[0]
    first = nothing(x, units) if start is None else start
    counts = None if mask is None else counted(mask)
    sums = product(exchanged(x), weight) + bias  # of all places at once

    def forward(hidden: Array, item: Any) -> Any:
        through = dot(hidden, recurrent)
        opened = sigmoid(item[0][:, : 2 * units] + through[:, : 2 * units])
        q = through[:, 2 * units :] + recurrent_bias
        candidate = xp.tanh(item[0][:, 2 * units :] + opened[:, :units] * q)
        new = candidate + opened[:, units:] * (hidden - candidate)
        if counts is not None:
            new = xp.where(item[1], new, hidden)
        return new, (new, opened, candidate, q)

    items = (sums,) if counts is None else (sums, counts)
    hidden, *kept = backend_of(x, weight).scan(forward, first, items)[1]

    def blame_of_sums(g: Array) -> Any:
        # Turned once, behind a barrier: else XLA turns it at every place.
        (turned,) = backend_of(g).barrier([transposed(recurrent)])

        def body(carry: Array, item: Any) -> Any:
            arrived, old, opened, candidate, q = item[:5]
            arrived = arrived + carry
            r, z = opened[:, :units], opened[:, units:]
            blame = arrived * (1 - z) * (1 - candidate * candidate)
            of_r, of_z = blame * q * r * (1 - r), arrived * (old - candidate) * z * (1 - z)
            through, past = xp.concat((of_r, of_z, blame * r), axis=-1), arrived * z
            if counts is not None:
                blame = xp.where(item[5], blame, xp.zeros_like(blame))
                through = xp.where(item[5], through, xp.zeros_like(through))
                past = xp.where(item[5], past, arrived)
            return dot(through, turned) + past, (through, blame)

        items = (exchanged(g), before(first, hidden), *kept)
        items = items if counts is None else (*items, counts)
        return backend_of(g).scan(body, xp.zeros_like(first), items, reverse=True)[1]

    def backward(g: Array) -> tuple[Thunk, ...]:
        both = cache(lambda: blame_of_sums(g))
        of_x = cache(lambda: xp.concat((both()[0][..., : 2 * units], both()[1]), axis=-1))
        return (
            lambda: exchanged(product(of_x(), transposed(weight))),
            lambda: dot(transposed(flat(exchanged(x))), flat(of_x())),
            lambda: dot(transposed(flat(before(first, hidden))), flat(both()[0])),
            lambda: xp.sum(of_x(), axis=(0, 1)),
            lambda: xp.sum(both()[0][..., 2 * units :], axis=(0, 1)),
        )

    return exchanged(hidden), backward
