"""What went non-finite first in a step: a layer's numbers, the loss, a slope, or a weight."""

from __future__ import annotations

import numpy as np

from cutaway.backends.random import Random
from cutaway.layers import Context
from cutaway.layers.context import Tap
from cutaway.studio.case import Case
from cutaway.studio.history import History
from cutaway.studio.moment import Moment, is_finite
from cutaway.studio.way import Way


def first_broken(case: Case, history: History, way: Way, before: Moment, example: int | None) -> str:
    """Return what went wrong in the step after a moment, or further back, in the first step that is not finite."""
    if is_finite(before.carry):
        places = case.stepper(way).places(before.position) if example is None else np.array([example])
        return what_broke(case, before, way, places)
    low, high = 0, before.step  # the weights are finite after `low` steps, and not after `high`
    while high - low > 1:
        half = (low + high) // 2
        low, high = (half, high) if is_finite(history.at(before.branch, half).carry) else (low, half)
    moment = history.at(before.branch, low)
    chosen = history.owner(before.branch, low).examples.get(low)
    places = case.stepper(way).places(moment.position) if chosen is None else np.array([chosen])
    return what_broke(case, moment, way, places)


def what_broke(case: Case, before: Moment, way: Way, places: np.ndarray) -> str:
    """Return in words where the first number that is not finite arises when a step is taken from a moment."""
    stepper = case.stepper(way)
    batch, step = stepper.batch(places), before.carry.moments["step"]
    taps: list[Tap] = []
    ctx = Context(mode="train", random=Random(stepper.seed, step), progress=step / stepper.steps, taps=taps)
    with np.errstate(all="ignore"):
        outputs = case.at(before)(batch.x, ctx=ctx)
        for tap in taps:
            if not np.isfinite(np.asarray(tap.output)).all():
                place = f"layer {tap.path!r} ({type(tap.layer).__name__})" if tap.path else "the network's output"
                return f"{place} gives numbers that are not finite from step {before.step + 1} on"
        if not np.isfinite(way.loss.value(outputs, batch.y, batch.weight)):
            return f"the loss is not finite from step {before.step + 1} on, though every output is"
    _, gradients = case.step_blame(before, way, places)
    for path, gradient in gradients.items():
        if not np.isfinite(gradient).all():
            return f"the slope of {path} is not finite in step {before.step + 1}"
    return (
        f"step {before.step + 1} makes a weight that is not finite: the learning rate is too high, or a slope too steep"
    )
