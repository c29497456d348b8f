"""Mirror images: whether pictures can be told from their mirror images, and so should not be mirrored to learn from."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutaway.backends.random import generator

MOST = 400  # pictures of a class that are looked at
SIDE = 12  # they are looked at in so many means across and down
STIFF = 1.0  # how much the mean square of the weights counts, relative to that of the differences
FEWEST = 100  # pictures in all, and 8 of a class, below which nothing is said
OF_A_CLASS = 8


def told_from_mirrored(pixels: NDArray[np.uint8], codes: NDArray[Any], seed: int = 0) -> float | None:
    """Return the share of pictures that a line tells from their mirror images, ½ where it can only guess.

    pixels   (n, height, width, channels)
    codes    the class of each, (n,)

    With d = x − mirrored x, the mirror image has −d: in each class a weight w is found for half of the pictures, by
    ridge regression of 1 on d, and the share of the other half with w · d > 0 is what is returned, over all classes.
    Letters and digits are told apart nearly always: mirrored they are no longer examples of their class. Photos of
    things are not. None where there are too few pictures to say.

    >>> rising = np.tile(np.arange(8, dtype=np.uint8)[None, None, :, None], (120, 8, 1, 1))
    >>> told_from_mirrored(rising, np.zeros(120, int))
    1.0
    """
    random = generator(seed, "mirror")
    right = seen = 0.0
    for code in np.unique(codes):
        places = np.flatnonzero(codes == code)
        if len(places) < OF_A_CLASS:
            continue
        chosen = random.permutation(places)[:MOST]
        small = _means(pixels[chosen].astype(np.float64).mean(axis=-1))
        halves = small - small[:, :, ::-1]
        difference = halves[:, :, : small.shape[2] // 2].reshape(len(chosen), -1)
        middle = len(chosen) // 2
        for learned, tested in ((slice(middle), slice(middle, None)), (slice(middle, None), slice(middle))):
            d = difference[learned]
            gram = d @ d.T  # as many equations as pictures, however many pixels there are
            size = np.trace(gram) / max(1, len(d))
            if size <= 0:
                seen += len(difference[tested])
                right += 0.5 * len(difference[tested])
                continue
            weights = d.T @ np.linalg.solve(gram + STIFF * size * np.eye(len(d)), np.ones(len(d)))
            score = difference[tested] @ weights
            right += float((score > 0).sum() + 0.5 * (score == 0).sum())
            seen += len(score)
    return right / seen if seen >= FEWEST else None


def _means(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return pictures (n, height, width) in at most `SIDE` means across and down."""
    for axis in (1, 2):
        size = x.shape[axis]
        if size > SIDE:
            edges = np.arange(SIDE) * size // SIDE
            widths = np.diff(np.append(edges, size)).reshape((-1, 1) if axis == 1 else (-1,))
            x = np.add.reduceat(x, edges, axis=axis) / widths
    return x
