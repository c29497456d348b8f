"""Commands that look: they change nothing but what is selected."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from cutaway.errors import InputError
from cutaway.explain.ledger import as_data
from cutaway.studio.arguments import Arguments
from cutaway.studio.diagnosing import remembered
from cutaway.studio.scene import scene
from cutaway.studio.sentences import NUDGE, ledger, sentence
from cutaway.studio.session import Session


def open_(session: Session, asked: Arguments, client: Any) -> Any:
    """Return the scene."""
    asked.done()
    with session.turn():
        return scene(session)


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
            "findings": remembered(session, branch)}  # fmt: skip
