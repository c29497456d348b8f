"""The three steps: one example, one batch, one epoch. Forward, loss, blame, Δw by the rule, before → after."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Literal

import numpy as np

from cutaway.errors import InputError
from cutaway.explain.figures import shown
from cutaway.explain.step import Update, rule
from cutaway.studio.case import Arrays, Case, Selected
from cutaway.studio.material import together
from cutaway.studio.moment import Moment
from cutaway.studio.views import Views
from cutaway.studio.way import Way

Size = Literal["example", "batch", "epoch"]
SIZES: tuple[Size, ...] = ("example", "batch", "epoch")
SHOWN = 12  # weights that moved most
SEEN = 4  # rows that a step learned from whose way forward is told


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
    views: Views, moments: list[Moment], way: Way, size: str, example: int | None, losses: tuple[float, float]
) -> dict[str, Any]:
    """Return what the steps between moments did, the first with all its figures: forward, loss, blame, update.

    moments   the one before, and those after each step, as they were taken
    losses    of all training rows, before and after
    """
    case, first, last = views.case, moments[0], moments[-1]
    updates = [_update(case, *pair, way, example) for pair in pairwise(moments)]
    whole = {path: last.carry.params[path] - array for path, array in first.carry.params.items()}
    return {
        "size": size,
        "rule": rule(way.optimizer),
        "optimizer": repr(way.optimizer),
        "rows": updates[0].rows.astype(np.int32).tolist(),
        "seen": _seen(views, first, way, updates[0].rows),
        "blame": _blame(updates[0].gradients),
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


def _seen(views: Views, before: Moment, way: Way, places: np.ndarray) -> list[dict[str, Any]]:
    """Return what the network said of the first rows of a step before it: their answers, the truth, their losses."""
    case, some = views.case, places[:SEEN]
    # Of all rows, as batch norm has it: what one is answered may depend on the others.
    outputs = case.step_outputs(before, way, places, before.carry.params)[:SEEN]
    with np.errstate(all="ignore"):
        losses = np.asarray(way.loss.rows(outputs, case.stepper(way).batch(some).y))
    answers = case.material.answers(outputs)
    return [
        {"example": int(place), "number": case.material.number(int(case.material.training[place])),
         "answer": views.said(answers[number]), "loss": float(losses[number]),
         "target": _worded(case.material.truth(int(case.material.training[place])))}
        for number, place in enumerate(some)
    ]  # fmt: skip


def _worded(truth: Any) -> str:
    return together(truth) if isinstance(truth, list) else truth if isinstance(truth, str) else shown(float(truth))


def _blame(gradients: Arrays) -> dict[str, Any]:
    """Return the weight that is blamed most, and how many are not blamed at all."""
    sizes = {path: np.nan_to_num(np.abs(array), nan=np.inf) for path, array in gradients.items()}
    path = max(sizes, key=lambda name: float(sizes[name].max(initial=-1.0)))
    index = tuple(int(part) for part in np.unravel_index(int(sizes[path].argmax()), sizes[path].shape))
    return {
        "name": f"{path}[{', '.join(map(str, index))}]", "path": path, "index": list(index),
        "gradient": float(gradients[path][index]),
        "weights": sum(array.size for array in gradients.values()),
        "without": sum(int(np.sum(array == 0)) for array in gradients.values()),
    }  # fmt: skip
