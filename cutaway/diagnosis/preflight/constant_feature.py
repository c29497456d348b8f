"""Features that are the same in every row: they tell nothing."""

from __future__ import annotations

from math import prod

from cutaway.diagnosis import thresholds as at
from cutaway.diagnosis.check import check
from cutaway.diagnosis.evidence import Evidence
from cutaway.diagnosis.harm import harm
from cutaway.records import Finding, Fix

# Features that are named.
NAMED = 5


@check()
def constant_feature(evidence: Evidence) -> Finding | None:
    """Find features without deviation. Some waste weights and are no cause of harm; all are.

    Where a row has places (pictures, sequences), features are pooled over them: one that is constant is so everywhere.
    """
    facts = evidence.inputs
    if not facts.constant or facts.whole:
        return None
    count = facts.shape[-1] if facts.shape else 1
    share = len(facts.constant) / max(1, count)
    if share <= at.CONSTANT_FEATURES and harm(evidence):
        return None
    named = ", ".join(facts.constant[:NAMED]) + (" …" if len(facts.constant) > NAMED else "")
    flat = len(facts.shape) == 1 or prod(facts.shape[:-1]) == 1
    return Finding(
        check="constant_feature",
        sentence=f"{len(facts.constant)} of {count} features are the same in every row ({named}): they tell nothing",
        quantity="share of the features that are constant",
        measured=share,
        normal=(0.0, 0.0) if share <= at.CONSTANT_FEATURES else (None, at.CONSTANT_FEATURES),
        fix=Fix("drop_constant" if flat else "", "leave them out", "X = X[:, X.std(axis=0) > 0]" if flat else ""),
        confidence=0.8 if share > at.CONSTANT_FEATURES else 0.1,
    )
