"""What is told of an epoch: its loss, that of the rows held out, and whether these weights are the best so far."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cutaway.records import StepRecord
from cutaway.training.members import finite_mean

if TYPE_CHECKING:
    from cutaway.training.loop import Loop


def record(loop: Loop, epoch: int, losses: np.ndarray) -> None:
    """Measure the validation rows, keep the weights that are the best on them, and tell the epoch's figures."""
    figures: dict[str, float] = {}
    values = None
    best = False
    if loop.held_out is not None:
        value, outputs = loop.engine.evaluate(loop.carry, loop.held_out, outputs=bool(loop.plan.metrics))
        values = loop.group.first_says(np.atleast_1d(value))
        improved, best = loop.members.improved(values, epoch), loop.members.better_together(values)
        if loop.plan.together:
            improved = np.full(len(values), best)
        if improved.all():
            loop.best = loop.engine.copy(loop.carry.kept())
        elif improved.any():
            loop.best = loop.engine.choose(improved, loop.carry.kept(), loop.best)
        if outputs is not None and loop.truth is not None:
            averaged = outputs if loop.plan.members is None else outputs.mean(axis=0)
            judged = loop.trainer.loss.judged(averaged, loop.truth)
            figures = {name: metric(*judged) for name, metric in loop.plan.metrics.items()}
    loop.tell(
        StepRecord(
            epoch=epoch,
            step=loop.step,
            loss=finite_mean(losses),
            validation=None if values is None else finite_mean(values),
            learning_rate=learning_rate(loop),
            seconds=loop.elapsed(),
            best=best and not loop.plan.last,
            metrics=figures,
            members=() if loop.plan.members is None or values is None else tuple(map(float, values)),
        ),
        loop.trained.history,
    )


def learning_rate(loop: Loop) -> float:
    """Return the rate of the last step, with what undoing took from it; with members the mean."""
    step, factor = loop.step, 1.0
    if loop.members.undone.any():
        step = int(np.max(loop.engine.read(loop.carry.moments["step"])))
        factor = float(np.mean(loop.engine.read(loop.carry.moments["learning_rate_factor"])))
    return factor * float(loop.trainer.optimizer.learning_rate(max(0, step - 1) / loop.steps))
