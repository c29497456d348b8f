"""Gradients that vanish: so little blame reaches the first layers that they hear of nothing."""

from __future__ import annotations

from statistics import median

from cutaway.diagnosis import thresholds as at
from cutaway.diagnosis.check import check
from cutaway.diagnosis.course import Look, looks, rms_gradient
from cutaway.diagnosis.evidence import Evidence
from cutaway.records import Finding, Fix

# Activations whose slope is below 1 nearly everywhere.
FLAT = ("Sigmoid", "Tanh", "Softmax")
# Layers that take the size out of what they are given.
NORMALISING = ("BatchNorm", "LayerNorm", "RMSNorm")


@check(
    explains=(
        "learning_rate_too_low",
        "frozen_weights", "batch_noise", "oscillation", "collapsed_output", "plateau_from_start", "late_plateau",
        "underfit", "not_enough_epochs", "too_few_updates", "class_forgotten", "loss_metric_disagree",
    )
)  # fmt: skip
def vanishing_gradient(evidence: Evidence) -> Finding | None:
    """Find a layer whose gradient is below a thousandth of the last one's, in more than half of the looks.

    Gradients are compared as root mean squares over a layer's parameters. An optimizer that divides by the size of the
    gradient, as Adam does, still moves such layers, by noise; so how far the layers move is not asked.

    Reference: Zhang et al., "AutoTrainer", ICSE 2021 (the thousandth); Glorot, Bengio, AISTATS 2010 (the cause).
    """
    seen = looks(evidence)
    shares = [found for look in seen if (found := _share(evidence, look)) is not None]
    if not shares or median(share for share, _ in shares) > at.GRADIENT_SHARE or shares[0][0] > at.FIRST_GRADIENT_SHARE:
        return None
    share, path = min(shares)
    activations = {layer.kind for layer in evidence.layers}
    flat = [kind for kind in FLAT if kind in activations]
    count = sum(1 for layer in evidence.layers if layer.parameters)
    fix = (
        Fix("insert_activation", f"use ReLU in place of {flat[0]}, with He weights; or fewer layers, or BatchNorm",
            "ca.Dense(…), ca.ReLU()", {"kind": "ReLU"})
        if flat
        else Fix("initialise", "start the weights where a signal keeps its size; or insert BatchNorm",
                 "ca.Dense(…, initializer=ca.He())")
    )  # fmt: skip
    return Finding(
        check="vanishing_gradient",
        sentence=f"through {count} layers the gradient shrinks to {share:.1g} of that in the last"
        + (f": the slope of {flat[0]} is a factor below 1 in each" if flat else ""),
        quantity="gradient of the layer over that of the last",
        measured=share,
        normal=(at.GRADIENT_SHARE, None),
        layer=path,
        step=seen[0].whole.step,
        fix=fix,
        confidence=0.85,
    )


def _share(evidence: Evidence, look: Look) -> tuple[float, str] | None:
    """Return the smallest gradient of the first half of the layers over that of the last, and where it is."""
    learning = look.learning
    if len(learning) < at.DEEP:
        return None
    last = rms_gradient(evidence, learning[-1])
    # What a normalising layer follows has little gradient by right: the size of its output is taken out.
    freed = {layer.follows for layer in evidence.layers if layer.kind in NORMALISING}
    first = [
        (rms_gradient(evidence, vitals), vitals.path)
        for vitals in learning[: len(learning) // 2]
        if vitals.path not in freed
    ]
    # Exactly 0 is no blame at all: a dead or disconnected layer, which other checks know.
    reached = [(size, path) for size, path in first if size > 0]
    if not reached or not last > 0:
        return None
    size, path = min(reached)
    return size / last, path
