"""Steps too large: the weights are thrown across the valley instead of down it."""

from __future__ import annotations

import math

from cutaway.diagnosis import thresholds as at
from cutaway.diagnosis.check import check
from cutaway.diagnosis.evidence import Evidence
from cutaway.records import Finding, Fix


@check(explains=("non_finite", "exploding_gradient", "dead_relu", "oscillation"))
def learning_rate_too_high(evidence: Evidence) -> Finding | None:
    """Find steps of more than a tenth of the weights, look after look, or a training that went non-finite."""
    run = 0
    broke = next((event for event in evidence.events if event.what == "not finite"), None)
    for whole in evidence.network_vitals:
        ratios = [
            math.log10(vitals.update_ratio)
            for vitals in evidence.layer_vitals
            if vitals.step == whole.step and vitals.update_ratio
        ]
        high = bool(ratios) and sorted(ratios)[len(ratios) // 2] > at.HIGHEST_UPDATE
        run = run + 1 if high else 0
        if run >= at.PERSISTENT or (high and broke is not None):
            rate = evidence.optimizer.learning_rate
            return Finding(
                check="learning_rate_too_high",
                sentence=f"the learning rate of {rate:g} is too high: a step changes the weights by more than a tenth",
                quantity="size of a step over that of the weights",
                measured=10 ** sorted(ratios)[len(ratios) // 2],
                normal=(1e-4, 10**at.HIGHEST_UPDATE),
                step=whole.step,
                fix=Fix(
                    "learning_rate",
                    f"lower the learning rate, to about {rate / 10:g}",
                    f"learning_rate={rate / 10:g}",
                    {"factor": 0.1},
                ),
                confidence=0.8,
            )
    return None
