"""Targets that the head cannot say: no training brings a sigmoid above 1."""

from __future__ import annotations

from cutaway.diagnosis import thresholds as at
from cutaway.diagnosis.check import check
from cutaway.diagnosis.evidence import Evidence
from cutaway.diagnosis.harm import harm
from cutaway.diagnosis.head import NOTHING_LEARNED, RANGES, head_of, paired
from cutaway.records import Finding


@check(certain=True, explains=("targets_unscaled", *NOTHING_LEARNED))
def target_out_of_range(evidence: Evidence) -> Finding | None:
    """Find targets beyond the range of the last activation: sigmoid 0 to 1, tanh −1 to 1, ReLU and softplus from 0.

    Of a softmax, rows of targets that do not sum to 1. Targets at the very end of the range are no fault: a sigmoid
    with targets 0 and 1 comes as near as is asked for. It is a mistake for certain where many targets are so far beyond
    that much of their variance cannot be said; a few far beyond, or many slightly, are a note unless the training is
    hurt: a tanh loses next to nothing of what is noise anyway.

        share that cannot be said = Σ (y − nearest in the range)² / Σ (y − mean y)²
    """
    out, facts = evidence.output, evidence.targets
    if evidence.loss.takes != "numbers" or out.head not in RANGES:
        return None
    many = out.unreachable > at.UNREACHABLE
    lost = facts.beyond.get(out.head, 1.0 if many else 0.0)
    if not many and lost <= at.UNSAID:
        return None
    certain = many and lost > at.UNSAID
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
        confidence=0.95 if certain else 0.55,
        note=not certain and not harm(evidence),
    )
