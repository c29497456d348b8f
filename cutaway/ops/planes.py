"""Planes: pictures turned so that the rows of the batch lie side by side, the layout that windows are cut from.

A picture arrives as (batch, height, width, channels). A window moves along height and width; with the batch as the last
axis every shift of a picture is whole runs of memory, and a loop over them uses full vectors whatever the picture's
size and however few its channels. Height comes first, so that a row of the picture is one piece of memory.
"""

from __future__ import annotations

from functools import reduce
from operator import add

from cutaway.backends import Array, backend_of, namespace
from cutaway.ops.windows import Windows


def to_planes(x: Array) -> Array:
    """Return x (batch, height, width, channels) or (batch, length, channels) as (height, channels, width, batch).

    A sequence is a picture of height 1.
    """
    xp = namespace(x)
    picture = xp.expand_dims(x, axis=1) if x.ndim == 3 else x
    return xp.permute_dims(picture, (1, 3, 2, 0))


def from_planes(planes: Array, ndim: int) -> Array:
    """Return planes (height, channels, width, batch) as pictures, or as sequences where `ndim` is 3."""
    xp = namespace(planes)
    picture = xp.permute_dims(planes, (3, 0, 2, 1))
    return xp.squeeze(picture, axis=1) if ndim == 3 else picture


def padded(planes: Array, windows: tuple[Windows, Windows], value: float = 0.0) -> Array:
    """Return planes with `value` around them: as many rows and columns as the windows see."""
    high, wide = windows
    if not any((high.low, high.high, wide.low, wide.high)):
        return planes
    return backend_of(planes).pad(
        planes, [(high.low, high.high, 0), (0, 0, 0), (wide.low, wide.high, 0), (0, 0, 0)], value
    )


def shifts(planes: Array, windows: tuple[Windows, Windows]) -> list[Array]:
    """Return, for each place of a window, row by row, what all windows see there: (rows, channels, columns, batch)."""
    high, wide = windows
    return [planes[high.places(i), :, wide.places(j), :] for i in range(high.size) for j in range(wide.size)]


def fold(parts: list[Array], windows: tuple[Windows, Windows]) -> Array:
    """Return the sum of `parts`, one for each place of a window, each put back where `shifts` took it from.

    What lies in the padding falls away.
    """
    high, wide = windows
    place = backend_of(parts[0]).pad
    corners = [(i, j) for i in range(high.size) for j in range(wide.size)]
    return reduce(
        add,
        (
            place(part, [high.back(i), (0, 0, 0), wide.back(j), (0, 0, 0)], 0.0)
            for part, (i, j) in zip(parts, corners, strict=True)
        ),
    )
