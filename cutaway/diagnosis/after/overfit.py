"""A network that knows its rows by heart, and others worse for it."""

from __future__ import annotations

import math

from cutaway.diagnosis import thresholds as at
from cutaway.diagnosis.check import check
from cutaway.diagnosis.course import LATE, below_reference
from cutaway.diagnosis.evidence import Evidence
from cutaway.records import Finding, Fix
from cutaway.training.watching import PROBE_ROWS


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
    error = math.hypot(*(_error(evidence, each) for each in (last.score, last.validation_score)))
    if gap < max(2 * error, at.GAP):
        return None
    return Finding(
        check="overfit",
        sentence=f"since epoch {best + 1} the network learns its rows by heart: validation loss "
        + (f"rose from {losses[best]:.3g} to {losses[-1]:.3g}" if passed else f"stands still at {losses[-1]:.3g}"),
        quantity="score on rows learned from minus that on rows held out",
        measured=gap,
        normal=(None, max(2 * error, at.GAP)),
        step=evidence.history[best].step,
        fix=Fix(
            "weight_decay", "stop at the best epoch, and keep the weights small; more rows would help too",
            "early_stopping=20, optimizer=ca.AdamW(weight_decay=0.1)", {"factor": 10.0},
        ),
        confidence=0.7 if passed else 0.55,
    )  # fmt: skip


def _error(evidence: Evidence, score: float) -> float:
    """Return the standard error of a score on as many rows as are held out and looked at."""
    rows = max(1, min(PROBE_ROWS, evidence.plan.validation_rows))
    if evidence.targets.task == "numbers":
        return math.sqrt(2 / rows) * (1 - score)
    return math.sqrt(max(score * (1 - score), 1 / rows) / rows)
