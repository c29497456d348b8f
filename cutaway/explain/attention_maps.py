"""Attention maps: which places each head of each layer looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cutaway import ops
from cutaway.autodiff import value_of
from cutaway.errors import InputError

if TYPE_CHECKING:
    from cutaway.explain.record import Trace


@dataclass(frozen=True, eq=False)
class AttentionMap:
    """What one head of one layer looked at, for one row.

    layer    the layer's path
    head     counted from 0
    weights  softmax(Q Kᵀ / √d), (places that look, places looked at); each row sums to 1
    tokens   the words at the places looked at, where they are known
    """

    layer: str
    head: int
    weights: np.ndarray
    tokens: tuple[str, ...] = ()

    def most(self, place: int = -1, count: int = 3) -> list[tuple[int, float]]:
        """Return the places that `place` looked at most, and with which weight."""
        row = self.weights[place]
        return [(int(each), float(row[each])) for each in np.argsort(-row, kind="stable")[:count]]

    def to_json(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {"layer": self.layer, "head": self.head, "weights": self.weights.round(6).tolist()}


def attention_maps(trace: Trace, tokens: Sequence[str] | None = None, row: int = 0) -> list[AttentionMap]:
    """Return a map for each head of each attention layer of a trace, in the order of computation.

    tokens   the words of the row, one a place
    row      which of the rows traced

    Raises `InputError` for a row that is not there and for tokens that are not one a place.

    >>> import cutaway as ca
    >>> found = ca.explain.trace(ca.Sequential(ca.MultiHeadAttention(2)), np.ones((1, 3, 4)))
    >>> [(each.head, each.weights.round(3).tolist()[0]) for each in attention_maps(found)]
    [(0, [0.333, 0.333, 0.333]), (1, [0.333, 0.333, 0.333])]
    """
    maps = []
    for step in trace.steps:
        if step.operation != "attention":
            continue
        query, key = (np.asarray(value_of(operand)) for operand in step.node.operands[:2])
        chosen = {name: step.node.settings[name] for name in ("mask", "causal") if name in step.node.settings}
        weights = np.asarray(ops.attention_weights(query, key, **chosen))
        weights = weights.reshape(-1, *weights.shape[-3:]) if weights.ndim > 2 else weights[None, None]
        if not 0 <= row < len(weights):
            raise InputError(f"attention: row is {row}; there are {len(weights)}, counted from 0")
        if tokens is not None and len(tokens) != weights.shape[-1]:
            raise InputError(f"attention: {len(tokens)} tokens for {weights.shape[-1]} places; give one a place")
        maps += [AttentionMap(step.layer, head, each, tuple(tokens or ())) for head, each in enumerate(weights[row])]
    return maps
