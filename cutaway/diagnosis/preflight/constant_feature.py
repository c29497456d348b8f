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


@check(
    certain=True,
    explains=(
        "labels_unrelated", "disconnected_layer", "frozen_weights", "dead_relu", "saturated", "vanishing_gradient",
        "learning_rate_too_low", "oscillation", "batch_noise", "loss_metric_disagree", "collapsed_output",
        "plateau_from_start", "late_plateau", "underfit", "not_enough_epochs", "class_forgotten",
    ),
)  # fmt: skip
def constant_feature(evidence: Evidence) -> Finding | None:
    """Find features without deviation. Some waste weights and are a note; where all are, nothing can be learned.

    Unless there is one row only, or one target: then there is nothing to tell apart.
    Where a row has places (pictures, sequences), features are pooled over them: one that is constant is so everywhere.
    """
    facts = evidence.inputs
    if not facts.constant or facts.whole:
        return None
    count = facts.shape[-1] if facts.shape else 1
    share = len(facts.constant) / max(1, count)
    whole = share > at.CONSTANT_FEATURES
    if harm(evidence) if not whole else facts.rows < 2 or not evidence.targets.std > 0:
        return None
    named = ", ".join(facts.constant[:NAMED]) + (" …" if len(facts.constant) > NAMED else "")
    flat = len(facts.shape) == 1 or prod(facts.shape[:-1]) == 1
    return Finding(
        check="constant_feature",
        sentence=f"{len(facts.constant)} of {count} features are the same in every row ({named}): they tell nothing"
        + (", and there are no others" if whole else ""),
        quantity="share of the features that are constant",
        measured=share,
        normal=(None, at.CONSTANT_FEATURES) if whole else (0.0, 0.0),
        fix=Fix(
            "", "look for what made all rows the same: a filter, a column never filled, scaling along the wrong axis"
        )
        if whole
        else Fix("drop_constant" if flat else "", "leave them out", "X = X[:, X.std(axis=0) > 0]" if flat else ""),
        confidence=0.95 if whole else 0.1,
        note=not whole,
    )
