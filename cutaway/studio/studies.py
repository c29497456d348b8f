"""Long looks: the landscape around the weights, bias and variance by capacity. Each is a job."""

from __future__ import annotations

from typing import Any

import numpy as np

from cutaway.errors import InputError
from cutaway.layers import Dense, Layer, ReLU, Sequential
from cutaway.studio.arguments import Arguments
from cutaway.studio.history import History
from cutaway.studio.jobs import Told
from cutaway.studio.moment import is_finite
from cutaway.studio.past import ToldHistory
from cutaway.studio.session import Session
from cutaway.studio.shown import Shown

PATH = 40  # moments of the way that are drawn
ROWS = 2_048  # rows that a landscape's loss is over, and that a study of capacity learns from, at most
WIDTHS = [1, 2, 4, 8, 16]


def landscape(session: Session, asked: Arguments, client: Any) -> Any:
    """Begin to compute the loss over a plane through the way that led here, through two weights, or a random one."""
    plane, points = asked.raw("plane", "trajectory"), asked.whole("points", 25, 5, 81)
    asked.done()
    now = session.shown()
    if isinstance(plane, list):
        if len(plane) != 2:
            raise asked.wrong("plane", plane, "two weights")
        plane = [_place(now, each) for each in plane]
    elif plane not in ("trajectory", "random"):
        raise asked.wrong("plane", plane, "trajectory, random, or two weights")
    if plane == "trajectory" and now.moment.step == 0:
        raise InputError("landscape: no step led here yet, so there is no way to draw; train, or choose two weights")
    return {"job": session.jobs.start("landscape", lambda told: _landscape(now, plane, points, told))}


def _place(now: Shown, each: Any) -> tuple[str, tuple[int, ...]]:
    inside = Arguments("landscape: plane", each if isinstance(each, dict) else {})
    path, index = inside.text("path"), tuple(inside.wholes("index"))
    if path not in now.moment.carry.params:
        raise InputError(f"landscape: there is no weight {path!r}; there are {', '.join(now.moment.carry.params)}")
    return path, index


def _landscape(now: Shown, plane: Any, points: int, told: Told) -> dict[str, Any]:
    from cutaway.explain.landscape import landscape as landscape_of

    case = now.case
    past, history = case.past, now.history
    delivered = isinstance(history, ToldHistory) and history.is_delivered(now.moment)
    kept = past.kept if past is not None and delivered and plane == "trajectory" else None
    way = [] if kept is not None else _way(history, now, told)
    approximate = past is not None and isinstance(history, ToldHistory) and history.is_told(now.moment)
    approximate = approximate and past is not None and now.moment.step in past.nearly
    if plane == "trajectory" and kept is None and (approximate or len(way) < 2):
        raise InputError(
            "landscape: of the way that led here no weights are known exactly; go to those delivered, or choose two "
            "weights or a random plane"
        )
    rows = case.rows(now.way.loss, "training")
    some = slice(None, None, max(1, -(-len(rows.x) // ROWS)))
    found = landscape_of(
        case.at(now.moment), rows.x[some], rows.y[some], loss=now.way.loss, plane=plane, points=points, curvature=False,
        trajectory=[moment.arrays for moment in way] if kept is None else kept,
        engine="numpy" if case.weights < 10_000 else "auto",
    )  # fmt: skip
    # Of a run's own way the places and distances are those that it kept, and at some of them the true losses.
    drawn = slice(None) if kept is None or found.dotted is None else found.dotted
    steps = [moment.step for moment in way]
    if kept is not None and past is not None:
        steps = [past.steps.get(int(epoch), past.last) for epoch in kept.epochs]
    return {
        "kind": found.plane.kind, "names": list(found.plane.names), "across": found.across, "up": found.up,
        "losses": found.losses, "centre": list(found.centre), "loss": found.loss,
        "path": found.path[drawn], "path_steps": np.array(steps, np.int32)[drawn],
        "path_losses": found.path_losses[drawn], "off_plane": found.off_plane[drawn],
        "explained": None if np.isnan(found.explained) else found.explained,
        "sentences": found.sentences(),
    }  # fmt: skip


def _way(history: History, now: Shown, told: Told) -> list[Any]:
    """Return moments evenly over the way that led here, the last one what is shown."""
    steps = np.unique(np.linspace(0, now.moment.step, PATH).round().astype(int))
    found: list[Any] = []
    nearly = {} if now.case.past is None else now.case.past.nearly
    for number, step in enumerate(steps[:-1]):
        told(number, len(steps))
        moment = history.at(now.moment.branch, int(step))
        told_nearly = isinstance(history, ToldHistory) and history.is_told(moment) and moment.step in nearly
        again = bool(found) and found[-1].step == moment.step  # of what was told, moments lie apart
        if is_finite(moment.carry) and not told_nearly and not again:
            found.append(moment)
    return [*found, now.moment]


def capacity(session: Session, asked: Arguments, client: Any) -> Any:
    """Begin to measure bias and variance of one hidden layer of several widths on these rows."""
    widths = asked.wholes("widths", WIDTHS, 1, 12)
    resamples, seeds = asked.whole("resamples", 6, 3, 50), asked.whole("seeds", 2, 1, 20)
    epochs = asked.whole("epochs", 60, 1, 2000)
    asked.done()
    now = session.shown()
    material = now.case.material
    if material.x.ndim != 2 or material.kind != "numbers":
        raise InputError("capacity: it is measured on tables and points; these rows are " + material.kind)
    if sorted(set(widths)) != widths or max(widths) > 512:
        raise InputError(f"capacity: widths are {widths}; expected different ones from small to large, at most 512")
    work = lambda told: _capacity(now, widths, resamples, seeds, epochs, told)  # noqa: E731
    return {"job": session.jobs.start("capacity", work)}


def _capacity(now: Shown, widths: list[int], resamples: int, seeds: int, epochs: int, told: Told) -> dict[str, Any]:
    from cutaway.explain.bias_variance import bias_variance
    from cutaway.optimizers import Adam

    material = now.case.material
    every = np.sort(np.concatenate([material.training, material.held_out]))
    every = every[:: max(1, -(-len(every) // ROWS))]
    outputs = max(len(material.classes), 1) if material.classes else len(material.outputs)

    def make(width: float) -> Layer:
        return Sequential(Dense(int(width)), ReLU(), Dense(outputs))

    found = bias_variance(
        make, material.x[every], material.y[every], loss="cross_entropy" if material.classes else "squared_error",
        values=widths, resamples=resamples, seeds=seeds, epochs=epochs, optimizer=Adam(0.01), weight_decay=0.0,
        told=told,
    )  # fmt: skip

    def figure(each: Any) -> Any:
        return None if each is None else dict(vars(each))

    return {
        "vary": found.vary, "values": list(found.values),
        "words": {"error": found.kind, "noise": found.noise, "verdict": found.verdict.sentence,
                  "notes": list(found.notes)},
        "parts": [
            {"value": value, "error": figure(part.error), "bias": figure(part.bias), "variance": figure(part.variance),
             "noise": figure(part.noise), "learned": float(learned), "state": state}
            for value, part, learned, state in zip(found.values, found.parts, found.learned, found.states, strict=True)
        ],
        "curve": [
            {"rows": rows, "error": figure(part.error), "learned": float(learned)}
            for rows, part, learned in found.curve
        ],
    }  # fmt: skip


def cancel(session: Session, asked: Arguments, client: Any) -> Any:
    """End a job."""
    session.jobs.cancel(asked.whole("job"))
    asked.done()
    return {}
