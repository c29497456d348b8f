"""A training that ended while it was still getting better."""

from __future__ import annotations

from itertools import pairwise

from cutaway.diagnosis import thresholds as at
from cutaway.diagnosis.check import check
from cutaway.diagnosis.course import curve, late, own_rows_learned, trend
from cutaway.diagnosis.evidence import Evidence
from cutaway.records import Finding, Fix


@check(explains=("underfit", "class_forgotten"))
def not_enough_epochs(evidence: Evidence) -> Finding | None:
    """Find a loss whose fall in the last part of the training is a good share of its whole fall.

    Where early stopping ended it, more epochs were there to be had, and rows held out did no better for them.
    """
    if own_rows_learned(evidence) or evidence.ended == "patience":
        return None
    end, points = trend(evidence), curve(evidence)
    if len(points) < 2 or not evidence.history or end.share < at.STILL_FALLING or end.fall < at.FALLS:
        return None
    tail = [loss for _, loss in late(points)]
    falls = end.sure > at.SURE if len(tail) > at.FEW_POINTS else all(b < a for a, b in pairwise(tail))
    if not falls:
        return None
    epochs, planned = evidence.epochs, evidence.plan.epochs
    factor = 10.0 if end.share > at.HALFWAY else 4.0
    ended = f" of {planned}, where it was stopped," if evidence.ended and epochs < planned else ""
    return Finding(
        check="not_enough_epochs",
        sentence=f"after {epochs} {'epoch' if epochs == 1 else 'epochs'}{ended} the loss is still falling: "
        f"{end.share:.0%} of its whole fall was in the last 30 % of the training",
        quantity="share of the fall of the loss that was in the last 30 % of the training",
        measured=end.share,
        normal=(None, at.STILL_FALLING),
        step=evidence.history[-1].step,
        fix=Fix("epochs", f"train longer: {int(epochs * factor)} epochs", f"epochs={int(epochs * factor)}",
                {"factor": factor}),
        confidence=0.7,
    )  # fmt: skip
