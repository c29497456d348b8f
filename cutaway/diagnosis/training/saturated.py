"""Saturated units: sigmoid or tanh at the ends of their range, where their slope is nearly 0."""

from __future__ import annotations

from cutaway.diagnosis import thresholds as at
from cutaway.diagnosis.check import check
from cutaway.diagnosis.course import hidden, longest_run, looks
from cutaway.diagnosis.evidence import Evidence
from cutaway.records import Finding, Fix


@check(
    explains=(
        "vanishing_gradient", "exploding_gradient", "frozen_weights", "learning_rate_too_low", "collapsed_output",
        "plateau_from_start", "late_plateau", "underfit", "not_enough_epochs", "batch_noise", "oscillation",
        "overfit", "loss_metric_disagree",
    )
)  # fmt: skip
def saturated(evidence: Evidence) -> Finding | None:
    """Find a hidden sigmoid or tanh layer more than half of whose outputs are within 1 % of the end of their range.

    The slope there is below a twenty-fifth of its largest: 4 σ (1 − σ) = 0.04 for σ = 0.01, 1 − tanh² = 0.04.
    """
    seen = looks(evidence)
    needed = min(at.PERSISTENT, max(1, len(seen) - 1))
    for layer in evidence.layers:
        # One unit or two may well become a step: that is what they are best at.
        few = layer.units <= at.NARROWEST
        if layer.kind not in ("Sigmoid", "Tanh") or few or not hidden(evidence, layer.path):
            continue
        shares = [(look, vitals.saturated) for look in seen for vitals in look.layers if vitals.path == layer.path]
        begin, length = longest_run([share is not None and share > at.SATURATED for _, share in shares])
        if length < needed:
            continue
        look, share = shares[begin]
        early = begin == 0
        fix = (
            Fix("initialise", "let the weights before it start smaller, and scale the inputs",
                "ca.Dense(…, initializer=ca.Glorot())")
            if early
            else Fix("batch_norm", "keep the sums small: BatchNorm before it, or a lower learning rate",
                     "ca.BatchNorm()")
        )  # fmt: skip
        return Finding(
            check="saturated",
            sentence=f"{share:.0%} of the outputs of {layer.kind} are at the end of their range, where its slope is "
            "nearly 0",
            quantity="share of outputs within 1 % of the end of their range",
            measured=float(share or 0.0),
            normal=(None, at.SATURATED),
            layer=layer.path,
            step=look.whole.step,
            fix=fix,
            confidence=0.8,
        )
    return None
