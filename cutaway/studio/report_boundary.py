"""What a run of one or two inputs answers everywhere: at the end, and where it was looked at while it learned."""

from __future__ import annotations

import base64
import copy
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from cutaway.data.number_encoder import NumberEncoder
from cutaway.data.table import Table
from cutaway.data.targets import ClassTarget, NumberTarget
from cutaway.layers import Blend, Ensemble, Layer
from cutaway.losses import BinaryCrossEntropy, CrossEntropy
from cutaway.runs.decoding import answers, decoded, sigmoid
from cutaway.runs.run import Run
from cutaway.runs.table_run import TableRun
from cutaway.studio.material import Axis
from cutaway.studio.mesh import POINTS, mesh, widened
from cutaway.studio.report_rows import SetAside
from cutaway.studio.report_words import cut

FRAMES, ROWS = 12, 400
MOST_CLASSES = 6
LARGEST = 1e30  # of a number in single precision, with room for what is reckoned with it


def boundary(run: Run, aside: SetAside | None, rows: bool = True) -> dict[str, Any] | None:
    """Return the answers over a grid as data; None where the run has more inputs, other outputs, or no rows are known.

    `frames` are those of the first network alone, at the epochs where its weights were kept; `outputs` the run's own.
    """
    if isinstance(run, TableRun):
        return None if aside is None else _of_table(run, aside, rows)
    return _of_arrays(run, rows) if run.setup is not None and not hasattr(run, "preprocessing") else None


def _of_table(run: TableRun, aside: SetAside, rows: bool) -> dict[str, Any] | None:
    encoders, target = run.preprocessing.encoders, aside.target
    numbers = all(isinstance(each, NumberEncoder) for each in encoders) and run.preprocessing.series is None
    if not numbers or len(encoders) > 2 or (isinstance(target, ClassTarget) and len(target.labels) > MOST_CLASSES):
        return None
    names = [each.column for each in encoders]
    places = np.stack([aside.table.column(name).astype(np.float64) for name in names], axis=1)
    kept = np.isfinite(places).all(axis=1)
    if not kept.any():
        return None
    axes, grid = _grid([cut(name) for name in names], places[kept])
    table = Table({name: np.ascontiguousarray(grid[:, place]) for place, name in enumerate(names)}, "grid")
    encoded, _ = run.preprocessing.transform_counted(table)
    found = run.predictions(table)
    outputs = found.values[:, None] if found.probabilities is None else found.probabilities
    frames = []
    if run.moments:
        network = _first(run.network)
        for epoch, weights in run.moments:
            network.load({**network.state(), **weights})
            told = decoded(answers(network(encoded), target), target)
            frames.append((epoch, told[0][:, None] if told[1] is None else told[1]))
    of_rows = (places[kept], aside.truth[kept]) if rows else None
    classes = [cut(str(label)) for label in target.labels] if isinstance(target, ClassTarget) else []
    assert isinstance(target, (ClassTarget, NumberTarget))
    return _told(axes, np.asarray(outputs, np.float64), classes, cut(target.column), of_rows, frames, run, target)


def _of_arrays(run: Run, rows: bool) -> dict[str, Any] | None:
    assert run.setup is not None
    x, y = (np.asarray(part, np.float64) for part in (run.setup.rows.x, run.setup.rows.y))
    if x.ndim != 2 or not 1 <= x.shape[1] <= 2:
        return None
    axes, grid = _grid([f"input {place + 1}" for place in range(x.shape[1])], x)
    read = _reader(run.setup.loss)
    members = list(Ensemble.of(run.network))
    outputs = np.mean([read(member(grid.astype(member.dtype))) for member in members], axis=0)
    many = outputs.shape[-1]
    if outputs.ndim != 2 or many > MOST_CLASSES or (many > 1 and not isinstance(run.setup.loss, CrossEntropy)):
        return None
    classed = isinstance(run.setup.loss, (CrossEntropy, BinaryCrossEntropy))
    if classed and many == 1:
        outputs = np.concatenate([1 - outputs, outputs], axis=1)
    frames = []
    if run.trajectory:
        network = _first(run.network)
        count = len(run.trajectory)
        led = len(members) > 1
        for epoch in sorted({int(place) for place in np.linspace(0, count - 1, min(FRAMES, count)).round()}):
            network.load({path: array[0] if led else array for path, array in run.trajectory[epoch].items()})
            found = read(network(grid.astype(network.dtype)))
            frames.append((epoch, np.concatenate([1 - found, found], axis=1) if classed and many == 1 else found))
    some = np.unique(np.linspace(0, len(x) - 1, min(len(x), ROWS)).round().astype(int))
    of_rows = (x[some], y[some].reshape(len(some), -1)[:, 0]) if rows else None
    classes = [str(place) for place in range(outputs.shape[1])] if classed else []
    return _told(axes, outputs, classes, "y", of_rows, frames, run)


def _reader(loss: Any) -> Callable[[Any], np.ndarray]:
    """Return what makes probabilities of outputs where the loss takes scores, and else leaves them."""
    if isinstance(loss, BinaryCrossEntropy):
        return lambda outputs: sigmoid(np.asarray(outputs, np.float64))
    if isinstance(loss, CrossEntropy):
        return lambda outputs: answers(outputs, ClassTarget("y", tuple(range(np.shape(outputs)[-1]))))
    return lambda outputs: np.asarray(outputs, np.float64)


def _first(network: Layer | Ensemble | Blend) -> Layer:
    """Return a copy of the first network, to put other weights into."""
    if isinstance(network, Blend):
        network = network.largest
    return copy.deepcopy(network[0] if isinstance(network, Ensemble) else network)


def _grid(names: Sequence[str], places: np.ndarray) -> tuple[list[dict[str, Any]], np.ndarray]:
    """Return the axes and the places of a mesh over the rows' range."""
    ends = zip(names, places.min(axis=0), places.max(axis=0), strict=True)
    axes = [widened(Axis(name, float(low), float(high))) for name, low, high in ends]
    points = POINTS[len(axes)]
    return [{**vars(axis), "points": points} for axis in axes], mesh(axes, points)


def _told(
    axes: list[dict[str, Any]],
    outputs: np.ndarray,
    classes: list[str],
    target: str,
    rows: tuple[np.ndarray, np.ndarray] | None,
    frames: list[tuple[int, np.ndarray]],
    run: Run,
    choice: Any = None,
) -> dict[str, Any] | None:
    points = axes[0]["points"]
    shape = (points,) * len(axes)
    if not all(np.abs(each).max() < LARGEST for each in (outputs, *(each for _, each in frames), *(rows or ()))):
        return None  # not finite, or too large to be drawn

    def answered(each: np.ndarray) -> dict[str, Any]:
        told = {"outputs": packed(each.reshape(*shape, -1))}
        if classes:
            won = each.argmax(axis=-1) if choice is None else choice.encode(choice.choose(each))
            told["classes"] = packed(won.reshape(shape))
        return told

    several = isinstance(run.network, (Ensemble, Blend))
    return {
        "kind": "curve" if len(axes) == 1 else "plane",
        "axes": axes,
        "names": classes,
        "target": target,
        "answer": answered(outputs),
        "frames": [{"at": epoch, **answered(each)} for epoch, each in frames],
        "first": several and bool(frames),
        "held_out": isinstance(run, TableRun),
        "rows": None if rows is None else {"coordinates": packed(rows[0][:ROWS]), "target": packed(rows[1][:ROWS])},
    }


def packed(array: np.ndarray) -> dict[str, Any]:
    """Return an array as data for the page: its shape, and its numbers in single precision, little-endian, in base64.

    >>> packed(np.array([1.0]))
    {'shape': [1], 'f4': 'AACAPw=='}
    """
    content = np.ascontiguousarray(array, "<f4").tobytes()
    return {"shape": list(array.shape), "f4": base64.b64encode(content).decode()}
