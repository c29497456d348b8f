"""Is the training hurting? Without harm nothing is a finding, however unusual its numbers are."""

from __future__ import annotations

import math
from dataclasses import dataclass

from cutaway.diagnosis import thresholds as at
from cutaway.diagnosis.evidence import Evidence


@dataclass(frozen=True)
class Harm:
    """What the training suffers from: `kind` is "diverged", "below" or "" for nothing, `sentence` says it in words."""

    kind: str
    sentence: str

    def __bool__(self) -> bool:
        return bool(self.kind)


def harm(evidence: Evidence) -> Harm:
    """Return what harm there is; none where the delivered weights are as good as what simple methods reach.

    diverged   a loss or a weight was not finite, or the loss ends far above its lowest
    below      the score of the delivered weights is below what least squares or the nearest row reach
    """
    score, known = final_score(evidence), evidence.references
    gain = known.best - known.chance
    comparable = score is not None and gain >= at.REFERENCE_ERRORS * known.error
    short = known.best - score if score is not None else math.inf
    if comparable and (short <= at.SHORTFALL * gain or short <= at.SHORTFALL_ERRORS * known.error):
        return Harm("", "")
    diverged = _diverged(evidence)
    if diverged:
        return Harm("diverged", diverged)
    if not comparable:
        return Harm("", "")
    measure = "R²" if evidence.targets.task == "numbers" else "accuracy"
    best = "the nearest row" if known.neighbour >= known.linear else "least squares"
    return Harm("below", f"{measure} is {score:.3f}, {best} reaches {known.best:.3f}, chance {known.chance:.3f}")


def _diverged(evidence: Evidence) -> str:
    """Return in words how the training diverged, "" where it did not."""
    if any(event.what == "not finite" for event in evidence.events):
        return "the loss or a weight became non-finite"
    losses = [record.loss for record in evidence.history]
    if any(not math.isfinite(loss) for loss in losses):
        return "the loss became non-finite"
    start = [evidence.output.loss] if math.isfinite(evidence.output.loss) else []
    lowest = min(losses + start, default=0.0)
    if losses and losses[-1] > at.DIVERGED * lowest and losses[-1] > min(start + losses[:1]):
        return f"the loss ended at {losses[-1]:.3g}, far above its lowest of {lowest:.3g}"
    return ""


def final_score(evidence: Evidence) -> float | None:
    """Return the score of the delivered weights on rows held out, else on the probe rows; None before training."""
    if evidence.outcome is None:
        return None
    held_out = evidence.outcome.validation_score
    return evidence.outcome.score if held_out is None else held_out
