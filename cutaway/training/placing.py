"""Where the rows of a training are: copied to the devices, or left on the host and handed over chunk by chunk."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np

from cutaway.training.engines import HANDED, LARGE, Engine, Watched
from cutaway.training.step import Batch, Steps

Fold = tuple[np.ndarray, np.ndarray]

# Bytes that members' copies of the inputs may take together, where nobody asked to be lean: each device would have one,
# and a machine of many cores has many devices.
ROOM = 1 << 30


class Placing:
    """The rows that steps take, where the engine computes.

    rows        those to learn from
    steps       of a chunk, as many as are wanted; `steps` is how many there are, fewer where rows are handed over, so
                that no chunk takes more than 8 MiB of inputs
    batch_size  rows a step
    orders      how many members take rows of their own (1 where all share an order)
    lean        whether large rows are left where they are, see `Engine.leaves`; where there are members, those are in
                any case whose copies would take more than 1 GiB
    """

    def __init__(self, engine: Engine, rows: Batch, *, steps: int, batch_size: int, orders: int, lean: bool) -> None:
        self.engine, self.shared = engine, orders == 1
        self.left = (lean and engine.leaves(rows)) or (engine.members is not None and engine.leaves(rows, ROOM))
        self.rows = rows if self.left else engine.place(rows)
        self.steps = steps
        self._threads: ThreadPoolExecutor | None = None
        self._ahead: tuple[np.ndarray, Future[tuple[Batch | Steps, np.ndarray]]] | None = None
        if self.left:
            self.steps = max(1, min(steps, HANDED // (orders * batch_size * rows.x[:1].nbytes)))

    def ahead(self, part: np.ndarray) -> None:
        """Fetch what `taken` will be asked for next on a thread, while the engine computes, where rows are left."""
        if self.left:
            self._threads = self._threads or ThreadPoolExecutor(1, "cutaway-rows")
            self._ahead = part, self._threads.submit(self._handed, part)

    def taken(self, part: np.ndarray) -> tuple[Batch | Steps, np.ndarray]:
        """Return rows for a chunk where the engine computes, and which of them each of its steps takes."""
        if not self.left:
            return self.rows, _padded(part, self.steps)
        asked, self._ahead = self._ahead, None
        return asked[1].result() if asked is not None and _same(asked[0], part) else self._handed(part)

    def _handed(self, part: np.ndarray) -> tuple[Batch | Steps, np.ndarray]:
        return self.engine.hand_over(self.rows, _padded(part, self.steps), shared=self.shared)

    def watched(self, held_out: Batch | Watched | None) -> Batch | Watched | None:
        """Return rows to evaluate on where the engine computes, or by their places where they are large and stay."""
        if not isinstance(held_out, Batch):
            return held_out
        if self.left and not self.engine.apart and held_out.x.nbytes > LARGE:
            return Watched(held_out, np.arange(len(held_out.x)))
        return self.engine.place_watched(held_out)


def watched_in_folds(
    rows: Batch, folds: Sequence[Fold], *, alone: bool, lean: bool, dtype: Any
) -> Batch | Watched | None:
    """Return the rows that each member watches, padded with rows of weight 0; None where none watches any.

    alone   whether there is one network, so that there is no member axis
    lean    whether of many rows only their places are returned: a copy of them would be large

    >>> rows = Batch(np.arange(4.0)[:, None], np.arange(4.0), None)
    >>> folds = [(np.array([2, 3]), np.array([0, 1])), (np.array([0, 1, 3]), np.array([2]))]
    >>> watched_in_folds(rows, folds, alone=False, lean=False, dtype=np.float32).weight
    array([[1., 1.],
           [1., 0.]], dtype=float32)
    """
    length = max(len(watched) for _, watched in folds)
    if not length:
        return None
    places = np.full((len(folds), length), -1, np.int32)
    for member, (_, watched) in enumerate(folds):
        places[member, : len(watched)] = watched
    if alone:
        places = places[0]
    if lean and places.size * rows.x[:1].nbytes > LARGE:
        return Watched(rows, places)
    weight = np.ones(len(rows.x), dtype) if rows.weight is None else rows.weight
    return Batch(rows.x[places], rows.y[places], np.where(places >= 0, weight[places], 0).astype(dtype))


def _same(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two arrays are the same part of the same array."""
    keys = [(array.__array_interface__["data"][0], array.shape, array.strides) for array in (one, other)]
    return keys[0] == keys[1]


def _padded(order: np.ndarray, steps: int) -> np.ndarray:
    """Return the order with its step axis lengthened to `steps`, so that one compiled program fits every chunk."""
    missing = steps - order.shape[-2]
    if not missing:
        return order
    return np.concatenate([order, np.zeros((*order.shape[:-2], missing, order.shape[-1]), order.dtype)], axis=-2)
