"""Rows to be judged on that were learned from: what is known by heart looks like what was understood."""

from __future__ import annotations

from cutaway.diagnosis import thresholds as at
from cutaway.diagnosis.check import check
from cutaway.diagnosis.evidence import Evidence
from cutaway.diagnosis.harm import harm
from cutaway.records import Finding, Fix


@check()
def rows_repeated(evidence: Evidence) -> Finding | None:
    """Find held-out rows that are training rows too, input and target. It flatters a score and is no cause of harm."""
    facts = evidence.inputs
    if facts.repeats * evidence.plan.validation_rows < 2 or facts.repeats <= at.REPEATED or harm(evidence):
        return None
    return Finding(
        check="rows_repeated",
        sentence=f"{facts.repeats:.1%} of the held-out rows are among the training rows: the score on them is too good",
        quantity="share of held-out rows that were learned from",
        measured=facts.repeats,
        normal=(0.0, at.REPEATED),
        fix=Fix("", "leave out repeated rows before splitting", "np.unique(X, axis=0, return_index=True)"),
        confidence=0.6,
    )
