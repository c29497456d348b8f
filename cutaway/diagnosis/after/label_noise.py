"""Labels that are wrong here and there: rows amid one class that carry the name of another."""

from __future__ import annotations

from cutaway.diagnosis import thresholds as at
from cutaway.diagnosis.check import check
from cutaway.diagnosis.evidence import Evidence
from cutaway.records import Finding, Fix

# Rows that are named.
NAMED = 5


@check(certain=True, explains=("overfit", "class_forgotten", "batch_noise", "underfit", "late_plateau"))
def label_noise(evidence: Evidence) -> Finding | None:
    """Find classes that a clear vote of the neighbours contradicts about as often as a close one.

    Where classes overlap, clear votes are right and close ones are not. Labels that are wrong by accident are so
    everywhere. No training mends that, and rows held out are as wrong, so that it is no matter how it went.

    Reference: Northcutt, Jiang, Chuang, "Confident learning", Journal of Artificial Intelligence Research 70, 2021.
    """
    known = evidence.references
    gain = max(known.linear, known.neighbour) - known.chance
    if evidence.outcome is None or not known.suspects or gain < at.NOISE_GAIN * (1 - known.chance):
        return None
    # A class that fills most of a neighbourhood by its mere number makes clear votes that say nothing.
    if known.chance > 1 - 2 * at.NOISE or known.unrelated > at.UNRELATED:
        return None
    if known.clear < at.NOISE or known.clear < at.NOISE_RATIO * known.unclear:
        return None
    rows = ", ".join(map(str, known.suspects[:NAMED]))
    return Finding(
        check="label_noise",
        sentence=f"about {known.clear:.0%} of the labels look wrong: so many rows amid one class are labelled as "
        f"another, such as training rows {rows}",
        quantity="share of rows that a clear vote of their neighbours contradicts",
        measured=known.clear,
        normal=(0.0, at.NOISE),
        fix=Fix("", "review these rows first; meanwhile label_smoothing or early stopping limits what is memorised"),
        confidence=0.85 if known.clear > 1.5 * at.NOISE else 0.7,
    )
