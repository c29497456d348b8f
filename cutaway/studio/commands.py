"""What a client may ask for: each command by its name, as docs/guides/studio_protocol.md tells them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from cutaway.data.suggestions import did_you_mean
from cutaway.errors import InputError
from cutaway.explain.figures import shown
from cutaway.explain.ledger import as_data
from cutaway.losses import Loss
from cutaway.studio import attention, diagnosing, exporting, pictures, studies, teaching
from cutaway.studio.arguments import Arguments
from cutaway.studio.case import Case
from cutaway.studio.opening import open_material, open_run, open_rung
from cutaway.studio.scene import scene
from cutaway.studio.sentences import NUDGE, ledger, sentence
from cutaway.studio.session import Edit, Session
from cutaway.studio.shaping import chain, kept, loss_named, optimizer_named, with_rate
from cutaway.studio.sources import of_bundled, of_points, of_table, read_bytes
from cutaway.studio.stepping import SIZES
from cutaway.studio.way import Way

MOST_TABLES = 8  # dropped files that are remembered until one is loaded
MOST_BATCH = 100_000


def open_(session: Session, asked: Arguments, client: Any) -> Any:
    """Return the scene."""
    asked.done()
    with session.turn():
        return scene(session)


def load(session: Session, asked: Arguments, client: Any) -> Any:
    """Show other rows: of the ladder, a bundled set, a dropped file, drawn points, or a run."""
    source = asked.inside("source")
    asked.done()
    kinds = ("rung", "bundled", "table", "points", "run")
    given = [name for name in kinds if name in source.given]
    if len(given) != 1:
        raise InputError(f"load: got {', '.join(given) or 'no source'}; expected one of {', '.join(kinds)}")
    kind = given[0]
    if kind == "rung":
        opened = open_rung(source.text("rung"))
    elif kind == "bundled":
        opened = open_material(of_bundled(source.text("bundled")))
    elif kind == "points":
        opened = open_material(of_points(source.raw("points")))
    elif kind == "run":
        opened = open_run(_allowed(session, source.text("run")))
    else:
        number, target = source.whole("table"), source.text("target")
        drop = [str(name) for name in source.several("drop", [])]
        if number not in session.tables:
            raise InputError(f"load: there is no table {number}; drop the file again")
        opened = open_material(of_table(session.tables[number], target, drop))
    source.done()
    return _opened(session, client, *opened)


def _allowed(session: Session, name: str) -> Path:
    """Return the folder of a run, which must lie where the studio was started or be what it was opened with."""
    place = Path(name).resolve()
    if not any(place == Path(home) or Path(home) in place.parents for home in session.homes):
        raise InputError(
            f"load: {name} does not lie in the folder where the studio was started; start it with that run"
        )
    return place


def _opened(session: Session, client: Any, case: Case, way: Way) -> Any:
    with session.turn():
        session.training.pause()
        session.lesson = None
        session.open(case, way)
        session.changed(scene_too=True, by=client)
        return scene(session)


def inspect(session: Session, asked: Arguments, client: Any) -> Any:
    """Read a dropped file and tell its columns; it is shown when a target is chosen (`load`)."""
    name, content = asked.text("name", most=500), asked.raw("bytes")
    asked.done()
    if not isinstance(content, np.ndarray) or content.dtype != np.uint8:
        raise asked.wrong("bytes", content, "the bytes of the file, as an array of u1")
    table = read_bytes(name, content.tobytes())
    with session.turn():
        number = max(session.tables, default=0) + 1
        session.tables[number] = table
        while len(session.tables) > MOST_TABLES:
            session.tables.pop(min(session.tables))
    return {"table": number, "name": table.source, "rows": table.rows, "suggested": table.names[-1],
            "columns": studies.columns_told(table), "notes": list(table.notes)}  # fmt: skip


# ---- looking ------------------------------------------------------------------------------------------------------


def select(session: Session, asked: Arguments, client: Any) -> Any:
    """Select an example, type one, or select a parameter."""
    with session.turn():
        old = session.selected
        typed = asked.mapping("typed", None)
        part = asked.choice("part", ("training", "held_out", "typed"), "typed" if typed is not None else old.part)
        example = asked.whole("example", 0 if part != old.part else old.example)
        parameter = asked.raw("parameter", None)
        asked.done()
        chosen = replace(old, part=part, example=example, typed=typed if typed is not None else old.typed)
        if "parameter" in asked.given:
            chosen = replace(chosen, parameter=None if parameter is None else _spot(session, asked, parameter))
        session.case.example(chosen)
        session.selected = chosen
        session.changed(scene_too=True, by=client)
    return forward(session, Arguments("forward", {}), client)


def _spot(session: Session, asked: Arguments, parameter: Any) -> tuple[str, tuple[int, ...]]:
    inside = asked.inside("parameter")
    path, index = inside.text("path"), tuple(inside.wholes("index"))
    inside.done()
    arrays = session.now.arrays
    if (
        path not in arrays
        or len(index) != arrays[path].ndim
        or any(i >= size for i, size in zip(index, arrays[path].shape, strict=True))
    ):
        raise InputError(f"select: there is no weight {path!r} {list(index)}; there are {', '.join(arrays)}")
    return path, index


def forward(session: Session, asked: Arguments, client: Any) -> Any:
    """Return every activation of the selected example, and its blame."""
    blame = asked.flag("blame", True)
    asked.done()
    now = session.shown()
    return now.views.forward(now.moment, now.way, now.selected, blame)


def weights(session: Session, asked: Arguments, client: Any) -> Any:
    """Return every weight."""
    asked.done()
    now = session.shown()
    return now.views.weights(now.moment)


def number(session: Session, asked: Arguments, client: Any) -> Any:
    """Return the sentence, the blame and the measurement of one number."""
    what, nudge = asked.inside("what"), asked.number("nudge", NUDGE, 1e-9, 1e3)
    asked.done()
    now = session.shown()
    return sentence(now.case, now.moment, now.way, now.selected, what, nudge)


def ledger_(session: Session, asked: Arguments, client: Any) -> Any:
    """Return every operation on the selected example."""
    asked.done()
    now = session.shown()
    found = ledger(now.case, now.moment, now.way, now.selected)
    return {"of": found.of, "value": found.value, "text": str(found), "data": as_data(found)}


def boundary(session: Session, asked: Arguments, client: Any) -> Any:
    """Return the outputs over a grid."""
    now = session.shown()
    return now.views.boundary(now.moment, now.selected, asked)


def responses(session: Session, asked: Arguments, client: Any) -> Any:
    """Return each unit's output over a grid."""
    now = session.shown()
    return now.views.responses(now.moment, now.selected, asked)


def rows(session: Session, asked: Arguments, client: Any) -> Any:
    """Return a table of rows."""
    now = session.shown()
    return now.views.rows(now.moment, now.way, asked)


def norms(session: Session, asked: Arguments, client: Any) -> Any:
    """Return what normalising layers do."""
    asked.done()
    now = session.shown()
    return now.views.norms(now.moment)


def curves(session: Session, asked: Arguments, client: Any) -> Any:
    """Return what was recorded."""
    now = session.shown()
    since, branch = asked.whole("since", -1, -1), asked.whole("branch", now.moment.branch)
    asked.done()
    return {"branch": branch, "since": since, **now.history.curves(branch, since),
            "findings": diagnosing.remembered(session, branch)}  # fmt: skip


# ---- changing -----------------------------------------------------------------------------------------------------


def edit(session: Session, asked: Arguments, client: Any) -> Any:
    """Set a weight by hand."""
    path, index, value = asked.text("path"), tuple(asked.wholes("index")), asked.number("value")
    more = asked.flag("more")
    asked.done()
    with session.turn():
        before = session.evaluation(session.case, session.now, session.way).training
        done, made = session.edit((path, index), value, more)
        return _edited(session, done, made, before, client)


def undo(session: Session, asked: Arguments, client: Any) -> Any:
    """Take the last edit back."""
    asked.done()
    with session.turn():
        before = session.evaluation(session.case, session.now, session.way).training
        branches = len(session.history.branches)
        done = session.undo()
        return _edited(session, done, len(session.history.branches) != branches, before, client)


def redo(session: Session, asked: Arguments, client: Any) -> Any:
    """Make the edit again that was taken back."""
    asked.done()
    with session.turn():
        before = session.evaluation(session.case, session.now, session.way).training
        done = session.redo()
        return _edited(session, done, done.made is not None, before, client)


def _edited(session: Session, done: Edit, made: bool, before: float, client: Any) -> Any:
    session.changed(scene_too=made, by=client)
    now = session.shown()
    told = session.time(now)
    return {
        "path": done.spot[0], "index": list(done.spot[1]), "before": done.before, "after": done.after,
        "undo": len(session.done), "redo": len(session.undone), "loss_before": before, "loss": told["loss"],
        "time": told, "branch_made": made, "forward": now.views.forward(now.moment, now.way, now.selected),
    }  # fmt: skip


def step(session: Session, asked: Arguments, client: Any) -> Any:
    """Take one step, and show every figure of it."""
    size = asked.choice("size", SIZES)
    asked.done()
    with session.turn():
        session.training.pause()
        branches = len(session.history.branches)
        moments, way, example = session.step(size)
        told = session.shown_step(moments, way, size, example)
        session.changed(scene_too=len(session.history.branches) != branches, by=client)
        now = session.shown()
        return {**told, "time": session.time(now),
                "forward": now.views.forward(now.moment, now.way, now.selected)}  # fmt: skip


def train(session: Session, asked: Arguments, client: Any) -> Any:
    """Train on from here."""
    speed, until = asked.number("speed", None, 0.01, 1e6), asked.whole("until", None)
    asked.done()
    with session.turn():
        if session.broken:
            raise InputError(f"train: {session.broken}; go back before it, and lower the learning rate")
        session.speed = speed
        session.training.start(until)
        session.changed()
        return session.time()


def pause(session: Session, asked: Arguments, client: Any) -> Any:
    """Stop after the step under way."""
    asked.done()
    with session.turn():
        session.training.pause()
        session.changed()
        return session.time()


def seek(session: Session, asked: Arguments, client: Any) -> Any:
    """Show a recorded step again."""
    step, branch = asked.whole("step"), asked.whole("branch", None)
    asked.done()
    with session.turn():
        session.training.pause()
        session.seek(step, branch)
        session.changed()
        return session.time()


def reset(session: Session, asked: Arguments, client: Any) -> Any:
    """Go back to the same start."""
    asked.done()
    with session.turn():
        session.training.pause()
        session.reset()
        session.changed(scene_too=True, by=client)
        return scene(session)


def new_start(session: Session, asked: Arguments, client: Any) -> Any:
    """Start from other first weights."""
    seed = asked.whole("seed", session.way.seed + 1, 0, 2**31)
    asked.done()
    with session.turn():
        session.training.pause()
        session.new_start(seed)
        session.changed(scene_too=True, by=client)
        return scene(session)


def shape(session: Session, asked: Arguments, client: Any) -> Any:
    """Change layers, loss, optimizer, learning rate or batch size."""
    change = asked.inside("change")
    asked.done()
    layers, name = change.several("layers", None, 100), change.text("loss", None)
    optimizer, rate = change.text("optimizer", None), change.number("rate", None, 0.0, 1e6)
    size = change.whole("batch_size", None, 1, MOST_BATCH)
    change.done()
    with session.turn():
        case, way = session.case, session.way
        words = []
        if optimizer is not None:
            way = replace(way, optimizer=optimizer_named(optimizer, rate))
            words.append(repr(way.optimizer))
        elif rate is not None:
            way = replace(way, optimizer=with_rate(way.optimizer, rate))
            words.append(f"learning rate {shown(rate)}")
        if size is not None:
            way = replace(way, batch_size=min(size, len(case.material.training)))
            words.append(f"{way.batch_size} rows a step")
        outputs = case.output_shape[-1]
        if layers is not None:
            case = _reshaped(session, case, chain(layers))
            outputs = case.output_shape[-1]
            if outputs != session.case.output_shape[-1] and name is None:
                from cutaway.studio.shaping import usual_loss

                way = replace(way, loss=usual_loss(case.material, outputs))
        if name is not None:
            criterion: Loss = loss_named(name, case.material, outputs)
            way = replace(way, loss=criterion)
            words.append(repr(criterion))
        session.training.pause()
        if layers is not None:
            selected = session.selected
            session.open(case, way)
            session.selected = replace(selected, parameter=None)
        elif words:
            session.change_way(way, ", ".join(words))
        session.changed(scene_too=True, by=client)
        return scene(session)


def _reshaped(session: Session, case: Case, network: Any) -> Case:
    """Return the case with another network; layers whose sizes stay keep the weights shown now."""
    if not case.editable:
        raise InputError("shape: the layers of a run are what they are; open its data to try others")
    material = case.material
    network.build(material.x[material.training], session.way.seed, case.network.dtype)
    outputs = int(network(material.x[:1]).shape[-1])
    fitting = (1, len(material.classes)) if len(material.classes) == 2 else (max(1, len(material.classes)),)
    if material.classes and outputs not in fitting:
        raise InputError(
            f"shape: the last layer has {outputs} units; {len(material.classes)} classes need {fitting[-1]}"
        )
    if not material.classes and outputs != len(material.outputs):
        raise InputError(f"shape: the last layer has {outputs} units; the target needs {len(material.outputs)}")
    return Case(case.title, material, kept(network, session.now.arrays), rung=case.rung)


Handler = Callable[[Session, Arguments, Any], Any]
COMMANDS: dict[str, Handler] = {
    "open": open_, "load": load, "inspect": inspect, "select": select, "forward": forward, "weights": weights,
    "number": number, "ledger": ledger_, "boundary": boundary, "responses": responses, "rows": rows, "norms": norms,
    "curves": curves, "edit": edit, "undo": undo, "redo": redo, "step": step, "train": train, "pause": pause,
    "seek": seek, "reset": reset, "new_start": new_start, "shape": shape, "findings": diagnosing.findings,
    "try_fix": diagnosing.try_fix, "apply_fix": diagnosing.apply_fix, "landscape": studies.landscape,
    "capacity": studies.capacity, "cancel": studies.cancel, "attention": attention.attention,
    "saliency": pictures.saliency, "filters": pictures.filters, "export": exporting.export,
    "lesson": teaching.lesson, "predict": teaching.predict, "tell": teaching.tell,
}  # fmt: skip
"""Every command but `watch` and `ack`, which are a client's own."""


def run(session: Session, name: Any, arguments: dict[str, Any], client: Any = None) -> Any:
    """Return what a command answers; `InputError` for one that there is not, and for what it refuses."""
    if not isinstance(name, str) or name not in COMMANDS:
        raise InputError(f"there is no command {name!r}; {did_you_mean(str(name), [*COMMANDS, 'watch', 'ack'])}")
    return COMMANDS[name](session, Arguments(name, arguments), client)
