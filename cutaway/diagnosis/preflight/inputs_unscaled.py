"""Inputs of very different sizes: one learning rate cannot suit them all."""

from __future__ import annotations

from math import hypot

from cutaway.diagnosis import thresholds as at
from cutaway.diagnosis.check import check
from cutaway.diagnosis.evidence import Evidence, Feature
from cutaway.diagnosis.training.learning_rate_too_high import beyond_use
from cutaway.records import Finding, Fix

# Layers that bring their inputs to a common size, or do not care for it; and those that hand on what they are given.
NORMALISING = ("Standardize", "BatchNorm", "LayerNorm", "RMSNorm", "GroupNorm", "Embedding", "ColumnEmbedding")
PASSING = ("Dropout", "Identity", "Flatten", "RandomShift", "RandomFlip", "Cutout")


@check(
    explains=(
        "initial_loss", "init_scale", "saturated", "learning_rate_too_high", "learning_rate_too_low",
        "exploding_gradient", "vanishing_gradient", "dead_relu", "oscillation", "non_finite", "collapsed_output",
        "plateau_from_start", "late_plateau", "underfit", "frozen_weights", "split_shift", "class_forgotten",
    )
)  # fmt: skip
def inputs_unscaled(evidence: Evidence) -> Finding | None:
    """Find features far larger than 1, far larger than others, or all far smaller, with no normalising layer first.

    Not the cause where the learning rate is too high for scaled ones, too.
    """
    facts = evidence.inputs
    first = next((layer.kind for layer in evidence.layers if layer.kind not in PASSING), "")
    if facts.whole or first in NORMALISING:
        return None
    normal: tuple[float | None, float | None]
    if facts.size > at.LARGEST_INPUT:
        wrong, quantity = "large", "root mean square of the largest feature"
        measured, normal, beyond = facts.size, (None, at.LARGEST_INPUT), facts.size / at.LARGEST_INPUT
    elif facts.spread > at.LARGEST_SPREAD:
        wrong, quantity = "unequal", "size of the largest feature over that of the smallest"
        measured, normal, beyond = facts.spread, (None, at.LARGEST_SPREAD), facts.spread / at.LARGEST_SPREAD
    elif 0 < facts.deviation < at.SMALLEST_INPUT:
        wrong, quantity = "small", "deviation of the feature that varies most"
        measured, normal, beyond = facts.deviation, (at.SMALLEST_INPUT, None), at.SMALLEST_INPUT / facts.deviation
    else:
        return None
    worst = [facts.worst[0], *(each for each in facts.worst[1:2] if _is(wrong, each))]
    figures = [f"{each.name} (mean {each.mean:.3g}, deviation {each.std:.3g})" for each in worst]
    named = f"feature{'s' if len(worst) > 1 else ''} {' and '.join(figures)}"
    why = {
        "large": "the steps that suit other weights are far too long for theirs",
        "unequal": "no one learning rate suits large and small ones alike",
        "small": "next to nothing of them reaches the output",
    }[wrong]
    return Finding(
        check="inputs_unscaled",
        sentence=f"the inputs are not scaled, such as {named}: {why}",
        quantity=quantity,
        measured=measured,
        normal=normal,
        fix=Fix("standardise_inputs", "bring every feature to mean 0 and deviation 1", "ca.Standardize.fit(X)"),
        confidence=0.45 if beyond_use(evidence) else 0.85 if beyond > 2 else 0.6,
    )


def _is(wrong: str, feature: Feature) -> bool:
    """Whether a feature is what the worst one is, so that it is to be named beside it."""
    size = hypot(feature.mean, feature.std)
    if wrong == "small":
        return feature.std < at.SMALLEST_INPUT
    return size > at.LARGEST_INPUT or (wrong == "unequal" and size < 1 / at.LARGEST_INPUT)
