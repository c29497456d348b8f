"""Numbers that are none: one NaN or infinity makes every sum it enters one, and every weight after the first step."""

from __future__ import annotations

from collections.abc import Sequence

from cutaway.diagnosis.check import check
from cutaway.diagnosis.evidence import Evidence
from cutaway.records import Finding, Fix

# Features that are named.
NAMED = 5


@check(
    certain=True,
    explains=(
        "non_finite", "learning_rate_too_high", "exploding_gradient", "initial_loss", "vanishing_gradient", "dead_relu",
        "saturated", "frozen_weights", "disconnected_layer", "oscillation", "batch_noise", "loss_metric_disagree",
        "collapsed_output", "plateau_from_start", "late_plateau", "underfit", "not_enough_epochs", "overfit",
        "class_forgotten", "train_evaluate_mismatch",
    ),
)  # fmt: skip
def non_finite_data(evidence: Evidence) -> Finding | None:
    """Find NaN and infinities among inputs and targets. `ca.fit` refuses them; elsewhere they are trained on."""
    inputs, targets = evidence.inputs, evidence.targets
    if not inputs.missing and not targets.missing:
        return None
    parts = []
    if inputs.missing:
        parts.append(f"the inputs hold {in_words(inputs.missing, inputs.missing_in, inputs.first_missing)}")
    if targets.missing:
        parts.append(f"the targets hold {in_words(targets.missing, (), targets.first_missing)}")
    return Finding(
        check="non_finite_data",
        sentence=" and ".join(parts) + ": no sum with it is a number, and one step spreads it to every weight",
        quantity="numbers that are NaN or infinite",
        measured=float(inputs.missing + targets.missing),
        normal=(None, 0.0),
        fix=Fix("", "fill such values or leave the rows out"),
        confidence=0.99,
    )


def in_words(count: int, features: Sequence[str], first: int | None) -> str:
    """Return how many numbers are none, where, and in which row first.

    >>> in_words(3, ("age", "height"), 7)
    '3 values that are NaN or infinite, in features age, height, first in row 7'
    >>> in_words(1, (), 0)
    '1 value that is NaN or infinite, first in row 0'
    """
    said = "1 value that is" if count == 1 else f"{count:,} values that are"
    listed = ", ".join(features[:NAMED]) + (f" and {len(features) - NAMED} more" if len(features) > NAMED else "")
    where = f", in feature{'s' if len(features) > 1 else ''} {listed}" if features else ""
    return f"{said} NaN or infinite{where}" + ("" if first is None else f", first in row {first}")
