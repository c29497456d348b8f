"""Targets far from mean 0 and deviation 1: most steps are spent on their size instead of on what they follow from."""

from __future__ import annotations

from cutaway.diagnosis import thresholds as at
from cutaway.diagnosis.check import check
from cutaway.diagnosis.evidence import Evidence
from cutaway.diagnosis.training.learning_rate_too_high import beyond_use
from cutaway.records import Finding, Fix


@check(
    explains=(
        "target_out_of_range", "initial_loss", "learning_rate_too_high", "learning_rate_too_low", "exploding_gradient",
        "dead_relu", "saturated", "oscillation", "non_finite", "collapsed_output", "plateau_from_start",
        "late_plateau", "underfit", "not_enough_epochs", "too_few_updates", "init_scale",
    )
)  # fmt: skip
def targets_unscaled(evidence: Evidence) -> Finding | None:
    """Find numbers to predict whose deviation is far from 1, or whose mean is far above it.

    Silent where the network already speaks in their size: a last layer that was given their mean and deviation, or
    first weights that were fitted to them. Not the cause where the learning rate is too high for scaled ones, too.
    """
    facts, output = evidence.targets, evidence.output
    if facts.task != "numbers" or not facts.std > 0:
        return None
    overlap = min(output.high, facts.high) - max(output.low, facts.low)
    if overlap > at.SPOKEN * max(facts.high - facts.low, output.high - output.low):
        return None
    offset = abs(facts.mean) / facts.std
    if facts.std > at.LARGEST_TARGET or facts.std < at.SMALLEST_TARGET:
        quantity, measured, normal = "deviation of the targets", facts.std, (at.SMALLEST_TARGET, at.LARGEST_TARGET)
    elif offset > at.TARGET_OFFSET and abs(facts.mean) > 1:
        quantity, measured, normal = "|mean| of the targets over their deviation", offset, (0.0, at.TARGET_OFFSET)
    else:
        return None
    return Finding(
        check="targets_unscaled",
        sentence=f"the targets are not scaled: they go from {facts.low:.4g} to {facts.high:.4g}, the outputs at first "
        f"from {output.low:.3g} to {output.high:.3g}",
        quantity=quantity,
        measured=measured,
        normal=normal,
        fix=Fix(
            "standardise_targets",
            "train on targets of mean 0 and deviation 1, and turn predictions back",
            "y = (y - y.mean()) / y.std()",
        ),
        confidence=0.45 if beyond_use(evidence) else 0.8,
    )
