"""Settings of the optimizer that no training works with: its moments, its decay, its clipping."""

from __future__ import annotations

from statistics import median

from cutaway.diagnosis import thresholds as at
from cutaway.diagnosis.check import check
from cutaway.diagnosis.evidence import Evidence
from cutaway.records import Finding, Fix


@check(
    explains=(
        "learning_rate_too_high", "learning_rate_too_low", "oscillation", "exploding_gradient", "non_finite",
        "plateau_from_start", "underfit", "not_enough_epochs", "frozen_weights", "collapsed_output", "late_plateau",
        "class_forgotten", "dead_relu", "saturated",
    )
)  # fmt: skip
def optimizer_config(evidence: Evidence) -> Finding | None:
    """Find momentum of .99 and more, ε that vanishes or swallows the gradient, decay of a tenth a step, tight clipping.

    Clipping is too tight where it shortens the gradient to less than a twentieth of its usual length; Adam and RMSprop,
    which divide by that length, do not mind.
    """
    facts = evidence.optimizer
    decay = facts.weight_decay * facts.learning_rate
    norms = [look.gradient_norm for look in evidence.network_vitals]
    clipped = facts.clip_norm / median(norms) if facts.clip_norm and norms and median(norms) > 0 else 1.0
    if facts.momentum >= at.MOMENTUM:
        return _finding(
            f"momentum of {facts.momentum:.6g} carries on a step for {1 / (1 - facts.momentum):,.0f} more",
            "momentum", facts.momentum, (0.0, at.MOMENTUM), 0.8,
        )  # fmt: skip
    if facts.epsilon is not None and facts.epsilon >= at.LARGE_EPSILON:
        return _finding(
            f"epsilon of {facts.epsilon:.3g} is larger than gradients are, and makes each step that much shorter",
            "epsilon", facts.epsilon, (at.EPSILON, at.LARGE_EPSILON), 0.8 if facts.epsilon >= 1 else 0.6,
        )  # fmt: skip
    if facts.epsilon is not None and facts.epsilon <= at.EPSILON:
        return _finding(
            f"epsilon of {facts.epsilon:.3g} is lost in float32: where a gradient is all but 0, a step is not",
            "epsilon", facts.epsilon, (at.EPSILON, at.LARGE_EPSILON), 0.6,
        )  # fmt: skip
    if decay >= at.STEP_DECAY:
        return _finding(
            f"weight decay of {facts.weight_decay:.3g} takes {decay:.0%} of every weight in each step",
            "share of a weight that one step takes", decay, (0.0, at.STEP_DECAY), 0.85,
        )  # fmt: skip
    if clipped < at.CLIPPED and facts.name in ("GradientDescent", "Momentum", "Nesterov", "Optimizer"):
        return _finding(
            f"clip_norm of {facts.clip_norm:.3g} leaves {clipped:.1%} of the gradient, step after step",
            "clip norm over the gradient's median length", clipped, (at.CLIPPED, None), 0.8,
        )  # fmt: skip
    return None


def _finding(
    sentence: str, quantity: str, measured: float, normal: tuple[float | None, float | None], confidence: float
) -> Finding:
    return Finding(
        check="optimizer_config",
        sentence=sentence,
        quantity=quantity,
        measured=measured,
        normal=normal,
        fix=Fix("default_optimizer", "leave the setting at its default", "optimizer=ca.Adam()"),
        confidence=confidence,
    )
