"""Commands that change: weights by hand, steps, time, the way of training, the layers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from cutaway.errors import InputError
from cutaway.explain.figures import shown
from cutaway.losses import Loss
from cutaway.studio.arguments import Arguments
from cutaway.studio.case import Case
from cutaway.studio.scene import scene
from cutaway.studio.session import Session
from cutaway.studio.shaping import chain, kept, loss_named, optimizer_named, usual_loss, with_rate
from cutaway.studio.shown import Edit
from cutaway.studio.stepping import SIZES

MOST_BATCH = 100_000  # rows a step


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
    owner = session.history.owner(now.moment.branch, now.moment.step)
    owner.recording.evaluated(session.evaluation(now.case, now.moment, now.way))
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


def zero(session: Session, asked: Arguments, client: Any) -> Any:
    """Start with every weight at 0."""
    asked.done()
    with session.turn():
        session.training.pause()
        session.zero()
        session.changed(scene_too=True, by=client)
        return scene(session)


def shape(session: Session, asked: Arguments, client: Any) -> Any:
    """Change layers, loss, optimizer, learning rate or batch size."""
    change = asked.inside("change")
    asked.done()
    layers, name = change.several("layers", None, 100), change.text("loss", None)
    optimizer, rate = change.text("optimizer", None), change.number("rate", None, 0.0, 1e6, "the learning rate")
    size = change.whole("batch_size", None, 1, MOST_BATCH, "the number of rows a step")
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
                way = replace(way, loss=usual_loss(case.material, outputs))
        if name is not None:
            criterion: Loss = loss_named(name, case.material, outputs)
            way = replace(way, loss=criterion)
            words.append(repr(criterion))
        session.training.pause()
        if layers is not None:
            selected = session.selected
            session.open(case, way, drawn=False)
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
