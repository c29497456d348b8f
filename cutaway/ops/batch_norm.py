"""Batch normalisation: each feature to mean 0 and variance 1 over the rows of the batch."""

from __future__ import annotations

from functools import cache
from typing import Any

from cutaway.autodiff import Rule, Thunk, primitive
from cutaway.backends import Array, backend_of, namespace
from cutaway.ops.broadcasting import unbroadcast


def _row_weights(x: Array, row_mask: Array | None) -> tuple[Any, Any]:
    """Return the weight of each row, shaped to broadcast against x, and how many values a feature has."""
    xp = namespace(x)
    rest = 1
    for size in x.shape[1:-1]:
        rest *= size
    if row_mask is None:
        return None, x.shape[0] * rest
    rows = xp.reshape(xp.astype(row_mask, x.dtype), (-1,) + (1,) * (x.ndim - 1))
    # A batch of padding alone would divide by zero; its results are thrown away.
    return rows, xp.maximum(xp.sum(rows), xp.asarray(1, dtype=x.dtype)) * rest


def _mean(values: Array, rows: Any, count: Any) -> Array:
    xp = namespace(values)
    return xp.sum(values if rows is None else values * rows, axis=tuple(range(values.ndim - 1))) / count


def batch_statistics(x: Array, row_mask: Array | None = None) -> tuple[Array, Array]:
    """Return mean and variance (divided by n) of each feature, the last axis, over the rows that count.

    x (batch, ..., features), row_mask (batch) 1 for a row that counts and 0 for padding.
    """
    rows, count = _row_weights(x, row_mask)
    mean = _mean(x, rows, count)
    centred = x - mean
    return mean, _mean(centred * centred, rows, count)


@primitive
def batch_norm(x: Array, weight: Array, bias: Array, *, epsilon: float = 1e-5, row_mask: Array | None = None) -> Rule:
    """Normalise each feature over the batch, then scale and shift.

        n = (x − μ) / √(σ² + ε),   y = weight n + bias        x (batch, ..., features)

    μ and σ² are the mean and variance over every axis but the last, of the rows where row_mask is 1.
    Backward, with m the number of values a feature has:

        dL/dx = weight / √(σ² + ε) · (g − mean g − n · mean(g n))
        dL/dweight = Σ g n,   dL/dbias = Σ g

    Reference: Ioffe, Szegedy, ICML 2015, arXiv 1502.03167.
    """
    xp, backend = namespace(x), backend_of(x)
    rows, count = _row_weights(x, row_mask)
    mean, variance = batch_statistics(x, row_mask)
    scale = 1 / xp.sqrt(variance + epsilon)
    normal = (x - mean) * scale
    axes = tuple(range(x.ndim - 1))

    def backward(g: Array) -> tuple[Thunk, ...]:
        def total(values: Array) -> Array:
            return xp.sum(values, axis=axes, keepdims=True)

        # Once for all three; XLA, left alone, puts what follows into the loops of these sums, which takes longer.
        totals = cache(lambda: backend.barrier((total(g), total(g * normal))))

        def blame_of_x() -> Array:
            of_bias, of_weight = totals()
            shared = (of_bias + normal * of_weight) / count
            # Padding takes part in no mean, but its own output still depends on its own x.
            return (g - (shared if rows is None else shared * rows)) * weight * scale

        return (
            blame_of_x,
            lambda: unbroadcast(totals()[1], weight.shape),
            lambda: unbroadcast(totals()[0], bias.shape),
        )

    return normal * weight + bias, backward
