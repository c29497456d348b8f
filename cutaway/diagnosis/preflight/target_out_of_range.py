"""Targets that the head cannot say: no training brings a sigmoid above 1."""

from __future__ import annotations

from cutaway.diagnosis import thresholds as at
from cutaway.diagnosis.check import check
from cutaway.diagnosis.evidence import Evidence
from cutaway.diagnosis.head import NOTHING_LEARNED, RANGES, head_of, paired
from cutaway.records import Finding


@check(certain=True, explains=("targets_unscaled", *NOTHING_LEARNED))
def target_out_of_range(evidence: Evidence) -> Finding | None:
    """Find targets beyond the range of the last activation: sigmoid 0 to 1, tanh −1 to 1, ReLU and softplus from 0.

    Of a softmax, rows of targets that do not sum to 1. Targets at the very end of the range are no fault: a sigmoid
    with targets 0 and 1 comes as near as is asked for.
    """
    out, facts = evidence.output, evidence.targets
    if evidence.loss.takes != "numbers" or out.head not in RANGES or out.unreachable <= at.UNREACHABLE:
        return None
    low, high = RANGES[out.head]
    reach = f"from {low:g} to {high:g}" if high < float("inf") else f"{low:g} and more"
    head = head_of(evidence)
    rows = out.head == "softmax" and out.units > 1
    return Finding(
        check="target_out_of_range",
        sentence=f"the network ends in {out.head}, which gives {reach}"
        + (" with the sum 1" if rows else "")
        + f", and the targets reach from {facts.low:.3g} to {facts.high:.3g}",
        quantity="share of the rows that it cannot say" if rows else "share of the targets that it cannot say",
        measured=out.unreachable,
        normal=(None, 0.0),
        layer=None if head is None else head.path,
        fix=paired(evidence),
        confidence=0.95,
    )
