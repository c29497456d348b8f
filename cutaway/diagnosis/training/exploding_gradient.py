"""Gradients that explode: a signal, or its blame, that grows from layer to layer."""

from __future__ import annotations

import math

from cutaway.diagnosis import thresholds as at
from cutaway.diagnosis.check import check
from cutaway.diagnosis.course import Look, longest_run, looks, rms_gradient
from cutaway.diagnosis.evidence import Evidence
from cutaway.records import Finding, Fix


@check(
    explains=(
        "learning_rate_too_low",
        "dead_relu", "saturated", "frozen_weights", "oscillation", "batch_noise", "loss_metric_disagree",
        "collapsed_output", "plateau_from_start", "late_plateau", "underfit", "not_enough_epochs", "overfit",
    )
)  # fmt: skip
def exploding_gradient(evidence: Evidence) -> Finding | None:
    """Find a gradient that is a thousand times larger in one layer than in the last, or than the loss accounts for.

    The first is blame that grows on its way back. The second is a signal that grew on its way forward: then all
    gradients are large together, and the loss is far above what the mean or the shares of the classes give.
    """
    seen = looks(evidence)
    if not seen:
        return None
    grown = [_growth(evidence, look) for look in seen]
    large = [
        look.whole.gradient_norm > at.LARGE_GRADIENT and look.whole.loss > at.LARGE_LOSS * _expected(evidence)
        for look in seen
    ]
    begin, length = longest_run([growth > at.GRADIENT_GROWTH for growth, _ in grown])
    enough = min(at.PERSISTENT, max(1, len(seen) - 1))
    if length >= enough:
        growth, path = grown[begin]
        return _finding(
            f"the gradient grows {growth:.3g}-fold on its way back from the last layer",
            "gradient in a layer over that in the last", growth, at.GRADIENT_GROWTH, path, seen[begin],
        )  # fmt: skip
    begin, length = longest_run(large)
    if length < min(2, len(seen)):
        return None
    look = seen[begin]
    signal = [vitals for vitals in look.layers if vitals.output_std > at.LARGE_SIGNAL]
    if not signal:
        return None
    return _finding(
        f"the signal grows from layer to layer, to a deviation of {signal[-1].output_std:.3g}, and gradients with it",
        "length of the gradient", look.whole.gradient_norm, at.LARGE_GRADIENT, signal[0].path, look,
    )  # fmt: skip


def _growth(evidence: Evidence, look: Look) -> tuple[float, str | None]:
    """Return how much larger the gradient of a layer is than that of the last, and of which."""
    learning = look.learning
    if len(learning) < at.DEEP:
        return 0.0, None
    last = rms_gradient(evidence, learning[-1])
    found = max(learning[:-1], key=lambda vitals: rms_gradient(evidence, vitals))
    largest = rms_gradient(evidence, found)
    if not last > 0 or not math.isfinite(largest):
        return 0.0, None
    return largest / last, found.path


def _expected(evidence: Evidence) -> float:
    expected = evidence.output.expected
    return expected if math.isfinite(expected) and expected > 0 else math.inf


def _finding(sentence: str, quantity: str, measured: float, normal: float, layer: str | None, look: Look) -> Finding:
    return Finding(
        check="exploding_gradient",
        sentence=sentence,
        quantity=quantity,
        measured=measured,
        normal=(None, normal),
        layer=layer,
        step=look.whole.step,
        fix=Fix("clip", "shorten long gradients, and let the weights start smaller", "clip_norm=1.0", {"norm": 1.0}),
        confidence=0.75,
    )
