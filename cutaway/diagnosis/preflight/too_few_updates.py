"""So few steps that no learning rate of use could get anywhere: too few epochs, or batches too large."""

from __future__ import annotations

from cutaway.diagnosis import thresholds as at
from cutaway.diagnosis.check import check
from cutaway.diagnosis.evidence import Evidence
from cutaway.diagnosis.harm import harm
from cutaway.diagnosis.training.learning_rate_too_high import beyond_use
from cutaway.records import Finding, Fix


@check(
    explains=(
        "learning_rate_too_low", "not_enough_epochs", "plateau_from_start", "underfit", "collapsed_output",
        "class_forgotten", "late_plateau", "loss_metric_disagree",
    )
)  # fmt: skip
def too_few_updates(evidence: Evidence) -> Finding | None:
    """Find a plan of fewer than 200 steps, of which the last still lower the loss, unless these are far too long."""
    plan, history = evidence.plan, evidence.history
    if plan.updates >= at.FEWEST_UPDATES:
        return None
    if history and harm(evidence).kind == "diverged":
        return None
    losses = [record.loss for record in history]
    falling = len(losses) < 2 or losses[-1] < losses[0]
    per_epoch = max(1, plan.updates // plan.epochs)
    large = plan.batch_size * 4 > evidence.inputs.rows and plan.batch_size > 32
    if large:
        fix = Fix("batch_size", "take smaller batches", "batch_size=32", {"factor": max(1e-9, 32 / plan.batch_size)})
    else:
        factor = float(-(-2 * at.FEWEST_UPDATES // plan.updates))
        fix = Fix(
            "epochs", "train for more epochs", f"epochs={round(plan.epochs * factor)}", {"factor": max(2.0, factor)}
        )
    epochs = "1 epoch" if plan.epochs == 1 else f"{plan.epochs} epochs"
    return Finding(
        check="too_few_updates",
        sentence=f"{plan.updates} steps in all, {epochs} of {per_epoch}, are too few to learn by",
        quantity="steps of the training",
        measured=float(plan.updates),
        normal=(float(at.FEWEST_UPDATES), None),
        fix=fix,
        confidence=0.85 if falling and not beyond_use(evidence) else 0.4,
    )
