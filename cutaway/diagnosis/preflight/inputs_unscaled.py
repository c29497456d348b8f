"""Inputs of very different sizes: one learning rate cannot suit them all."""

from __future__ import annotations

from cutaway.diagnosis import thresholds as at
from cutaway.diagnosis.check import check
from cutaway.diagnosis.evidence import Evidence
from cutaway.records import Finding, Fix

# Layers that bring their inputs to a common size.
NORMALISING = ("Standardize", "BatchNorm", "LayerNorm", "RMSNorm", "GroupNorm", "Embedding", "ColumnEmbedding")


@check(explains=("initial_loss", "saturated", "learning_rate_too_high", "exploding_gradient", "dead_relu"))
def inputs_unscaled(evidence: Evidence) -> Finding | None:
    """Find features far larger than 1, or far larger than others, with no normalising layer first."""
    facts = evidence.inputs
    first = evidence.layers[0].kind if evidence.layers else ""
    if facts.whole or first in NORMALISING:
        return None
    if facts.largest <= at.LARGEST_INPUT and facts.spread <= at.LARGEST_SPREAD:
        return None
    large = facts.largest > at.LARGEST_INPUT
    named = ", ".join(f"{each.name} (mean {each.mean:.3g}, deviation {each.std:.3g})" for each in facts.worst[:2])
    return Finding(
        check="inputs_unscaled",
        sentence=f"the inputs are not scaled: {named}; no one learning rate suits large and small inputs alike",
        quantity="largest |x|" if large else "largest deviation of a feature over the smallest",
        measured=facts.largest if large else facts.spread,
        normal=(None, at.LARGEST_INPUT if large else at.LARGEST_SPREAD),
        fix=Fix("standardise_inputs", "bring every feature to mean 0 and deviation 1", "ca.Standardize.fit(X)"),
        confidence=0.8,
    )
