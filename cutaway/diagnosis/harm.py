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
    """Return what harm there is.

    diverged   a loss or a weight was not finite, or the loss ends far above its lowest
    below      the score of the delivered weights is below what least squares or the nearest row reach
    """
    if any(event.what == "not finite" for event in evidence.events):
        return Harm("diverged", "the loss or a weight became non-finite")
    losses = [record.loss for record in evidence.history]
    if any(not math.isfinite(loss) for loss in losses):
        return Harm("diverged", "the loss became non-finite")
    start = [evidence.output.loss] if math.isfinite(evidence.output.loss) else []
    if losses and losses[-1] > at.DIVERGED * min(losses + start) and losses[-1] > min(start + losses[:1]):
        return Harm(
            "diverged", f"the loss ended at {losses[-1]:.3g}, far above its lowest of {min(losses + start):.3g}"
        )
    score, known = final_score(evidence), evidence.references
    if score is None or known.best - known.chance < at.REFERENCE_ERRORS * known.error:
        return Harm("", "")
    short = (known.best - score) / (known.best - known.chance)
    if short > at.SHORTFALL and known.best - score > at.SHORTFALL_ERRORS * known.error:
        measure = "R²" if evidence.targets.task == "numbers" else "accuracy"
        best = "the nearest row" if known.neighbour >= known.linear else "least squares"
        return Harm("below", f"{measure} is {score:.3f}, {best} reaches {known.best:.3f}, chance {known.chance:.3f}")
    return Harm("", "")


def final_score(evidence: Evidence) -> float | None:
    """Return the score of the delivered weights on rows held out, else on the probe rows; None before training."""
    if evidence.outcome is None:
        return None
    held_out = evidence.outcome.validation_score
    return evidence.outcome.score if held_out is None else held_out
