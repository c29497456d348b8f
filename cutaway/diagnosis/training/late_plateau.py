"""A loss that fell, and then stood still too high, with steps too long to go on."""

from __future__ import annotations

from cutaway.diagnosis import thresholds as at
from cutaway.diagnosis.check import check
from cutaway.diagnosis.course import below_reference, looks, trend
from cutaway.diagnosis.evidence import Evidence
from cutaway.records import Finding, Fix


@check(explains=("underfit",))
def late_plateau(evidence: Evidence) -> Finding | None:
    """Find a loss that stands still at the end, above what simple methods need, while steps overshoot or it is jagged.

    Where it stands still quietly, the network has learned what it can: that is `underfit`.
    """
    seen = looks(evidence)
    end = trend(evidence)
    if len(seen) < 2 or len(evidence.history) < at.FEWEST_EPOCHS or not below_reference(evidence):
        return None
    if end.share > at.STILL_FALLING and end.sure > at.SURE:
        return None
    kept = [each for look in seen[len(seen) // 2 :] if (each := look.kept_promise) is not None]
    overshoots = sum(each < at.KEPT_PROMISE for each in kept) * 2 > len(kept)
    if not overshoots and end.noise < at.JAGGED:
        return None
    rate = evidence.optimizer.learning_rate
    return Finding(
        check="late_plateau",
        sentence="the loss stands still, too high, because steps overshoot: they should become shorter at the end",
        quantity="what a step gains over what the slope promised"
        if overshoots
        else "deviation of the loss from its trend, over its mean",
        measured=min(kept) if overshoots else end.noise,
        normal=(at.KEPT_PROMISE, 1.0) if overshoots else (None, at.JAGGED),
        step=seen[len(seen) // 2].whole.step,
        fix=Fix(
            "learning_rate",
            f"let the learning rate fall, or lower it to about {rate * 0.1:.1g}",
            f"learning_rate=ca.Cosine({rate:g})",
            {"factor": 0.1},
        ),
        confidence=0.6,
    )
