"""Which rows each step of an epoch takes: shuffled anew each epoch, by seed and epoch alone."""

from __future__ import annotations

import numpy as np

from cutaway.backends.random import generator


def epoch_order(rows: int, batch_size: int, seed: int, epoch: int, shuffle: bool = True) -> np.ndarray:
    """Return (steps, batch_size) row numbers, every row once, the last step padded with −1.

    >>> epoch_order(5, 2, seed=0, epoch=0, shuffle=False).tolist()
    [[0, 1], [2, 3], [4, -1]]
    """
    steps = -(-rows // batch_size)
    order = np.full(steps * batch_size, -1, np.int32)
    order[:rows] = generator(seed, "order", epoch).permutation(rows) if shuffle else np.arange(rows)
    return order.reshape(steps, batch_size)
