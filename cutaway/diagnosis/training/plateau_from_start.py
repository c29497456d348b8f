"""A loss that never gets below what knowing nothing costs."""

from __future__ import annotations

import math

from cutaway.diagnosis import thresholds as at
from cutaway.diagnosis.check import check
from cutaway.diagnosis.evidence import Evidence
from cutaway.records import Finding, Fix


@check(explains=("late_plateau", "underfit", "not_enough_epochs", "class_forgotten"))
def plateau_from_start(evidence: Evidence) -> Finding | None:
    """Find a training whose loss, after many steps, is still that of the mean, or of the shares of the classes."""
    expected = evidence.output.expected
    losses = [record.loss for record in evidence.history if math.isfinite(record.loss)]
    if not losses or not math.isfinite(expected) or expected <= 0 or evidence.history[-1].step < at.MANY_STEPS:
        return None
    lowest = min(losses)
    if not abs(lowest / expected - 1) <= at.AS_NOTHING:
        return None
    return Finding(
        check="plateau_from_start",
        sentence=f"the loss is {lowest:.3g} at its lowest, as if nothing but the "
        + ("mean was known" if evidence.targets.task == "numbers" else "shares of the classes were known"),
        quantity="lowest loss over that of knowing nothing",
        measured=lowest / expected,
        normal=(None, 1 - at.AS_NOTHING),
        step=evidence.history[-1].step,
        fix=Fix("", "look for what cuts the outputs off from the inputs: weights, activations, loss"),
        confidence=0.5,
    )
