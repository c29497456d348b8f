"""Classes of very unequal size: the rare ones weigh next to nothing in a mean over rows."""

from __future__ import annotations

from math import log, sqrt

from cutaway.diagnosis import thresholds as at
from cutaway.diagnosis.check import check
from cutaway.diagnosis.evidence import Evidence
from cutaway.diagnosis.harm import harm
from cutaway.records import Finding, Fix

# Rows of a class that must have been judged.
JUDGED = 3


@check(certain=True, explains=("class_forgotten", "collapsed_output", "loss_metric_disagree", "plateau_from_start"))
def class_imbalance(evidence: Evidence) -> Finding | None:
    """Find rare classes that the network neglects although least squares or the nearest row recognise them.

    Accuracy hardly falls by it, so that this check asks for harm of its own: a recall far below the reference's.
    """
    counts = [count for count in evidence.targets.counts if count]
    outcome = evidence.outcome
    if len(counts) < 2 or outcome is None:
        return None
    ratio, total = min(counts) / max(counts), sum(counts)
    evenness = -sum(count / total * log(count / total) for count in counts) / log(len(counts))
    if ratio >= at.RAREST and evenness >= at.ENTROPY:
        return None
    neglected = _neglected(evidence)
    suffers = harm(evidence).kind
    if suffers == "diverged" or (neglected is None and not suffers):
        return None
    rare = f"{min(counts):,} rows of the rarest class and {max(counts):,} of the commonest"
    if neglected is not None:
        label, recall, recognised = neglected
        rare += f": of class {label} the network recognises {recall:.0%}, a simple method {recognised:.0%}"
    return Finding(
        check="class_imbalance",
        sentence=f"the classes are of very unequal size, {rare}",
        quantity="rows of the rarest class over those of the commonest",
        measured=ratio,
        normal=(at.RAREST, None),
        fix=Fix("class_weight", "let rare classes count more", "CrossEntropy(class_weight=…)"),
        confidence=0.8 if neglected is not None else 0.3,
    )


def _neglected(evidence: Evidence) -> tuple[int, float, float] | None:
    """Return the rare class that is recognised least beside the reference: its number, recall, and the reference's."""
    outcome, counts = evidence.outcome, evidence.targets.counts
    worst = None
    for label, recognised in enumerate(evidence.references.recognised):
        if outcome is None or label >= min(len(counts), len(outcome.recalls)):
            break
        recall, support = outcome.recalls[label], outcome.support[label]
        rare = counts[label] < 2 * at.RAREST * max(counts)
        error = sqrt(max(recognised * (1 - recognised), 0.05) / max(support, 1))
        if not rare or support < JUDGED or recall > at.NEGLECTED * recognised or recognised - recall < 2 * error:
            continue
        if worst is None or recall < worst[1]:
            worst = (label, recall, recognised)
    return worst
