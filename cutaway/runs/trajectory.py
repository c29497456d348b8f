"""The way that a training takes: its weights before the first epoch and after each, whole or as a plane of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from cutaway.errors import InputError
from cutaway.layers import Blend, Ensemble, Layer
from cutaway.optimizers import Optimizer
from cutaway.records import StepRecord
from cutaway.storage.way import Way
from cutaway.training.plan import Plan
from cutaway.training.step import Batch, Carry

# Weights that are held of a way at most, all points together, and points. A way with room for fewer is not held.
HELD, POINTS, FEWEST = 1 << 23, 200, 4


def with_trajectory(
    plan: Plan, way: list[dict[str, np.ndarray]], network: Layer, optimizer: Optimizer, rows: Batch
) -> Plan:
    """Return the plan of a training that adds its weights and state to `way`; those it begins with are there at once.

    Each entry is a dict by path, with members with a leading axis for them. The network is as it was.
    """

    def keep(epoch: int, carry: Carry) -> None:
        way.append({path: np.array(array) for path, array in {**carry.params, **carry.state}.items()})

    keep(0, _first_carry(plan, network, optimizer, rows))
    return replace(plan, shown=keep)


class Followed:
    """The weights of a training's first member after its epochs, thinned so that memory stays bounded.

    Every k-th epoch is held, k = 1, 2, 4, … as the epochs become many, and always the last. A network so large that
    few points could be held is not followed.

    >>> followed = Followed()
    >>> for epoch in range(1000):
    ...     followed.add(epoch, np.full(3, epoch, np.float32))
    >>> followed.epochs[:3], followed.epochs[-1], len(followed.epochs)
    ([0, 8, 16], 999, 126)
    """

    def __init__(self) -> None:
        self._held: list[tuple[int, np.ndarray]] = []
        self._last: tuple[int, np.ndarray] | None = None
        self._every = 1

    def on(self, plan: Plan, network: Layer, optimizer: Optimizer, rows: Batch) -> Plan:
        """Return the plan of a training that is followed; what is trained stays the same, bit by bit."""
        several = plan.members is not None

        def look(epoch: int, last: bool, fetch: Callable[[], Mapping[str, np.ndarray]]) -> None:
            if epoch % self._every == 0 or last:  # what is not held is not copied
                arrays = [array for _, array in sorted(fetch().items())]
                self.add(epoch, np.concatenate([(array[0] if several else array).ravel() for array in arrays]))

        if FEWEST * (plan.members or 1) * sum(array.size for array in network.parameters().values()) > HELD:
            return plan
        folds = None if plan.folds is None else plan.folds[:1]
        first = replace(plan, members=1 if several else None, folds=folds, rates=None)
        begin = _first_carry(first, network, optimizer, rows).params
        look(0, False, lambda: begin)
        return replace(plan, followed=look)

    def add(self, epoch: int, weights: np.ndarray) -> None:
        """Hold the weights after an epoch, all in one line."""
        self._last = (epoch, weights)
        if epoch % self._every == 0:
            self._held.append(self._last)
        if len(self._held) >= max(2, min(POINTS, HELD // max(1, weights.size))):
            self._held, self._every = self._held[::2], 2 * self._every

    @property
    def epochs(self) -> list[int]:
        """After which epochs the weights are held."""
        return [epoch for epoch, _ in self._points()]

    def _points(self) -> list[tuple[int, np.ndarray]]:
        last = [] if self._last is None or (self._held and self._held[-1][0] == self._last[0]) else [self._last]
        return [*self._held, *last]

    def way(self, network: Layer | Ensemble | Blend, history: Sequence[StepRecord]) -> Way | None:
        """Return the way in its own plane through the weights delivered; None where there is none.

        history   the records of the training, which say the loss of each epoch
        """
        from cutaway.explain.planes import trajectory_plane

        points = [(epoch, weights) for epoch, weights in self._points() if np.isfinite(weights).all()]
        network = network[0] if isinstance(network, Ensemble) else network
        if len(points) < 2 or not isinstance(network, Layer):
            return None
        params = dict(sorted(network.parameters().items()))
        flats = np.stack([weights for _, weights in points])
        try:
            plane = trajectory_plane(params, flats)
        except InputError:  # it did not move, or there is one weight only: no plane
            return None
        places, off_plane = plane.projected(flats)
        losses = {record.epoch: record.loss for record in history}
        found = np.array([losses.get(epoch, np.nan) for epoch, _ in points])
        directions, begin = {}, 0
        for path, array in params.items():
            part = plane.axes[:, begin : begin + array.size]
            directions[path] = part.reshape(2, *array.shape).astype(array.dtype)
            begin += array.size
        return Way(
            directions, np.array([epoch for epoch, _ in points]), places, off_plane,
            np.where(np.isfinite(found), found, np.nan), plane.explained,
        )  # fmt: skip


def _first_carry(plan: Plan, network: Layer, optimizer: Optimizer, rows: Batch) -> Carry:
    """Return the weights before the first step; the network is as it was."""
    before = {path: array.copy() for path, array in {**network.parameters(), **network.state()}.items()}
    first = plan.first_carry(network, optimizer, rows)
    first = Carry(*({path: array.copy() for path, array in part.items()} for part in first))
    network.load(before)
    return first
