"""A frame: the views that a client watches, of one moment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cutaway.errors import InputError
from cutaway.studio.arguments import Arguments
from cutaway.studio.attention import maps
from cutaway.studio.diagnosing import remembered
from cutaway.studio.sentences import NUDGE, sentence
from cutaway.studio.session import Session
from cutaway.studio.shown import Shown

Frame = dict[str, Any]
Since = tuple[int, int, int]


def watched(asked: Arguments) -> dict[str, Any]:
    """Return the views that a client wants to watch, with their arguments; `InputError` for one that there is not."""
    views: dict[str, Any] = asked.mapping("views")
    for name, value in views.items():
        if name not in VIEWS:
            raise asked.wrong("views", name, f"some of {', '.join(VIEWS)}")
        if value not in (True, False, None) and not isinstance(value, dict):
            raise asked.wrong(name, value, "true, false, or names and values")
    return {name: {} if value is True else value for name, value in views.items() if value not in (False, None)}


def frame(session: Session, now: Shown, views: dict[str, Any], since: Since) -> Frame:
    """Return the views of a moment, and what some of them refused.

    since   network (`opened`), branch and step of the last frame that the client has: of curves it gets what came after
    """
    losses = bool(views.keys() & {"rows", "curves"})  # whoever looks at none of them has a picture the sooner
    made: Frame = {"version": now.version, "opened": now.opened, "time": session.time(now, losses)}
    errors = {}
    for name, arguments in views.items():
        try:
            made[name] = VIEWS[name](session, now, Arguments(name, arguments), since)
        except InputError as fault:
            errors[name] = str(fault)
    return made | ({"errors": errors} if errors else {})


def _forward(session: Session, now: Shown, asked: Arguments, since: Since) -> Any:
    blame = asked.flag("blame", True)
    asked.done()
    return now.views.forward(now.moment, now.way, now.selected, blame)


def _gradients(session: Session, now: Shown, asked: Arguments, since: Since) -> Any:
    asked.done()
    x, y, _ = now.case.example(now.selected)
    return now.case.blamed(now.moment, x, y, now.way.loss).gradients


def _number(session: Session, now: Shown, asked: Arguments, since: Since) -> Any:
    asked.done()
    if now.selected.parameter is None:
        return None
    path, index = now.selected.parameter
    what = Arguments("number", {"kind": "parameter", "path": path, "index": list(index)})
    return sentence(now.case, now.moment, now.way, now.selected, what, NUDGE)


def _curves(session: Session, now: Shown, asked: Arguments, since: Since) -> Any:
    asked.done()
    branch = now.moment.branch
    step = since[2] if since[:2] == (now.opened, branch) else -1
    own = now.history.branches[branch]
    if step in own.edits or step == own.begin:
        step -= 1  # where a weight was set by hand, the loss is another than the client has
    return {
        "branch": branch,
        "since": step,
        **now.history.curves(branch, step, now.last),
        "findings": remembered(session, branch),
    }


VIEWS: dict[str, Callable[[Session, Shown, Arguments, Since], Any]] = {
    "forward": _forward,
    "weights": lambda session, now, asked, since: now.views.weights(now.moment),
    "gradients": _gradients,
    "boundary": lambda session, now, asked, since: now.views.boundary(now.moment, now.selected, asked),
    "responses": lambda session, now, asked, since: now.views.responses(now.moment, now.selected, asked),
    "number": _number,
    "rows": lambda session, now, asked, since: now.views.rows(now.moment, now.way, asked),
    "curves": _curves,
    "norms": lambda session, now, asked, since: now.views.norms(now.moment),
    "attention": lambda session, now, asked, since: maps(now, asked),
}
