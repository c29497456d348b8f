"""Gradients that are never set back to 0: each step is of the sum of all gradients so far."""

from __future__ import annotations

from cutaway.diagnosis import thresholds as at
from cutaway.diagnosis.check import check
from cutaway.diagnosis.evidence import Evidence
from cutaway.records import Finding, Fix


@check(
    certain=True,
    explains=(
        "optimizer_config", "learning_rate_too_high", "non_finite", "exploding_gradient", "saturated", "dead_relu",
        "vanishing_gradient", "frozen_weights", "learning_rate_too_low", "oscillation", "batch_noise",
        "loss_metric_disagree", "collapsed_output", "plateau_from_start", "late_plateau", "overfit", "underfit",
        "not_enough_epochs", "class_forgotten", "train_evaluate_mismatch",
    ),
)  # fmt: skip
def gradients_kept(evidence: Evidence) -> Finding | None:
    """Find steps whose gradients had those of the steps before added to them.

        Δ_t = rate · (g_1 + … + g_t)

    In PyTorch `backward` adds to what is there, and nothing but `zero_grad` takes it away: the sum points to where the
    training came from, grows, and carries it past every minimum. Here each step has a gradient of its own, so that only
    a loop that was watched can have it.
    """
    share = evidence.optimizer.gradients_kept
    if share < at.GRADIENTS_KEPT:
        return None
    return Finding(
        check="gradients_kept",
        sentence="gradients are never set back to 0: each step is of those of all steps before it, added up",
        quantity="share of the steps whose gradients had earlier ones in them",
        measured=share,
        normal=(None, 0.0),
        fix=Fix("", "set the gradients back before each backward pass", "optimizer.zero_grad()"),
        confidence=0.95,
    )
