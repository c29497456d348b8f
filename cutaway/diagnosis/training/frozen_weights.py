"""Weights that the optimizer leaves as they are, although the loss has something to say to them."""

from __future__ import annotations

from statistics import median

from cutaway.diagnosis import thresholds as at
from cutaway.diagnosis.check import check
from cutaway.diagnosis.course import Look, looks
from cutaway.diagnosis.evidence import Evidence
from cutaway.records import Finding, Fix, LayerVitals


@check(
    explains=(
        "disconnected_layer", "collapsed_output", "plateau_from_start", "late_plateau", "underfit",
        "not_enough_epochs", "batch_noise",
    )
)  # fmt: skip
def frozen_weights(evidence: Evidence) -> Finding | None:
    """Find a layer that has a gradient and is not moved by it, in every look, while others move or none does at all.

    Where the optimizer was not given its weights, or holds them still, that is said.
    """
    seen = looks(evidence)
    if not seen:
        return None
    still: list[LayerVitals] = []
    for vitals in seen[0].learning:
        course = [each for look in seen for each in look.learning if each.path == vitals.path]
        if all(_still(each) for each in course) and any((each.gradient_norm or 0) > 0 for each in course):
            still.append(vitals)
    others = [each.update_ratio or 0.0 for each in seen[0].learning if each not in still]
    if not still or (others and median(others) < at.MOVES) or not (others or all(_stands(look) for look in seen)):
        return None
    named = f"layer{'' if len(still) == 1 else 's'} " + ", ".join(repr(vitals.path) for vitals in still)
    facts = [found for vitals in still if (found := evidence.layer(vitals.path)) is not None]
    left_out = len(facts) == len(still) and not any(each.moved for layer in facts for each in layer.parameters)
    return Finding(
        check="frozen_weights",
        sentence=f"the optimizer does not hold the weights of {named}, or moves them at a rate of 0: they have a "
        "gradient and stay as they are"
        if left_out
        else f"the weights of {named} have a gradient and do not move",
        quantity="size of a step over that of the weights",
        measured=max(vitals.update_ratio or 0.0 for vitals in still),
        normal=(at.FROZEN, None),
        layer=still[0].path,
        step=seen[0].whole.step,
        fix=Fix("unfreeze", "let the optimizer move them", "learning_rate_factors={}"),
        confidence=0.85,
    )


def _stands(look: Look) -> bool:
    """Whether no layer moves at all."""
    return all(vitals.update_ratio == 0 for vitals in look.learning)


def _still(vitals: LayerVitals) -> bool:
    return vitals.update_ratio is not None and vitals.update_ratio < at.FROZEN
