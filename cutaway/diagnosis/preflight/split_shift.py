"""Held-out rows of another kind than those learned from: of another time, another place, another preparation."""

from __future__ import annotations

from cutaway.diagnosis import thresholds as at
from cutaway.diagnosis.check import check
from cutaway.diagnosis.evidence import Evidence
from cutaway.records import Finding, Fix


@check(explains=("overfit", "train_evaluate_mismatch", "class_forgotten"))
def split_shift(evidence: Evidence) -> Finding | None:
    """Find a feature whose distribution is another one in held-out rows (Kolmogorov, Smirnov; all features counted).

    It is the cause of a low score only where the rows learned from are answered much better.
    """
    facts, known, outcome = evidence.inputs, evidence.references, evidence.outcome
    if facts.shift <= at.SHIFT or facts.shift_chance > at.SHIFT_CHANCE:
        return None
    gap = 0.0
    if outcome is not None and outcome.validation_score is not None:
        gap = outcome.score - outcome.validation_score
    fitted = gap > at.SHIFT_GAP * (known.best - known.chance) and gap > 2 * known.error
    return Finding(
        check="split_shift",
        sentence=f"feature {facts.shifted} is spread otherwise in held-out rows than in those learned from "
        f"(up to {facts.shift:.2f} apart, by chance in one of {1 / max(facts.shift_chance, 1e-12):,.0f} splits)",
        quantity="largest distance between its distributions",
        measured=facts.shift,
        normal=(0.0, at.SHIFT),
        fix=Fix("", "prepare both parts alike and split at random, or judge as it will be used", "validation=0.2"),
        confidence=0.8 if fitted else 0.2,
    )
