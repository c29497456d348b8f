"""Weight decay that outweighs the loss: the weights shrink faster than they learn."""

from __future__ import annotations

from math import sqrt

from cutaway.diagnosis import thresholds as at
from cutaway.diagnosis.check import check
from cutaway.diagnosis.evidence import Evidence
from cutaway.diagnosis.training.learning_rate_too_high import beyond_use
from cutaway.records import Finding, Fix


@check(
    explains=(
        "optimizer_config", "underfit", "vanishing_gradient", "collapsed_output", "plateau_from_start", "late_plateau",
        "class_forgotten", "learning_rate_too_low", "learning_rate_too_high", "dead_relu", "frozen_weights",
    )
)  # fmt: skip
def regularisation_too_strong(evidence: Evidence) -> Finding | None:
    """Find a training whose rows are not fitted, whose weights have shrunk, and whose steps are mostly decay.

    At rest gradient and decay are equal in any network, so that a share of a half alone says nothing; and with Adam the
    share says little, so that it is asked how much the decay had to take away: rate · decay · steps. At a rate beyond
    use it is the rate that does it.
    """
    optimizer, known, outcome = evidence.optimizer, evidence.references, evidence.outcome
    decayed = optimizer.learning_rate * optimizer.weight_decay * evidence.plan.updates
    if decayed < at.DECAYED or outcome is None or not evidence.network_vitals or beyond_use(evidence):
        return None
    if outcome.score >= known.best - at.SHORTFALL * (known.best - known.chance):
        return None
    looks = evidence.network_vitals[-at.PERSISTENT :]
    share = sorted(look.penalty for look in looks)[len(looks) // 2]
    shrunk = _length(evidence, evidence.network_vitals[-1].step) / _length(evidence, evidence.network_vitals[0].step)
    # Of weights that are gone nothing is left to decay; but at a rate far too high any decay takes them away.
    withered = shrunk < at.WITHERED and optimizer.learning_rate <= at.FAR_ABOVE_USUAL * optimizer.usual
    if not withered and not (at.WITHERED <= shrunk < at.SHRUNK and share > at.PENALTY / 2):
        return None
    return Finding(
        check="regularisation_too_strong",
        sentence=f"weight decay of {optimizer.weight_decay:.3g} shrinks the weights, to {shrunk:.0%} of their first "
        "length, faster than they learn",
        quantity="length of the weights over their first length" if withered else "share of decay in a step",
        measured=shrunk if withered else share,
        normal=(at.WITHERED, None) if withered else (0.0, at.PENALTY),
        step=looks[0].step,
        fix=Fix(
            "weight_decay",
            f"lower it, to about {optimizer.weight_decay / 100:.2g}",
            f"weight_decay={optimizer.weight_decay / 100:.2g}",
            {"factor": 0.01},
        ),
        confidence=0.85 if withered or share > at.PENALTY else 0.6,
    )


def _length(evidence: Evidence, step: int) -> float:
    """Return the length of all weights at a step."""
    squares = [each.weight_norm**2 for each in evidence.layer_vitals if each.step == step and each.weight_norm]
    return sqrt(sum(squares)) or 1.0
