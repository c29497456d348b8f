"""A loss that is summed over the rows: its gradient, and with it every step, grows with the batch."""

from __future__ import annotations

from cutaway.diagnosis import thresholds as at
from cutaway.diagnosis.check import check
from cutaway.diagnosis.evidence import Evidence
from cutaway.diagnosis.harm import harm
from cutaway.records import Finding, Fix

# Optimizers whose steps do not grow with the gradient.
ADAPTIVE = ("Adam", "AdamW", "RMSProp", "RMSprop")


@check(
    explains=(
        "initial_loss", "non_finite", "learning_rate_too_high", "exploding_gradient", "dead_relu", "saturated",
        "oscillation", "collapsed_output", "plateau_from_start", "late_plateau",
    )
)  # fmt: skip
def loss_summed(evidence: Evidence) -> Finding | None:
    """Find a loss that doubles when the rows are taken twice; a note where nothing comes of it.

        L = Σᵢ lᵢ:  the gradient is n times that of the mean of n rows, and so is the step of gradient descent

    An optimizer that divides by the gradient's size does not mind; then it is hardly the cause of what goes wrong.
    """
    doubled, known = evidence.output.doubled, evidence.loss.name == "ResidualSumOfSquares"
    if not known and not at.SUMMED < doubled < 4 / at.SUMMED:
        return None
    rows = min(evidence.plan.batch_size, evidence.inputs.rows)
    adaptive = evidence.optimizer.name in ADAPTIVE
    return Finding(
        check="loss_summed",
        sentence=f"{evidence.loss.name} is summed over the {rows} rows of a batch, and not their mean: "
        + ("its size says nothing" if adaptive else f"each step is {rows} times as long"),
        quantity="loss of the rows taken twice over that of the rows",
        measured=doubled,
        normal=(1.0, 1.0),
        fix=Fix("mean_loss", "take the mean over the rows", 'loss="squared_error"')
        if known
        else Fix("mean_loss" if evidence.loss.summed else "", "take the mean over the rows in place of the sum"),
        confidence=0.3 if adaptive else 0.8 if harm(evidence).kind == "diverged" or _long(evidence) else 0.5,
    )


def _long(evidence: Evidence) -> bool:
    """Whether any step changed most layers by more than a tenth."""
    for whole in evidence.network_vitals:
        ratios = sorted(
            vitals.update_ratio
            for vitals in evidence.layer_vitals
            if vitals.step == whole.step and vitals.update_ratio is not None
        )
        if ratios and not ratios[len(ratios) // 2] <= 10**at.HIGHEST_UPDATE:
            return True
    return False
