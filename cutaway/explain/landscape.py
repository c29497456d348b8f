"""The loss as a landscape over a plane of weight space, and the way that a training took through it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from cutaway.errors import InputError
from cutaway.explain.curvature import curvature as curvature_of
from cutaway.explain.curvature import unflat
from cutaway.explain.landscape_found import Landscape
from cutaway.explain.planes import (
    TRAJECTORY_NAMES,
    Plane,
    as_place,
    flat,
    paths_of_members,
    random_plane,
    trajectory_plane,
    weights_plane,
)
from cutaway.explain.surface import Surface, as_batch
from cutaway.layers import Blend, Ensemble, Layer
from cutaway.losses import Loss, as_loss
from cutaway.storage.way import Judged, Way

MARGIN = 0.2  # of the way's extent, that the picture shows beyond it
SAME = 1e-4  # share of a loss within which two are of the same rows: another engine rounds otherwise


def landscape(
    run: Any,
    X: Any,
    y: Any,
    *,
    loss: str | Loss,
    plane: str | Sequence[Any] | None = None,
    points: int = 41,
    span: float | tuple[float, float] | None = None,
    member: int = 0,
    trajectory: Sequence[dict[str, np.ndarray]] | Way | None = None,
    curvature: bool = True,
    engine: str = "auto",
    seed: int = 0,
) -> Landscape:
    """Return the loss over a plane through the weights of a trained network.

        L(α, β) = L(θ* + α d₁ + β d₂)        θ* the network's weights

    run         a run, or a network that is built
    X, y        the rows that the loss is over
    plane       "trajectory", the plane nearest to the training's own way, which `fit(…, trajectory=True)` keeps, and
                of the first network a run that was written to a folder as it was trained;
                "random", two directions scaled filter by filter; or two weights: ("0.weight[2, 1]", "0.bias[0]"), or
                ("0.weight", (2, 1)) each, where what is shown are their own values and nothing is approximated.
                None: "trajectory" where there is one, else "random"
    points      of the grid along each axis
    span        how far it reaches to either side of the network, a number or one for each axis, in units of the axis;
                None: as far as the way and a little more; 1 for random directions; of a weight its own size, at least 1
    member      which of several networks
    trajectory  the way, where it is not the run's: weights and state by path, one dict a point; or a `Way`
    curvature   whether to measure how the loss bends at θ*
    engine      "numpy", "xla" or "auto"
    seed        of random directions

    All points are computed as one batched program. The path is coloured by its true loss, each point with its own
    weights, which is not the loss of the plane below it; how far it is off the plane is told. Of a run from a folder
    these weights are not there: its path has the losses that were measured at them when the training ended, at some of
    its points, over rows that it learned from. Raises `InputError` for a plane that is not there, and rows that do not
    fit.

    >>> import cutaway as ca
    >>> x = np.linspace(-1, 1, 20)[:, None]
    >>> line = ca.Sequential(ca.Dense(1))
    >>> run = ca.fit(line, x, 3 * x + 1, loss="squared_error", optimizer=ca.Adam(0.1), epochs=60, trajectory=True)
    >>> found = landscape(run, x, 3 * x + 1, loss="squared_error", plane=("0.weight[0, 0]", "0.bias[0]"), points=9)
    >>> found.losses.shape, f"{found.explained:.2f}"
    ((9, 9), '1.00')
    """
    network, name = _network_of(run, member)
    criterion = as_loss(loss)
    if not isinstance(points, (int, np.integer)) or isinstance(points, bool) or points < 2:
        raise InputError(f"landscape: points is {points!r}; expected a whole number of at least 2, such as 41")
    if engine not in ("auto", "numpy", "xla"):
        raise InputError(f"landscape: engine is {engine!r}, expected 'auto', 'numpy' or 'xla'")
    rows = as_batch(network, criterion, X, y, "landscape")
    params = network.parameters()
    way = _way(run if trajectory is None else trajectory, network, member, isinstance(run, Layer))
    flats = np.stack([flat({path: point[path] for path in params}) for point in way]) if way else np.zeros((0, 0))
    kept = None if way else _kept_way(run if trajectory is None else trajectory, params, member)
    if plane is None:
        plane = "trajectory" if way or kept is not None else "random"
    if kept is not None and not (isinstance(plane, str) and plane == "trajectory"):
        kept = None  # where it is in another plane is not known
    found = _plane(plane, network, flats, seed) if kept is None else _plane_of(kept, params)
    places, off = found.projected(flats) if way else (np.zeros((0, 2)), np.zeros(0))
    if kept is not None:
        places, off = kept.places, kept.off_plane
    sides = _sides(found, places, span)
    grid = [np.linspace(low, high, int(points)) for low, high in sides]
    surface = Surface(network, criterion, rows, int(points) ** 2, engine)
    every = np.stack(np.meshgrid(*grid), axis=-1).reshape(-1, 2)
    first, second = (unflat(axis, params) for axis in found.axes)
    losses = surface.along(params, (first, second), every).reshape(int(points), int(points))
    stacked = {path: np.stack([array]) for path, array in {**params, **network.state()}.items()}
    mine = float(surface.at(stacked)[0])
    true = surface.at({path: np.stack([point[path] for point in way]) for path in way[0]}) if way else np.zeros(0)
    judged = None if kept is None else kept.judged
    if kept is not None:
        true = kept.losses if judged is None else judged.losses
    bent = None
    if curvature:
        bent = curvature_of(network, rows.x, rows.y, loss=criterion, directions=found.axes, seed=seed)
    away = np.sum((flats - found.centre) ** 2) if way else np.sum(places**2) + np.sum(off**2)
    offsets = np.array(found.offsets)
    return Landscape(
        plane=found, across=grid[0] + offsets[0], up=grid[1] + offsets[1], losses=losses,
        centre=(float(offsets[0]), float(offsets[1])), loss=mine, loss_name=type(criterion).__name__,
        path=places + offsets, path_losses=true, off_plane=off,
        explained=float(1 - np.sum(off**2) / away) if away else float("nan"),
        curvature=bent, rows=len(rows.x), engine=surface.engine, of=name,
        epochs=np.arange(len(way)) if kept is None else kept.epochs, recorded=kept is not None and judged is None,
        judged=None if judged is None or _same(judged, type(criterion).__name__, len(rows.x), mine) else judged,
        dotted=None if judged is None else ~np.isnan(judged.losses),
    )  # fmt: skip


def _same(judged: Judged, name: str, rows: int, loss: float) -> bool:
    """Whether the way's losses are the same loss over the same rows: then the delivered weights have the same, too."""
    return (judged.loss, judged.count) == (name, rows) and bool(np.isclose(judged.delivered, loss, rtol=SAME, atol=0))


def _network_of(run: Any, member: int) -> tuple[Layer, str]:
    """Return the network of a run, of several the one asked for, and which it is in words."""
    network = run if isinstance(run, (Layer, Ensemble, Blend)) else getattr(run, "network", None)
    if isinstance(network, Blend):
        network = network.largest
    if isinstance(network, Ensemble):
        if not 0 <= member < len(network):
            raise InputError(f"landscape: member is {member}; the run has {len(network)} networks, counted from 0")
        return network[member], f"network {member + 1} of {len(network)}"
    if not isinstance(network, Layer):
        raise InputError(f"landscape: got a {type(run).__name__}; expected a run or a network")
    if not network.built or not network.parameters():
        raise InputError("landscape: the network has no weights yet; train it, or call net.build(features)")
    return network, ""


def _way(given: Any, network: Layer, member: int, bare: bool) -> list[dict[str, np.ndarray]]:
    """Return the trajectory of the network asked for, each point with every weight and state."""
    points = given if isinstance(given, (list, tuple)) else [] if bare else getattr(given, "trajectory", [])
    expected = {path: array.shape for path, array in {**network.parameters(), **network.state()}.items()}
    way: list[dict[str, np.ndarray]] = []
    for place, point in enumerate(points):
        if set(point) != set(expected):
            raise InputError(f"landscape: point {place} of the trajectory is of another network: {', '.join(point)}")
        several = all(point[path].ndim == len(shape) + 1 for path, shape in expected.items())
        way.append({path: point[path][member] if several else point[path] for path in expected})
        if any(way[-1][path].shape != shape for path, shape in expected.items()):
            raise InputError(f"landscape: point {place} of the trajectory has other shapes than the network")
    return way


def _kept_way(given: Any, params: dict[str, np.ndarray], member: int) -> Way | None:
    """Return what a run keeps of its way, None where it keeps nothing, or of another of its networks."""
    kept = given if isinstance(given, Way) else getattr(given, "way", None)
    if not isinstance(kept, Way) or member != 0:
        return None
    if not kept.fits(params):
        raise InputError(
            f"landscape: the trajectory is of another network: {', '.join(kept.directions)}; choose plane='random'"
        )
    return kept


def _plane_of(kept: Way, params: dict[str, np.ndarray]) -> Plane:
    axes = [flat({path: kept.directions[path][axis] for path in params}) for axis in (0, 1)]
    return Plane("trajectory", flat(params), np.stack(axes), TRAJECTORY_NAMES, explained=kept.explained)


def _plane(plane: Any, network: Layer, way: np.ndarray, seed: int) -> Plane:
    params = network.parameters()
    if isinstance(plane, str) and plane == "random":
        return random_plane(params, seed, paths_of_members(network))
    if isinstance(plane, str) and plane == "trajectory":
        if not len(way):
            raise InputError(
                "landscape: there is no trajectory; train with ca.fit(…, trajectory=True), or take the first network "
                "of a run that was trained into a folder; or choose plane='random' or two weights"
            )
        return trajectory_plane(params, way, seed)
    if isinstance(plane, (tuple, list)) and len(plane) == 2:
        return weights_plane(params, [as_place(plane[0]), as_place(plane[1])])
    raise InputError(
        f"landscape: plane is {plane!r}; expected 'trajectory', 'random', or two weights such as "
        "('0.weight[2, 1]', '0.bias[0]')"
    )


def _sides(plane: Plane, path: np.ndarray, span: Any) -> list[tuple[float, float]]:
    """Return how far the grid reaches along each axis, from the network."""
    if span is not None:
        pair = span if isinstance(span, (tuple, list)) else (span, span)
        if len(pair) != 2 or not all(isinstance(s, (int, float)) and np.isfinite(s) and s > 0 for s in pair):
            raise InputError(f"landscape: span is {span!r}; expected a number above 0, or one for each axis")
        return [(-float(side), float(side)) for side in pair]
    sides = []
    for axis in (0, 1):
        low = min(0.0, float(path[:, axis].min())) if len(path) else 0.0
        high = max(0.0, float(path[:, axis].max())) if len(path) else 0.0
        room = max(MARGIN * (high - low), 1e-3 * float(np.abs(path).max())) if len(path) else 0.0
        low, high = low - room, high + room
        if plane.kind == "random":
            low, high = min(low, -1.0), max(high, 1.0)
        elif plane.kind == "weights":
            reach = max(1.0, abs(plane.offsets[axis]))
            low, high = min(low, -reach), max(high, reach)
        sides.append((low, high))
    if plane.kind == "trajectory":  # a narrow strip would show little: the short side is at least a third of the long
        longest = max(high - low for low, high in sides)
        sides = [
            (low - max(0.0, longest / 3 - (high - low)) / 2, high + max(0.0, longest / 3 - (high - low)) / 2)
            for low, high in sides
        ]
    return sides
