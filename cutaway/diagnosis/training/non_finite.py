"""A number that is not finite: infinity or NaN in an output, a gradient, a weight."""

from __future__ import annotations

import math

from cutaway.diagnosis.check import check
from cutaway.diagnosis.evidence import Evidence
from cutaway.records import Event, Finding, Fix


@check(
    explains=(
        "exploding_gradient", "vanishing_gradient", "dead_relu", "saturated", "frozen_weights", "oscillation",
        "batch_noise", "loss_metric_disagree", "collapsed_output", "plateau_from_start", "late_plateau", "underfit",
        "not_enough_epochs", "overfit", "too_few_updates", "class_forgotten", "initial_loss", "train_evaluate_mismatch",
    )
)  # fmt: skip
def non_finite(evidence: Evidence) -> Finding | None:
    """Find the first number that is not finite: already before the first step, or on the way, where the event tells."""
    place = next((layer for layer in evidence.layers if not _finite(layer.output_low, layer.output_high)), None)
    if place is not None:
        return _finding(
            f"the output of layer {place.path!r} ({place.kind}) is not finite before the first step, "
            "so that nothing can be learned",
            place.path, 0, 0.0,
            Fix("initialise", "let the weights start smaller, and keep what the layer computes within its range"),
        )  # fmt: skip
    if evidence.trained and not math.isfinite(evidence.output.loss):
        return _finding(
            "the loss is not finite before the first step", None, 0, 0.0,
            Fix("", "let the outputs stay where the loss is finite: a logarithm needs numbers above 0"),
        )  # fmt: skip
    broke = next((event for event in evidence.events if event.what == "not finite"), None)
    if broke is None:
        return None
    rate = evidence.optimizer.learning_rate
    if broke.operation in ("", "step", "loss") or _grows(broke, evidence):
        fix = Fix(
            "learning_rate",
            f"lower the learning rate, to about {rate / 10:.2g}, and clip the gradient",
            f"learning_rate={rate / 10:.2g}, clip_norm=1.0",
            {"factor": 0.1},
        )
    else:
        fix = Fix("clip", f"keep what {broke.operation} is given within its range, and clip the gradient",
                  "clip_norm=1.0", {"norm": 1.0})  # fmt: skip
    done = broke.step / evidence.plan.updates if evidence.plan.updates else 0.0
    return _finding(broke.message, broke.layer, broke.step, done, fix)


def _finite(*numbers: float) -> bool:
    return all(math.isfinite(number) for number in numbers)


def _grows(broke: Event, evidence: Evidence) -> bool:
    """Whether the operation that broke is a sum of products, which only large numbers break."""
    return broke.operation in ("matmul", "add", "multiply", "subtract", "squared_error", "convolve")


def _finding(sentence: str, layer: str | None, step: int, done: float, fix: Fix) -> Finding:
    return Finding(
        check="non_finite",
        sentence=sentence,
        quantity="share of the training that was finite",
        measured=min(1.0, done),
        normal=(1.0, None),
        layer=layer,
        step=step,
        fix=fix,
        confidence=0.8,
    )
