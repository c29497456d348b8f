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


@check(
    certain=True,
    explains=(
        "class_forgotten",
        "collapsed_output",
        "split_shift",
        "overfit",
        "loss_metric_disagree",
        "plateau_from_start",
    ),
)
def class_imbalance(evidence: Evidence) -> Finding | None:
    """Find rare classes that the network neglects although linear discriminants recognise them.

    Accuracy hardly falls by it, so that this check asks for harm of its own: a recall far below that of discriminants
    for which all classes count the same, and which recognise the commonest one too.
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
        label, recall, beside = neglected
        rare += f": of class {label} the network recognises {recall:.0%}, {beside}"
    return Finding(
        check="class_imbalance",
        sentence=f"the classes are of very unequal size, {rare}",
        quantity="rows of the rarest class over those of the commonest",
        measured=ratio,
        normal=(at.RAREST, None),
        fix=Fix(
            "class_weight" if evidence.loss.can_weigh else "",
            "let rare classes count more",
            "CrossEntropy(class_weight=…)",
        ),
        confidence=0.8 if neglected is not None else 0.3,
    )


def _neglected(evidence: Evidence) -> tuple[int, float, str] | None:
    """Return the rare class that is recognised least: its number, its recall, and in words what is to be expected."""
    outcome, counts, known = evidence.outcome, evidence.targets.counts, evidence.references.weighed
    commonest = counts.index(max(counts))
    worst = _missed(evidence, commonest)
    if worst is not None or commonest >= len(known) or known[commonest] < at.COMMONEST:
        return worst
    for label, recognised in enumerate(known):
        if outcome is None or label >= min(len(counts), len(outcome.recalls)):
            break
        recall, support = outcome.recalls[label], outcome.support[label]
        rare = counts[label] < 2 * at.RAREST * max(counts)
        error = sqrt(max(recognised * (1 - recognised), 0.05) / max(support, 1))
        if not rare or support < JUDGED or recall > at.NEGLECTED * recognised or recognised - recall < 2 * error:
            continue
        if worst is None or recall < worst[1]:
            worst = label, recall, f"linear discriminants {recognised:.0%}"
    return worst


def _missed(evidence: Evidence, commonest: int) -> tuple[int, float, str] | None:
    """Return the rare class that is recognised least, where rows held out are answered worse than those learned from.

    So it is where it is less rare in these. What is to be expected is the recall of the commonest class.
    """
    outcome, counts = evidence.outcome, evidence.targets.counts
    if outcome is None or outcome.validation_score is None or commonest >= len(outcome.recalls):
        return None
    gap = outcome.score - outcome.validation_score
    rare = [
        label
        for label in range(min(len(counts), len(outcome.recalls)))
        if counts[label] < at.RAREST * max(counts) and outcome.support[label] >= at.SUPPORT
    ]
    if not rare or gap < at.SHIFT_GAP / 2 or gap < 3 * evidence.references.error:
        return None
    label = min(rare, key=lambda each: outcome.recalls[each])
    recall, beside = outcome.recalls[label], outcome.recalls[commonest]
    found = recall < beside * 2 / 3 and beside > at.COMMONEST
    return (label, recall, f"of class {commonest} {beside:.0%}") if found else None
