"""Steps too small: the training goes the right way, and would arrive much later."""

from __future__ import annotations

import math
from statistics import median

from cutaway.diagnosis import thresholds as at
from cutaway.diagnosis.check import check
from cutaway.diagnosis.course import LATE, healthy_update, looks, own_rows_learned, trend
from cutaway.diagnosis.evidence import Evidence
from cutaway.records import Finding, Fix


@check(
    explains=(
        "frozen_weights", "collapsed_output", "plateau_from_start", "late_plateau", "underfit", "not_enough_epochs",
        "too_few_updates", "class_forgotten", "batch_noise",
    )
)  # fmt: skip
def learning_rate_too_low(evidence: Evidence) -> Finding | None:
    """Find steps that hardly change the weights, that could be ten times as long, and a loss that is still falling.

    Of a step Δ the loss promises to fall by g·Δ. Where even ten times as long a one keeps nearly all of its promise
    (`Look.far_promise` near 1), the loss is straight that far, and nothing keeps the steps from being longer. Where all
    steps together hardly move the weights, the fall may be hidden by which rows came in which batch.
    """
    seen = looks(evidence)
    sizes = [size for look in seen if (size := healthy_update(evidence, look))]
    far = [kept for look in seen if (kept := look.far_promise) is not None]
    if not sizes or len(seen) < 2 or own_rows_learned(evidence):
        return None
    size = median(sizes)
    if math.log10(size) > at.LOWEST_UPDATE or (far and median(far) < at.STRAIGHT):
        return None
    rate, usual = evidence.optimizer.learning_rate, evidence.optimizer.usual
    known = rate < at.FAR_BELOW_USUAL * usual
    # Dropout hides a slow fall at the end; of a rate that is low for its kind the whole course may tell.
    parts = [trend(evidence, part) for part in ((LATE, 1.0) if known else (LATE,))]
    few = len(evidence.history) <= at.FEW_POINTS
    falls = any(part.fall > 0 and (part.sure > at.SURE or few) for part in parts)
    moved = size * evidence.steps
    if not falls and moved > at.UNMOVED:
        return None
    # To where a step is a thousandth of the weights, or at least back to what is usual.
    factor = min(max(10**at.GOOD_SMALL_UPDATE / size, usual / rate if known else 3.0), 1e6)
    factor = float(f"{factor:.1g}")
    return Finding(
        check="learning_rate_too_low",
        sentence=f"the learning rate of {rate:.3g} is too low: "
        + (
            "the loss still falls, by steps that could be ten times as long and more"
            if falls
            else f"all {evidence.steps:,} steps in one direction would move the weights by {moved:.1g} of their size"
        ),
        quantity="size of a step over that of the weights",
        measured=size,
        normal=(10**at.LOWEST_UPDATE, 0.1),
        step=seen[0].whole.step,
        fix=Fix(
            "learning_rate",
            f"raise the learning rate, to about {rate * factor:.1g}",
            f"learning_rate={rate * factor:.1g}",
            {"factor": factor},
        ),
        confidence=0.85 if known else 0.65,
    )
