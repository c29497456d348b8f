"""Classes of very unequal size: the rare ones weigh next to nothing in a mean over rows."""

from __future__ import annotations

from collections.abc import Sequence
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
    if outcome is None or not counts:
        return None
    if drawn := _drawn_otherwise(evidence):
        return drawn
    if len(counts) < 2:
        return None
    ratio = min(counts) / max(counts)
    if ratio >= at.RAREST and _entropy(counts) / log(len(counts)) >= at.ENTROPY:
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
        fix=_weighed(evidence),
        confidence=0.8 if neglected is not None else 0.3,
    )


def _drawn_otherwise(evidence: Evidence) -> Finding | None:
    """Find classes that are rarer among the rows learned from than among those held out, beyond all chance.

        ½ Σ |n_c/n − m_c/m|,   χ² = Σ (√(m/n) n_c − √(n/m) m_c)² / (n_c + m_c)

    n_c rows of n learned from, m_c of m held out. Whoever evens classes out for learning makes them less rare there.

    Reference: Wilson, Hilferty, "The distribution of chi-square", PNAS 17, 1931, by whom (χ²/f)^⅓ is nearly normal.
    """
    learned, apart = evidence.targets.counts, evidence.targets.held_out
    many = max(len(learned), len(apart))
    learned, apart = (each + (0,) * (many - len(each)) for each in (learned, apart))
    n, m = sum(learned), sum(apart)
    pairs = [(one, other) for one, other in zip(learned, apart, strict=True) if one or other]
    if not m or len(pairs) < 2 or evidence.loss.weighted or _entropy(learned) >= _entropy(apart):
        return None
    distance = sum(abs(one / n - other / m) for one, other in pairs) / 2
    square = sum((sqrt(m / n) * one - sqrt(n / m) * other) ** 2 / (one + other) for one, other in pairs)
    free = len(pairs) - 1
    beyond = ((square / free) ** (1 / 3) - (1 - 2 / (9 * free))) / sqrt(2 / (9 * free))
    if distance < at.SHARES or beyond < at.SHARES_DEVIATIONS:
        return None
    label = max(range(many), key=lambda each: apart[each] / m - learned[each] / n)
    return Finding(
        check="class_imbalance",
        sentence=f"class {label} is {learned[label] / n:.0%} of the {n:,} rows learned from and {apart[label] / m:.0%} "
        "of those held out: a network learns the shares of the classes, too",
        quantity="half the sum of the distances between the shares of the classes in both",
        measured=distance,
        normal=(None, at.SHARES),
        fix=_weighed(evidence),
        confidence=0.8,
    )


def _weighed(evidence: Evidence) -> Fix:
    return Fix(
        "class_weight" if evidence.loss.can_weigh else "",
        "let rare classes count more",
        "CrossEntropy(class_weight=…)",
    )


def _entropy(counts: Sequence[int]) -> float:
    """Return the entropy of the shares, −Σ p_c ln p_c: the larger, the more even."""
    total = sum(counts)
    return -sum(count / total * log(count / total) for count in counts if count)


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
