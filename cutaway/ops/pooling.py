"""Pooling: each window of a picture told by one number, its largest or its mean."""

from __future__ import annotations

from functools import reduce

import numpy as np

from cutaway.autodiff import Rule, primitive
from cutaway.backends import Array, backend_of, namespace
from cutaway.errors import InputError
from cutaway.ops.planes import fold, from_planes, padded, shifts, to_planes
from cutaway.ops.windows import Padding, Sizes, Windows, windows_of


def _windows(what: str, x: Array, size: Sizes, stride: Sizes | None, padding: Padding) -> tuple[Windows, Windows]:
    """Return the windows along height and width; a sequence is a picture of height 1."""
    if x.ndim not in (3, 4):
        raise InputError(
            f"{what}: got x of shape {tuple(x.shape)}, expected (batch, height, width, channels) or "
            "(batch, length, channels)"
        )
    windows = windows_of(x.shape[1:-1], size, stride=size if stride is None else stride, padding=padding)
    if any(w.low >= w.size or w.high >= w.size for w in windows):
        raise InputError(f"{what}: with padding {padding!r} some windows of {size} would see nothing but padding")
    return (windows[0], windows[1]) if len(windows) == 2 else (windows_of((1,), 1)[0], windows[0])


@primitive
def max_pool(x: Array, *, size: Sizes = 2, stride: Sizes | None = None, padding: Padding = 0) -> Rule:
    """Largest number of each window, channel by channel.

        y[n, a, b, c] = max over i, j of x[n, a · stride + i, b · stride + j, c]

        x (batch, height, width, channels)  ->  y (batch, rows, columns, channels);  without height alike

    Windows lie `size` apart where `stride` is not given; padding is never the largest.
    Backward: g goes to the largest number of each window, to the first of them, row by row, where several are.

    Raises `InputError` where a window does not fit, or would see padding alone.

    >>> import numpy as np
    >>> max_pool(np.array([[[1.0], [3.0], [2.0], [2.0]]]))[0, :, 0]
    array([3., 2.])
    """
    xp = namespace(x)
    windows = _windows("max_pool", x, size, stride, padding)
    high, wide = windows
    planes = to_planes(x)
    whole = xp.isdtype(planes.dtype, "integral")
    lowest = xp.iinfo(planes.dtype).min if whole else -np.inf
    seen = shifts(padded(planes, windows, lowest), windows)
    largest = reduce(xp.maximum, seen)

    def place() -> Array:
        """Which place of its window the first of the largest numbers has."""
        found = xp.zeros_like(largest, dtype=xp.int32)
        for number in range(len(seen) - 1, 0, -1):
            found = xp.where(seen[number] == largest, xp.asarray(number, dtype=xp.int32), found)
        return xp.where(seen[0] == largest, xp.asarray(0, dtype=xp.int32), found)

    def blame(g: Array) -> Array:
        planes_of_g, winner = to_planes(g), place()
        nothing = xp.zeros_like(planes_of_g)
        if not _side_by_side(windows):
            parts = [xp.where(winner == number, planes_of_g, nothing) for number in range(len(seen))]
            return from_planes(fold(parts, windows), x.ndim)
        # Each number belongs to one window: it asks whether it won there.
        ahead = (high.count, 1, planes.shape[1], wide.count, 1, planes.shape[3])
        number = xp.reshape(xp.arange(len(seen), dtype=xp.int32), (1, high.size, 1, 1, wide.size, 1))
        won = xp.reshape(winner, ahead) == number
        parts = xp.where(won, xp.reshape(planes_of_g, ahead), xp.reshape(nothing, ahead))
        together = xp.reshape(parts, (high.count * high.size, ahead[2], wide.count * wide.size, ahead[5]))
        left = [(0, planes.shape[axis] - together.shape[axis], 0) for axis in range(4)]
        whole = backend_of(g).pad(together, left) if any(map(any, left)) else together
        return from_planes(whole, x.ndim)

    return from_planes(largest, x.ndim), lambda g: (lambda: blame(g),)


def _side_by_side(windows: tuple[Windows, Windows]) -> bool:
    """Whether windows neither overlap nor leave gaps nor see padding."""
    return all(w.stride == w.size and not w.low and not w.high for w in windows)


@primitive
def average_pool(x: Array, *, size: Sizes = 2, stride: Sizes | None = None, padding: Padding = 0) -> Rule:
    """Mean of each window, channel by channel; padding is not counted.

        y[n, a, b, c] = (1 / m) Σ_{i, j} x[n, a · stride + i, b · stride + j, c],   m the places of x in this window

        x (batch, height, width, channels)  ->  y (batch, rows, columns, channels);  without height alike

    Backward: g / m at every place of the window.

    Raises `InputError` where a window does not fit, or would see padding alone.

    >>> import numpy as np
    >>> average_pool(np.array([[[1.0], [3.0], [2.0], [2.0]]]))[0, :, 0]
    array([2., 2.])
    """
    xp = namespace(x)
    windows = _windows("average_pool", x, size, stride, padding)
    high, wide = (_counted(w) for w in windows)
    share = xp.asarray((1 / np.outer(high, wide))[:, None, :, None], dtype=x.dtype)
    y = reduce(xp.add, shifts(padded(to_planes(x), windows), windows)) * share

    def blame(g: Array) -> Array:
        part = to_planes(g) * share
        return from_planes(fold([part] * (windows[0].size * windows[1].size), windows), x.ndim)

    return from_planes(y, x.ndim), lambda g: (lambda: blame(g),)


def _counted(w: Windows) -> np.ndarray:
    """Return how many places of the axis itself each window sees."""
    begin = np.arange(w.count) * w.stride - w.low
    return np.minimum(begin + w.size, w.length) - np.maximum(begin, 0)
