"""A person's own rows and training, put aside while a rung or a lesson is on show; one command brings them back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cutaway.errors import InputError
from cutaway.studio.arguments import Arguments
from cutaway.studio.case import Case, Selected
from cutaway.studio.history import History
from cutaway.studio.moment import Moment
from cutaway.studio.scene import scene
from cutaway.studio.session import Session
from cutaway.studio.shown import Edit
from cutaway.studio.views import Views


@dataclass(frozen=True, eq=False)
class Left:
    """What was put aside: rows and network, every step that was taken, and where the session stood.

    done, undone   edits to be taken back, and to be made again
    drawn          whether the first weights are those that the seed gives
    """

    case: Case
    history: History
    now: Moment
    origin: Moment
    selected: Selected
    done: list[Edit]
    undone: list[Edit]
    broken: str
    drawn: bool


def put_aside(session: Session) -> None:
    """Hold on to what is on show, if it is a person's own: rungs and lessons can be opened again as they were.

    Called in a turn, before another network is opened. One such thing is held at a time, the newest.
    """
    if session.case.rung is None:
        session.left = Left(
            session.case, session.history, session.now, session.origin, session.selected, session.done,
            session.undone, session.broken, session.drawn,
        )  # fmt: skip


def back(session: Session, asked: Arguments, client: Any) -> Any:
    """Show again what was put aside, with its training, as it was left; what is on show is put aside instead."""
    asked.done()
    with session.turn():
        session.training.pause()
        left = session.left
        if left is None:
            raise InputError("back: nothing was put aside; open rows of your own with the command load")
        session.left = None
        put_aside(session)
        session.lesson = None
        session.case, session.views, session.history = left.case, Views(left.case), left.history
        session.now, session.origin, session.selected = left.now, left.origin, left.selected
        session.done, session.undone = left.done, left.undone
        session.broken, session.drawn = left.broken, left.drawn
        session.opened += 1  # branches are numbered as they were: nothing said of another network holds
        session.jobs.forget()
        session.changed(scene_too=True, by=client)
        return scene(session)
