"""A layer or loss of one's own whose gradient is not its slope: descent goes astray however small the steps are."""

from __future__ import annotations

from cutaway.diagnosis import thresholds as at
from cutaway.diagnosis.check import check
from cutaway.diagnosis.evidence import Evidence
from cutaway.diagnosis.head import NOTHING_LEARNED
from cutaway.records import Finding, Fix


@check(
    explains=("non_finite", "learning_rate_too_high", "exploding_gradient", "inputs_unscaled", *NOTHING_LEARNED),
)
def gradient_wrong(evidence: Evidence) -> Finding | None:
    """Find gradients of foreign layers and losses that are not the slope, and losses that lead away from the targets.

    The slope is measured by central differences in float64 along random directions. A gradient may be another one on
    purpose (straight through a rounding, reversed for an adversary): it is a note unless the training is hurt.
    """
    for facts in evidence.gradients:
        place = f"the loss {facts.kind}" if facts.path is None else f"the layer {facts.kind}"
        if facts.error > at.GRADIENT_ERROR:
            return Finding(
                check="gradient_wrong",
                sentence=f"{place} hands back a gradient that is not its slope, most of all for {facts.worst!r}",
                quantity="difference between gradient and slope, as a share of them",
                measured=facts.error,
                normal=(None, at.GRADIENT_ERROR),
                layer=facts.path,
                fix=Fix("", "correct its backward rule", "cutaway.autodiff.check.check_gradients(function, operands)"),
                confidence=0.85,
            )
        if facts.path is None and facts.uphill > at.UPHILL:
            return Finding(
                check="gradient_wrong",
                sentence=f"{place} falls when the outputs move away from the targets: its sign is the wrong way round",
                quantity="cosine between its gradient and the way to the targets",
                measured=facts.uphill,
                normal=(-1.0, 0.0),
                fix=Fix("", "turn its sign round", "return -value"),
                confidence=0.85,
            )
    return None
