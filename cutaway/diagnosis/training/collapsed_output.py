"""One answer for every row."""

from __future__ import annotations

from cutaway.diagnosis import thresholds as at
from cutaway.diagnosis.check import check
from cutaway.diagnosis.evidence import Evidence
from cutaway.records import Finding, Fix


@check(explains=("plateau_from_start", "late_plateau", "underfit", "not_enough_epochs", "class_forgotten"))
def collapsed_output(evidence: Evidence) -> Finding | None:
    """Find a network that ends by giving all rows the same class, or outputs that hardly differ from row to row."""
    if len(evidence.network_vitals) < 2:
        return None
    last = evidence.network_vitals[-1]
    classes = evidence.targets.task != "numbers"
    if classes:
        share = max(evidence.targets.counts) / sum(evidence.targets.counts) if evidence.targets.counts else 1.0
        if last.commonest is None or last.commonest < at.ONE_CLASS or share > at.NEARLY_ALL:
            return None
        measured, normal = last.commonest, (None, at.ONE_CLASS)
        quantity = "share of the rows that are given the commonest answer"
    else:
        spread = last.output_std / evidence.targets.std if evidence.targets.std > 0 else 1.0
        if spread > at.COLLAPSED or last.score > at.NO_SCORE:
            return None
        measured, normal = spread, (at.COLLAPSED, None)  # type: ignore[assignment]
        quantity = "deviation of the outputs over that of the targets"
    return Finding(
        check="collapsed_output",
        sentence="every row is given the same answer: nothing of the inputs reaches the outputs",
        quantity=quantity,
        measured=measured,
        normal=normal,
        step=last.step,
        fix=Fix("", "look for what cuts the outputs off from the inputs: weights, activations, loss"),
        confidence=0.5,
    )
