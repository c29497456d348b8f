"""Where a network stands in time, as a page is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cutaway.studio.past import ToldHistory
from cutaway.studio.recording import Evaluation
from cutaway.studio.shown import Shown

if TYPE_CHECKING:
    from cutaway.studio.session import Session

TOO_LARGE = "the loss is not finite: a weight is so large that a sum is beyond the numbers there are; take it back"


def stand(session: Session, now: Shown, wait: bool) -> dict[str, Any]:
    """Return where the network of a session stands; called in a turn.

    wait   whether its losses are computed where they take long; else they are None
    """
    case, training = now.case, session.training
    found: Evaluation | None = None
    if wait or session.is_evaluated(now.moment) or not case.judged_slowly:
        ahead = training.running and now.moment is session.now
        found = training.evaluate() if ahead else session.evaluation(case, now.moment, now.way)
    lost = found is not None and len(case.material.training) > 0 and not np.isfinite(found.training)
    return {
        "branch": now.moment.branch,
        "why": now.history.branches[now.moment.branch].why,
        "step": now.moment.step,
        "epoch": now.moment.position // case.stepper(now.way).per_epoch,
        "last": now.last,
        "training": training.running,
        "loss": None if found is None else found.training,
        "of": "rows",
        "held_out": None if found is None or not len(case.material.held_out) else found.held_out,
        "rate": training.rate if training.running else 0.0,
        "broken": session.broken or (TOO_LARGE if lost else ""),
        "nearly": nearly(now),
        "again": session.drawn and not session.done and now.history.is_plain(now.moment),
    }


def nearly(now: Shown) -> str:
    """Return what is to be said of weights that are not the very ones of their step; "" of all others."""
    past = now.case.past
    told = past is not None and isinstance(now.history, ToldHistory) and now.history.is_told(now.moment)
    return past.nearly.get(now.moment.step, "") if told and past is not None else ""
