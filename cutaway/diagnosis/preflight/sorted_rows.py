"""Rows in the order of their targets, and not shuffled: each batch teaches one thing and unlearns the others."""

from __future__ import annotations

from cutaway.diagnosis import thresholds as at
from cutaway.diagnosis.check import check
from cutaway.diagnosis.evidence import Evidence
from cutaway.records import Finding, Fix


@check(
    explains=(
        "oscillation", "batch_noise", "class_forgotten", "collapsed_output", "learning_rate_too_high",
        "learning_rate_too_low", "loss_metric_disagree", "late_plateau", "plateau_from_start", "class_imbalance",
        "dead_relu", "exploding_gradient", "underfit",
    )
)  # fmt: skip
def sorted_rows(evidence: Evidence) -> Finding | None:
    """Find equal targets that stand together for half a batch and more, in a training that does not shuffle."""
    plan, targets = evidence.plan, evidence.targets
    rows = evidence.inputs.rows
    if plan.shuffle or plan.batch_size >= rows or targets.runs >= at.RUNS:
        return None
    if targets.run_length < max(at.RUN_LENGTH, at.RUN_OF_BATCH * plan.batch_size):
        return None
    return Finding(
        check="sorted_rows",
        sentence=f"the rows are not shuffled and equal targets stand together, {targets.run_length:.0f} in a row: each "
        f"batch of {plan.batch_size} teaches one of them and unlearns the rest",
        quantity="z of the runs test on the order of the targets (far below 0: equal ones stand together)",
        measured=targets.runs,
        normal=(at.RUNS, None),
        fix=Fix("shuffle", "shuffle the rows", "shuffle=True"),
        confidence=0.9,
    )
