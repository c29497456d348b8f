"""Which rows each step of an epoch takes: shuffled anew each epoch, by seed and epoch alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cutaway.backends.random import generator

# Rows that are shuffled among each other where an order goes by blocks.
WINDOW = 65_536


def steps_of_epoch(rows: int, batch_size: int, drop_last: bool = False) -> int:
    """Return how many steps an epoch has; with `drop_last` the rows that fill no batch are not a step.

    >>> steps_of_epoch(5, 2), steps_of_epoch(5, 2, drop_last=True), steps_of_epoch(1, 2, drop_last=True)
    (3, 2, 1)
    """
    return max(1, rows // batch_size) if drop_last else -(-rows // batch_size)


def epoch_order(
    rows: int | NDArray[np.integer],
    batch_size: int,
    seed: int,
    epoch: int,
    shuffle: bool = True,
    drop_last: bool = False,
    steps: int | None = None,
) -> np.ndarray:
    """Return (steps, batch_size) row numbers: every row once, the last step padded with −1.

    rows       how many, or which
    drop_last  leave out what fills no batch, other rows each epoch, instead of padding; no less than one step
    steps      at most so many (None: all), for which rows are drawn without repeating one. Where they take less than a
               fiftieth of the rows, that needs time and memory for those alone

    >>> epoch_order(5, 2, seed=0, epoch=0, shuffle=False).tolist()
    [[0, 1], [2, 3], [4, -1]]
    >>> epoch_order(np.array([7, 8, 9]), 2, seed=0, epoch=0, shuffle=False, drop_last=True).tolist()
    [[7, 8]]
    """
    count = rows if isinstance(rows, int) else len(rows)
    every = steps_of_epoch(count, batch_size, drop_last)
    steps = every if steps is None else min(steps, every)
    order = np.full(steps * batch_size, -1, np.int32)
    taken = min(count, len(order))
    if not shuffle:
        chosen = np.arange(taken)
    elif steps < every:
        chosen = generator(seed, "order", epoch).choice(count, taken, replace=False)
    else:
        chosen = generator(seed, "order", epoch).permutation(count)[:taken]
    order[:taken] = chosen if isinstance(rows, int) else rows[chosen]
    return order.reshape(steps, batch_size)


def member_orders(
    parts: Sequence[int | NDArray[np.integer]],
    batch_size: int,
    seeds: Sequence[int],
    epoch: int,
    shuffle: bool = True,
    drop_last: bool = False,
    steps: int | None = None,
) -> np.ndarray:
    """Return (members, steps, batch_size) row numbers, each member's own order of its own rows; see `epoch_order`.

    Members with fewer rows than others have steps of padding at their end, or, with `drop_last`, all have as many
    steps as the one with the fewest.
    """
    orders = [
        epoch_order(rows, batch_size, seed, epoch, shuffle, drop_last, steps)
        for rows, seed in zip(parts, seeds, strict=True)
    ]
    lengths = [len(order) for order in orders]
    if drop_last:
        return np.stack([order[: min(lengths)] for order in orders])
    whole = np.full((len(orders), max(lengths), batch_size), -1, np.int32)
    for member, order in enumerate(orders):
        whole[member, : len(order)] = order
    return whole


def block_order(
    rows: int, batch_size: int, seed: int, epoch: int, block: int, window: int = WINDOW, drop_last: bool = False
) -> np.ndarray:
    """Return (steps, batch_size) row numbers as `epoch_order` does, in an order that a disk can be read in.

    Blocks of `block` neighbouring rows come in random order; the rows of so many blocks as make up a window are then
    shuffled among each other. The larger the window beside a block, the closer this is to a shuffle of all rows.

    >>> block_order(6, 3, seed=0, epoch=0, block=2, window=2).ravel().reshape(3, 2) // 2
    array([[1, 1],
           [2, 2],
           [0, 0]], dtype=int32)
    """
    random = generator(seed, "order", epoch)
    steps = steps_of_epoch(rows, batch_size, drop_last)
    order = np.full(steps * batch_size, -1, np.int32 if rows < 2**31 else np.int64)
    blocks = random.permutation(-(-rows // block))
    together = max(1, window // block)
    filled = 0
    for begin in range(0, len(blocks), together):
        places = (blocks[begin : begin + together, None] * block + np.arange(block)).ravel()
        places = random.permutation(places[places < rows])[: len(order) - filled]
        order[filled : filled + len(places)] = places
        filled += len(places)
    return order.reshape(steps, batch_size)


def distinct(order: np.ndarray) -> np.ndarray:
    """Return an order without its axis of members, where that only repeats one order that they share.

    What is made of all of it, such as a mask, would else have a copy for each of them.

    >>> shared = np.broadcast_to(np.arange(6).reshape(3, 2), (8, 3, 2))
    >>> distinct(shared).shape, distinct(shared.copy()).shape, distinct(shared[0]).shape
    ((3, 2), (8, 3, 2), (3, 2))
    """
    return order[0] if order.ndim > 2 and order.strides[0] == 0 else order
