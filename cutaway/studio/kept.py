"""What a file keeps of a session: the scene, and moments of its history with every view that can be drawn of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from cutaway.errors import InputError
from cutaway.studio.arguments import Arguments
from cutaway.studio.attention import maps
from cutaway.studio.diagnosing import remembered
from cutaway.studio.history import Branch, History
from cutaway.studio.moment import is_finite
from cutaway.studio.past import ToldHistory
from cutaway.studio.pictures import filters_told, saliency_told
from cutaway.studio.scene import drawn, scene
from cutaway.studio.sentences import NUDGE, Teller, ledger
from cutaway.studio.session import Session
from cutaway.studio.shown import Shown

FEW_MOMENTS, MOST_MOMENTS, MOST_BRANCHES = 30, 60, 8
POINTS = {"curve": 160, "plane": 40}  # of a boundary, along each axis
RESPONSES = 16  # points along each axis of the little pictures in the units
ROWS = 10  # of each part, the worst first
MOST_RECORDS = 2_000  # of a curve
# Sentences of all moments together, a millisecond each: where there would be more, some moments alone have theirs.
MOST_SENTENCES, MOST_OF_ONE = 2_500, 1_200

Content = dict[str, Any]
Place = tuple[int, int]  # the branch that owns a step, and the step


def branches(history: History, here: int) -> list[Branch]:
    """Return the branches that are kept: the one on show, those it came from, and the newest of the others."""
    found, branch = [], history.branch(here)
    while True:
        found.append(branch)
        if branch.parent is None:
            break
        branch = history.branches[branch.parent]
    line = {each.number for each in found}
    for number in sorted(set(history.branches) - line, reverse=True):
        parent = history.branches[number].parent
        if len(found) < MOST_BRANCHES and (parent is None or parent in {each.number for each in found}):
            found.append(history.branches[number])
    return sorted(found, key=lambda each: each.number)


def places(history: History, chosen: list[Branch], here: Place, most: int) -> list[Place]:
    """Return the moments to keep: the ends of every branch, the one on show, and more early, where more happens."""
    steps = sum(branch.last - branch.begin + 1 for branch in chosen)
    found = {(history.owner(*here).number, here[1])}
    for branch in chosen:
        own = branch.last - branch.begin
        count = max(2, round(most * (own + 1) / steps))
        share = np.linspace(0, 1, count) ** 2
        found |= {(branch.number, branch.begin + int(step)) for step in np.unique(np.round(own * share))}
    if isinstance(history, ToldHistory):  # of what was told, moments lie apart
        found = {(number, history.at(number, step).step) for number, step in found}
    return sorted(found)


def at(session: Session, place: Place) -> Shown:
    """Return what would be on show at a moment."""
    now = session.shown()
    branch = now.history.owner(*place)
    return replace(now, moment=now.history.at(*place), way=branch.way, last=branch.last)


def moment_told(session: Session, now: Shown, every_sentence: bool) -> Content:
    """Return every view of a moment: what frames carry, pictures, and sentences by `key`."""
    case, views, moment = now.case, now.views, now.moment
    with session.turn():
        found = session.time(now)
    here = now.history.owner(session.now.branch, session.now.step).number, session.now.step
    broken = "" if is_finite(moment.carry) else "a weight is not finite here"
    broken = session.broken or broken if here == (moment.branch, moment.step) else broken
    forward = views.forward(moment, now.way, now.selected)
    kind = None if not case.material.axes else "curve" if len(case.material.axes) == 1 else "plane"
    frame: Content = {
        "time": {**found, "training": False, "rate": 0.0, "broken": broken},
        "forward": {**forward, "gradients": None},
        "weights": views.weights(moment),
        "gradients": {path: _single(g) for path, g in (forward["gradients"] or {}).items()},
    }
    told: Content = {"frame": frame}
    if kind is not None:
        grid = {"points": POINTS[kind]}
        boundary = views.boundary(moment, now.selected, Arguments("boundary", grid))
        frame["boundary"] = {**boundary, "outputs": _single(boundary["outputs"])}
        shown = [column["out"] for column in drawn(case) if column["out"] is not None]
        if shown:
            asked = Arguments("responses", {"points": RESPONSES, "layers": shown})
            frame["responses"] = _coarse(views.responses(moment, now.selected, asked))
    frame |= _possible(
        {"norms": lambda: views.norms(moment), "attention": lambda: maps(now, Arguments("attention", {}))}
    )
    parts = [part for part in ("training", "held_out") if len(case.material.places(part))]
    told["rows"] = {
        part: views.rows(moment, now.way, Arguments("rows", {"part": part, "count": ROWS})) for part in parts
    }
    told |= _possible({"saliency": lambda: saliency_told(now), "filters": lambda: filters_told(now)})
    with np.errstate(all="ignore"):
        step = {"step": now.moment.step}
        told["sentences"] = {name: step | said for name, said in _sentences(now, every_sentence)}
    return told


def count_of_sentences(now: Shown) -> int:
    """Return how many numbers of a moment can be asked for."""
    units = sum(int(layer["value"].size) for layer in now.views.forward(now.moment, now.way, now.selected)["layers"])
    return units + now.case.weights + int(now.case.material.x[0].size) + 1


def key(kind: str, name: str = "", place: tuple[int, ...] | list[int] = ()) -> str:
    """Return the name of a sentence, as the page makes it of what was clicked.

    >>> key("parameter", "0.weight", [1, 0])
    'parameter 0.weight 1,0'
    """
    return f"{kind} {name} {','.join(map(str, place))}"


def _sentences(now: Shown, every: bool) -> Iterator[tuple[str, Any]]:
    found = ledger(now.case, now.moment, now.way, now.selected)
    teller, names = Teller(found, NUDGE), now.case.material.inputs
    yield key("loss"), teller.loss()
    if now.selected.parameter is not None:
        yield key("parameter", *now.selected.parameter), teller.parameter(*now.selected.parameter)
    if not every:
        return
    for path, array in found.parameters.items():
        for index in np.ndindex(*array.shape):
            yield key("parameter", path, index), teller.parameter(path, index)
    for index in np.ndindex(*now.case.material.x.shape[1:]):
        yield key("input", "", index), teller.input(index, names)
    for tap in found.taps:
        for place in np.ndindex(*np.shape(tap.output)[1:]) if tap.path else ():
            try:
                yield key("unit", tap.path, place), teller.unit(tap.path, place)
            except InputError:
                break  # it hands on what came in
    for step in found.steps:
        yield key("operation", step.name), teller.operation(step, step.place)


def curves_told(session: Session, now: Shown, branch: Branch) -> Content:
    """Return what was recorded up to the end of a branch; of very long curves every so manieth record, and the last."""
    curves = now.history.curves(branch.number, -1, branch.last)
    found = [{**finding, "fix": None} for finding in remembered(session, branch.number)]
    return {"branch": branch.number, "since": -1, **_thinned(curves), "findings": found}


def scene_told(session: Session, chosen: list[Branch]) -> Content:
    """Return the scene, without all that needs Python: a file can be looked at, and not changed."""
    told = scene(session)
    kept = {branch.number for branch in chosen}
    nothing = {"projection": False, "capacity": False, "diagnosis": False, "export": []}
    return {
        **told, "version": 0, "ladder": [], "lessons": [], "sources": {"bundled": [], "most_bytes": 0},
        "branches": [each for each in told["branches"] if each["number"] in kept],
        "edits": {"undo": 0, "redo": 0}, "left": None,
        "network": {**told["network"], "editable": False},
        "can": {**told["can"], **nothing},
    }  # fmt: skip


def _possible(made: dict[str, Callable[[], Content]]) -> Content:
    """Return the views that this network has, of some."""
    found = {}
    for name, view in made.items():
        try:
            found[name] = view()
        except InputError:
            continue  # it has no norm, does not read texts, or sees no pictures
    return found


def _single(values: np.ndarray) -> np.ndarray:
    """Return numbers in single precision, where it can hold them."""
    largest = float(np.nanmax(np.abs(values), initial=0.0, where=np.isfinite(values)))
    return values.astype(np.float32) if largest < float(np.finfo(np.float32).max) else values


def _coarse(told: Content) -> Content:
    """Return responses rounded to a 256th of themselves: they are drawn a few pixels wide, and shown in no table.

    The low 16 of the 23 bits behind the point become zero, which is what makes them small in the file.
    """

    def rounded(values: np.ndarray) -> np.ndarray:
        bits = np.ascontiguousarray(values, np.float32).view(np.uint32)
        return ((bits + np.uint32(0x8000)) & np.uint32(0xFFFF0000)).view(np.float32)

    return {**told, "layers": [{**each, "values": rounded(each["values"])} for each in told["layers"]]}


def _thinned(curves: Content) -> Content:
    def some(series: Content) -> Content:
        count = len(series["step"])
        every = -(-count // MOST_RECORDS) or 1
        at = np.unique(np.append(np.arange(0, count, every), max(0, count - 1))) if count else slice(None)
        return {name: values[at] for name, values in series.items()}

    loss = some({**curves["loss"], **{f"metric {name}": each for name, each in curves["metrics"].items()}})
    vitals = []
    for layer in curves["vitals"]:
        thin = some({"step": layer["step"], **layer["values"]})
        vitals.append({**layer, "step": thin.pop("step"), "values": thin})
    return {
        "loss": {name: loss[name] for name in ("step", "training", "held_out")},
        "metrics": {name: loss[f"metric {name}"] for name in curves["metrics"]},
        "batch": some(curves["batch"]),
        "vitals": vitals,
    }
