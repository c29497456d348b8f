"""A network that knows its rows by heart, and others worse for it."""

from __future__ import annotations

import math

from cutaway.diagnosis import thresholds as at
from cutaway.diagnosis.check import check
from cutaway.diagnosis.course import LATE, below_reference, error_of_gap
from cutaway.diagnosis.evidence import Evidence
from cutaway.diagnosis.fixes.weight_decay import USUAL_DECAY
from cutaway.records import Finding, Fix

# How many times as much weight decay there should be.
TIMES = 10.0


@check()
def overfit(evidence: Evidence) -> Finding | None:
    """Find a validation loss that passed its lowest for good, with rows learned from answered clearly better.

    For good means: by 5 % and more, with its lowest a tenth of the training and at least five epochs ago; or that it
    stands still. Clearly means by more than two standard errors of the difference of two scores.
    """
    if not evidence.history or not evidence.network_vitals or below_reference(evidence):
        return None
    values = [record.validation for record in evidence.history]
    losses = [value for value in values if value is not None and math.isfinite(value)]
    last = evidence.network_vitals[-1]
    if len(losses) < len(values) or last.validation_score is None:
        return None
    best = min(range(len(losses)), key=losses.__getitem__)
    waited = len(losses) - 1 - best
    passed = waited >= max(at.PATIENCE, at.PATIENCE_SHARE * len(losses)) and losses[-1] >= at.ROSE * losses[best]
    falling = losses[-1] < (1 - at.STILL) * losses[int((1 - LATE) * (len(losses) - 1))]
    if not passed and (falling or len(losses) < at.FEWEST_EPOCHS):
        return None
    gap = last.score - last.validation_score
    allowed = max(2 * error_of_gap(evidence, last.score, last.validation_score), at.GAP)
    if gap < allowed:
        return None
    return Finding(
        check="overfit",
        sentence=f"since epoch {evidence.history[best].epoch} the network learns its rows by heart: validation loss "
        + (f"rose from {losses[best]:.3g} to {losses[-1]:.3g}" if passed else f"stands still at {losses[-1]:.3g}"),
        quantity="score on rows learned from minus that on rows held out",
        measured=gap,
        normal=(None, allowed),
        step=evidence.history[best].step,
        fix=_smaller_weights(evidence),
        confidence=0.7 if passed else 0.55,
    )  # fmt: skip


def _smaller_weights(evidence: Evidence) -> Fix:
    """Return the fix: more weight decay. Weights of the best epoch on rows held out are delivered anyway."""
    value = TIMES * evidence.optimizer.weight_decay or USUAL_DECAY
    return Fix(
        "weight_decay", f"keep the weights small, by a weight decay of {value:.2g}; more rows would help too",
        f"weight_decay={value:.2g}", {"factor": TIMES},
    )  # fmt: skip
