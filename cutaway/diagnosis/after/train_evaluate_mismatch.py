"""A network that answers otherwise in evaluation than in training: batch norm's running figures are off."""

from __future__ import annotations

from math import isfinite

from cutaway.diagnosis import thresholds as at
from cutaway.diagnosis.check import check
from cutaway.diagnosis.evidence import Evidence
from cutaway.records import Finding, Fix


@check(explains=("overfit", "collapsed_output", "class_forgotten", "loss_metric_disagree", "underfit"))
def train_evaluate_mismatch(evidence: Evidence) -> Finding | None:
    """Find a loss that is half as large again in evaluation as in training, on the same rows, at the end.

    A loss that is small either way does not count; nor the other direction, which dropout has in every network.
    """
    looks = evidence.network_vitals
    if len(looks) < 2 or looks[-1].step == 0:
        return None
    last = looks[-1]
    if not (isfinite(last.loss) and isfinite(last.settled)) or last.settled <= at.MISMATCH * last.loss:
        return None
    expected = evidence.output.expected
    if isfinite(expected) and last.settled < at.MISMATCH_OF_CHANCE * expected:
        return None
    norm = next((layer for layer in evidence.layers if layer.kind == "BatchNorm"), None)
    if norm is None:
        why, fix = "", Fix("", "find the layer that computes something else while training")
    else:
        momentum = norm.settings.get("momentum", 0.1)
        why = f"; batch norm in layer {norm.path!r} follows its batches by {momentum:g} a step"
        slow = isinstance(momentum, float) and momentum * evidence.plan.updates < 5
        fix = (
            Fix("", "let its running mean and variance follow sooner", "ca.BatchNorm(momentum=0.1)")
            if slow
            else Fix("batch_size", "take larger batches, whose figures are steadier", "batch_size=128", {"factor": 4.0})
        )
    return Finding(
        check="train_evaluate_mismatch",
        sentence=f"on the same rows the loss is {last.loss:.3g} in training and {last.settled:.3g} in evaluation{why}",
        quantity="loss in evaluation over that in training",
        measured=last.settled / last.loss if last.loss > 0 else float("inf"),
        normal=(None, at.MISMATCH),
        layer=None if norm is None else norm.path,
        step=last.step,
        fix=fix,
        confidence=0.85 if norm is not None else 0.6,
    )
