"""The way that a training takes: its weights before the first epoch and after each, whole or as a plane of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from cutaway.backends.random import generator
from cutaway.errors import InputError
from cutaway.layers import Blend, Ensemble, Layer
from cutaway.losses import Loss
from cutaway.optimizers import Optimizer
from cutaway.records import Event, StepRecord
from cutaway.storage.way import LARGEST, LONGEST_NAME, Judged, Way
from cutaway.training.cost import cost_of_step, seconds_of_step
from cutaway.training.plan import Plan
from cutaway.training.step import Batch, Carry

# Bytes that are held of a way at most, all points together, and points. A way with room for fewer is not held.
HELD, POINTS, FEWEST = 32 << 20, 200, 4
# Of pictures and texts, whose networks are larger: what is held, and what a run keeps of it on disk, moments and bytes,
# its plane counted.
HELD_OF_LARGE, MOMENTS, BYTES = 64 << 20, 24, 64 << 20
# In the end the loss is measured at so many of the points, over so many rows, and in so many seconds as they are
# reckoned beforehand, at most. Of rows that take long there are fewer, down to so few, of a text of as many places;
# then there are fewer points.
JUDGED, ROWS, FEWEST_ROWS, FEWEST_WINDOWS, SECONDS = 24, 2048, 64, 4, 0.15


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


class Point(NamedTuple):
    """The weights after an epoch, all in one line, and the state beside them, by path."""

    epoch: int
    weights: np.ndarray
    state: Mapping[str, np.ndarray]

    @property
    def nbytes(self) -> int:
        """The bytes that it takes."""
        return int(self.weights.nbytes + sum(array.nbytes for array in self.state.values()))


class Followed:
    """The weights of a training's first member after its epochs, thinned so that memory stays bounded.

    Every k-th epoch is held, k = 1, 2, 4, … as the epochs become many, and always the last. A network so large that
    few points could be held is not followed; `refused` then says so.

    held   bytes that all points together may take, weights and state (None: `HELD`)

    >>> followed = Followed()
    >>> for epoch in range(1000):
    ...     followed.add(epoch, np.full(3, epoch, np.float32))
    >>> followed.epochs[:3], followed.epochs[-1], len(followed.epochs)
    ([0, 8, 16], 999, 126)
    """

    def __init__(self, held: int | None = None) -> None:
        self.most, self.refused = HELD if held is None else held, ""
        self._held: list[Point] = []
        self._last: Point | None = None
        self._every = 1
        self._rows: tuple[np.ndarray, Batch] | None = None  # some of those learned from, and which

    def on(self, plan: Plan, network: Layer, optimizer: Optimizer, rows: Batch) -> Plan:
        """Return the plan of a training that is followed; what is trained stays the same, bit by bit."""
        several, paths = plan.members is not None, sorted(network.parameters())

        def look(epoch: int, last: bool, fetch: Callable[[], Mapping[str, np.ndarray]]) -> None:
            if epoch % self._every == 0 or last:  # what is not held is not copied
                arrays = {path: array[0] if several else array for path, array in fetch().items()}
                state = {path: np.array(array) for path, array in arrays.items() if path not in paths}
                self.add(epoch, np.concatenate([arrays[path].ravel() for path in paths]), state)

        params = network.parameters().values()
        each = sum(array.nbytes for array in (*params, *network.state().values()))  # of several members one is held
        if FEWEST * each > self.most:
            self.refused = (
                f"weights on the way are not kept: the network has {sum(array.size for array in params):,}, and "
                f"{FEWEST} moments of it would take more than {self.most / 2**20:,.0f} MiB"
            )
            return plan
        folds = None if plan.folds is None else plan.folds[:1]
        first = replace(plan, members=1 if several else None, folds=folds, rates=None)
        begin = _first_carry(first, network, optimizer, rows)
        look(0, False, lambda: {**begin.params, **begin.state})
        count = len(rows.x)
        places = np.arange(count) if count <= ROWS else np.sort(generator(0, "way").choice(count, ROWS, replace=False))
        self._rows = places, Batch(np.array(rows.x[places]), np.array(rows.y[places]), None)
        return replace(plan, followed=look)

    def add(self, epoch: int, weights: np.ndarray, state: Mapping[str, np.ndarray] | None = None) -> None:
        """Hold the weights after an epoch, all in one line, and the state beside them, such as running means."""
        self._last = Point(epoch, weights, state or {})
        if epoch % self._every == 0:
            self._held.append(self._last)
        if len(self._held) >= max(2, min(POINTS, self.most // max(1, self._last.nbytes))):
            self._held, self._every = self._held[::2], 2 * self._every

    def become(self, other: Followed) -> None:
        """Hold what another holds, which followed a training elsewhere."""
        self._held, self._last, self._every, self._rows = other._held, other._last, other._every, other._rows

    @property
    def epochs(self) -> list[int]:
        """After which epochs the weights are held."""
        return [point.epoch for point in self._points()]

    def _points(self) -> list[Point]:
        last = [] if self._last is None or (self._held and self._held[-1].epoch == self._last.epoch) else [self._last]
        return [*self._held, *last]

    def chosen(self, network: Layer | Ensemble | Blend, most: int) -> list[tuple[int, dict[str, np.ndarray]]]:
        """Return the weights and state of the first member after at most so many epochs, the first and the last too."""
        points = [point for point in self._points() if np.isfinite(point.weights).all()]
        network = network[0] if isinstance(network, Ensemble) else network
        if not points or not isinstance(network, Layer):
            return []
        params = dict(sorted(network.parameters().items()))
        sizes = np.cumsum([array.size for array in params.values()])[:-1]
        found = []
        for place in _spread(len(points), most):
            lines = np.split(points[place].weights, sizes)
            weights = {path: line.reshape(params[path].shape) for path, line in zip(params, lines, strict=True)}
            found.append((points[place].epoch, {**weights, **points[place].state}))
        return found

    def moments(self, network: Layer | Ensemble | Blend) -> list[tuple[int, dict[str, np.ndarray]]]:
        """Return the moments that a run keeps on disk: as many as there is room for beside the plane of its way.

        >>> import cutaway as ca
        >>> network, followed = ca.Sequential(ca.Dense(2)).build(1), Followed()
        >>> for epoch in range(100):
        ...     followed.add(epoch, np.full(4, epoch, np.float32))
        >>> found = followed.moments(network)
        >>> len(found) <= MOMENTS, [epoch for epoch, _ in found][:4], found[-1][1]["0.bias"]
        (True, [0, 1, 2, 4], array([99., 99.], dtype=float32))
        """
        if self._last is None:
            return []
        return self.chosen(network, min(MOMENTS, max(2, BYTES // self._last.nbytes - 2)))

    def kept(self, network: Layer, history: Sequence[StepRecord], loss: Loss, events: list[Event]) -> dict[str, Any]:
        """Return what a run on pictures or a text keeps, its `way` and `moments`; why there are none is an event."""
        if self.refused:
            events.append(Event(0, "moments", self.refused))
        return {"way": self.way(network, history, loss), "moments": self.moments(network)}

    def way(
        self,
        network: Layer | Ensemble | Blend,
        history: Sequence[StepRecord],
        loss: Loss | None = None,
        places: np.ndarray | None = None,
    ) -> Way | None:
        """Return the way in its own plane through the weights delivered; None where there is none.

        history   the records of the training, which say the loss of each epoch
        loss      what is measured at the weights held, over some of the rows learned from (None: nothing)
        places    where in the data of the run its rows are, or begin with (None: that is not known)
        """
        from cutaway.explain.planes import trajectory_plane

        points = [point for point in self._points() if np.isfinite(point.weights).all()]
        network = network[0] if isinstance(network, Ensemble) else network
        if len(points) < 2 or not isinstance(network, Layer):
            return None
        params = dict(sorted(network.parameters().items()))
        flats = np.stack([point.weights for point in points])
        try:
            plane = trajectory_plane(params, flats)
        except InputError:  # it did not move, or there is one weight only: no plane
            return None
        where, off_plane = plane.projected(flats)
        losses = {record.epoch: record.loss for record in history}
        found = np.array([losses.get(point.epoch, np.nan) for point in points])
        directions, begin = {}, 0
        for path, array in params.items():
            part = plane.axes[:, begin : begin + array.size]
            directions[path] = part.reshape(2, *array.shape).astype(array.dtype)
            begin += array.size
        return Way(
            directions, np.array([point.epoch for point in points]), where, off_plane,
            np.where(np.isfinite(found), found, np.nan), plane.explained,
            None if loss is None else self._judged(network, points, loss, places),
        )  # fmt: skip

    def _judged(self, network: Layer, points: Sequence[Point], loss: Loss, places: np.ndarray | None) -> Judged | None:
        """Return the loss at the points' own weights, over rows that were learned from."""
        from cutaway.explain.surface import Surface

        if self._rows is None:
            return None
        taken, rows = self._rows
        asked = min(JUDGED, len(points))
        cost = cost_of_step(network, loss, rows)._replace(operations=0, parameters=0)
        each = max(seconds_of_step("numpy", cost) / 3 / len(taken), 1e-12)  # a forward pass is a third of a step
        answers = rows.y.shape[1] if rows.y.ndim == 2 and rows.y.dtype.kind == "i" else 1  # of a text each place is one
        count = min(len(taken), max(FEWEST_ROWS // answers, FEWEST_WINDOWS, int(SECONDS / (asked * each))))
        asked = min(asked, max(2, int(SECONDS / (count * each))))
        some = np.linspace(0, len(taken) - 1, count).round().astype(int)
        taken, rows = taken[some], Batch(rows.x[some], rows.y[some], None)
        chosen = _spread(len(points), asked)
        params, state = dict(sorted(network.parameters().items())), network.state()
        sizes = np.cumsum([array.size for array in params.values()])[:-1]
        lines = np.split(np.stack([points[place].weights for place in chosen]), sizes, axis=1)
        weights = {
            **{path: line.reshape(-1, *params[path].shape) for path, line in zip(params, lines, strict=True)},
            **{path: np.stack([points[place].state[path] for place in chosen]) for path in state},
        }
        surface = Surface(network, loss, rows, len(chosen), "numpy")  # to compile would take longer
        losses = np.full(len(points), np.nan)
        measured = surface.at(weights)
        losses[chosen] = np.where(np.isfinite(measured), measured, np.inf)
        delivered = float(surface.at({path: array[None] for path, array in {**params, **state}.items()})[0])
        if not abs(delivered) <= LARGEST:
            return None
        known = places is not None and taken[-1] < len(places)
        which = np.sort(places[taken]) if places is not None and known else None
        return Judged(losses, type(loss).__name__[:LONGEST_NAME], len(taken), delivered, which)


def _spread(count: int, most: int) -> np.ndarray:
    """Return at most so many of the places 0 … count − 1: half of them evenly, half closer together early on.

    >>> _spread(100, 8), _spread(3, 8), _spread(9, 2)
    (array([ 0,  1,  5, 21, 33, 66, 99]), array([0, 1, 2]), array([0, 8]))
    """
    if count <= most:
        return np.arange(count)
    early = most // 2 if most > 3 else 0
    places = [*np.linspace(0, count - 1, most - early), *np.geomspace(1, count - 1, early)]
    return np.unique(np.round(places)).astype(int)


def _first_carry(plan: Plan, network: Layer, optimizer: Optimizer, rows: Batch) -> Carry:
    """Return the weights before the first step; the network is as it was."""
    before = {path: array.copy() for path, array in {**network.parameters(), **network.state()}.items()}
    first = plan.first_carry(network, optimizer, rows)
    first = Carry(*({path: array.copy() for path, array in part.items()} for part in first))
    network.load(before)
    return first
