"""The three steps: one example, one batch, one epoch. Forward, loss, blame, Δw by the rule, before → after."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Literal

import numpy as np

from cutaway.errors import InputError
from cutaway.explain.step import Update, rule
from cutaway.studio.case import Case, Selected
from cutaway.studio.moment import Moment
from cutaway.studio.way import Way

Size = Literal["example", "batch", "epoch"]
SIZES: tuple[Size, ...] = ("example", "batch", "epoch")
SHOWN = 12  # weights that moved most


def example_of(size: str, selected: Selected) -> int | None:
    """Return the training row that a step on one example is on; None for the other sizes.

    Raises `InputError` where the selected example is not one to learn from.
    """
    if size != "example":
        return None
    if selected.part != "training":
        raise InputError(
            "step: the selected row is not one of the training rows, from which alone is learned; select one"
        )
    return selected.example


def shown_step(
    case: Case, moments: list[Moment], way: Way, size: str, example: int | None, losses: tuple[float, float]
) -> dict[str, Any]:
    """Return what the steps between moments did, the first with all its figures.

    moments   the one before, and those after each step, as they were taken
    losses    of all training rows, before and after
    """
    first, last = moments[0], moments[-1]
    updates = [_update(case, *pair, way, example) for pair in pairwise(moments)]
    whole = {path: last.carry.params[path] - array for path, array in first.carry.params.items()}
    return {
        "size": size,
        "rule": rule(way.optimizer),
        "optimizer": repr(way.optimizer),
        "rows": updates[0].rows.astype(np.int32).tolist(),
        "updates": [
            {"rows": len(each.rows), "loss": each.loss, "after": each.after, "predicted": each.predicted}
            for each in updates
        ],
        "largest": [{"name": c.name, **vars(c), "index": list(c.index)} for c in updates[0].largest(SHOWN)],
        "gradients": updates[0].gradients,
        "changes": whole,
        "loss_before": losses[0],
        "loss_after": losses[1],
    }


def _update(case: Case, before: Moment, after: Moment, way: Way, example: int | None) -> Update:
    """Return one step of the optimizer in figures; the moments are those of the training, bit by bit."""
    places = case.stepper(way).places(before.position) if example is None else np.array([example])
    loss, gradients = case.step_blame(before, way, places)
    old, new = before.carry.params, after.carry.params
    predicted = sum(float(np.sum(gradients[path] * (new[path] - old[path]))) for path in old)
    return Update(places, loss, case.step_loss(before, way, places, new), predicted, gradients, old, new)
