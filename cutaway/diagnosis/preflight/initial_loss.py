"""A loss before the first step that is far above that of knowing nothing: the network is sure, and wrong."""

from __future__ import annotations

import math

from cutaway.diagnosis import thresholds as at
from cutaway.diagnosis.check import check
from cutaway.diagnosis.evidence import Evidence
from cutaway.diagnosis.fixes.initialise import any_off
from cutaway.diagnosis.head import head_of
from cutaway.diagnosis.training.learning_rate_too_high import times_usual
from cutaway.records import Finding, Fix


@check(
    explains=(
        "learning_rate_too_high", "exploding_gradient", "non_finite", "dead_relu", "saturated", "oscillation",
        "collapsed_output", "plateau_from_start", "late_plateau", "underfit", "class_forgotten",
    )
)  # fmt: skip
def initial_loss(evidence: Evidence) -> Finding | None:
    """Find a first loss far above what the commonest answer costs: ln C over C classes, the variance of numbers.

        classes: L₀ > 2 ln C        numbers: L₀ > 10 L(mean)

    It is a symptom: of first weights or inputs that are too large, or of outputs that are scaled up behind them, for
    which it is likely where no layer below is flooded and the learning rate is one of use. A low first loss is none,
    since a network may have learned before; one that is not finite is told of elsewhere.
    """
    first, expected = evidence.output.loss, evidence.output.expected
    if evidence.loss.takes in ("unknown", "") or not math.isfinite(expected) or expected <= 0 or evidence.loss.summed:
        return None
    if evidence.loss.takes == "numbers":
        nothing, limit = expected, at.FIRST_LOSS * expected
    else:
        nothing = math.log(max(2, evidence.output.units if evidence.loss.name == "CrossEntropy" else 2))
        limit = max(nothing, expected) + at.FIRST_LOSS_OF_CLASSES * nothing
    if not math.isfinite(first) or first <= limit:
        return None
    flooded = any(layer.output_std > at.LARGE_SIGNAL for layer in evidence.layers if layer is not head_of(evidence))
    sure = first > at.FAR_TOO_LARGE * limit and not flooded and times_usual(evidence) < at.FAR_ABOVE_USUAL
    return Finding(
        check="initial_loss",
        sentence=f"the loss before the first step is {first:.3g}, where knowing nothing costs {expected:.3g}: the "
        f"outputs reach from {evidence.output.low:.3g} to {evidence.output.high:.3g}",
        quantity="loss before the first step",
        measured=first,
        normal=(None, limit),
        layer=None,
        fix=Fix(
            "initialise" if any_off(evidence) else "",
            "start the last layer from smaller weights, or at zero",
            "initializer=ca.Constant(0.0)",
        ),
        confidence=0.6 if sure else 0.45,
    )
