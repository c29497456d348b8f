"""A mesh of places over one or two axes: where a page and a report ask a network what it answers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cutaway.studio.material import Axis

POINTS = {1: 120, 2: 40}  # along each axis, where nobody says: of a curve, of a plane
MARGIN = 0.1  # of the rows' range, that a picture shows beyond it


def widened(axis: Axis) -> Axis:
    """Return an axis with a margin around the range of its rows; one unit to each side where they are all equal.

    >>> widened(Axis("x", 0.0, 10.0))
    Axis(name='x', low=-1.0, high=11.0)
    """
    room = MARGIN * (axis.high - axis.low) if axis.high > axis.low else 1.0
    return Axis(axis.name, axis.low - room, axis.high + room)


def mesh(axes: Sequence[Axis], points: int) -> np.ndarray:
    """Return places (points ** axes, axes): row after row of the picture, from low to high; the second axis goes up.

    >>> mesh([Axis("across", 0.0, 1.0), Axis("up", 5.0, 6.0)], 2).tolist()
    [[0.0, 5.0], [1.0, 5.0], [0.0, 6.0], [1.0, 6.0]]
    """
    along = [np.linspace(axis.low, axis.high, points) for axis in axes]
    return np.stack([part.ravel() for part in np.meshgrid(*along)], axis=1)
