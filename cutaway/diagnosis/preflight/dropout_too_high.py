"""Dropout that leaves too little: of the signal so few units remain that there is nothing to learn from."""

from __future__ import annotations

from cutaway.diagnosis import thresholds as at
from cutaway.diagnosis.check import check
from cutaway.diagnosis.evidence import Evidence
from cutaway.records import Finding, Fix

# The rate that is advised instead.
USUAL = 0.2


@check(
    explains=(
        "initial_loss", "learning_rate_too_high", "learning_rate_too_low", "dead_relu", "loss_metric_disagree",
        "batch_noise", "oscillation", "plateau_from_start", "late_plateau", "train_evaluate_mismatch",
        "collapsed_output", "class_forgotten", "underfit", "not_enough_epochs",
    )
)  # fmt: skip
def dropout_too_high(evidence: Evidence) -> Finding | None:
    """Find rates above a half, layers that together keep less than a fifth, and dropout of the outputs themselves."""
    dropouts = [
        (layer, float(layer.settings["rate"]))
        for layer in evidence.layers
        if layer.kind == "Dropout" and isinstance(layer.settings.get("rate"), (int, float))
    ]
    if not dropouts:
        return None
    kept = 1.0
    for _, rate in dropouts:
        kept *= 1 - rate
    layer, rate = max(dropouts, key=lambda pair: pair[1])
    last = evidence.layers[-1]
    fix = Fix("dropout", f"lower the rates, to about {USUAL:g}", f"ca.Dropout({USUAL:g})", {"rate": USUAL})
    if last.kind == "Dropout" and float(last.settings.get("rate", 0.0)) > 0:
        rate = float(last.settings["rate"])
        return Finding(
            check="dropout_too_high",
            sentence=f"dropout is the last layer: in training {rate:.0%} of the answers themselves are 0",
            quantity="share of the outputs that are dropped",
            measured=rate,
            normal=(0.0, 0.0),
            layer=last.path,
            fix=fix,
            confidence=0.85,
        )
    if rate > at.DROPOUT:
        return Finding(
            check="dropout_too_high",
            sentence=f"dropout of {rate:.3g} leaves {1 - rate:.0%} of the units of layer {layer.path!r} in each step",
            quantity="rate of dropout",
            measured=rate,
            normal=(0.0, at.DROPOUT),
            layer=layer.path,
            fix=fix,
            confidence=0.85 if rate > 0.75 else 0.65,
        )
    if kept < at.KEPT:
        return Finding(
            check="dropout_too_high",
            sentence=f"{len(dropouts)} layers of dropout leave {kept:.0%} of the paths through the network in a step",
            quantity="share that all layers of dropout keep together",
            measured=kept,
            normal=(at.KEPT, 1.0),
            layer=layer.path,
            fix=fix,
            confidence=0.65,
        )
    return None
