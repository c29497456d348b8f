"""Squared error for classes: it can learn them, but sure and wrong answers hardly count, or have no slope."""

from __future__ import annotations

from cutaway.diagnosis.check import check
from cutaway.diagnosis.evidence import Evidence
from cutaway.diagnosis.harm import harm
from cutaway.diagnosis.head import head_of, paired
from cutaway.records import Finding, Fix

# Heads that are flat where they are sure.
SURE = ("sigmoid", "softmax", "tanh")


@check(
    explains=("vanishing_gradient", "saturated", "collapsed_output", "plateau_from_start", "late_plateau", "underfit"),
)
def squared_error_of_classes(evidence: Evidence) -> Finding | None:
    """Find squared, absolute or Huber error of yes or no, or of classes; a note unless the training is hurt.

    With a sigmoid or softmax the slope of (p − t)² is p (1 − p) times the error: an answer that is sure and wrong is
    not corrected. Without one the loss punishes answers that are more right than needed. Where the training diverged it
    is not the likeliest cause. Numbers that are 0, 1, 2, … on one output may be amounts (rooms, stars) or numbers of
    classes, of which class 1 would be half of class 2: always a note.
    """
    task, out = evidence.targets.task, evidence.output
    if evidence.loss.takes == "numbers" and evidence.targets.levels > 2 and out.units == 1:
        return _numbered(evidence)
    if evidence.loss.takes != "numbers" or task not in ("yes_no", "one_hot", "several"):
        return None
    head = head_of(evidence)
    return Finding(
        check="squared_error_of_classes",
        sentence=f"the targets are classes, and {evidence.loss.name} treats them as amounts"
        + (f"; where the {out.head} is sure and wrong it has hardly any slope" if out.head in SURE else ""),
        quantity="share of the targets that say yes or no (0 or 1), and no amount",
        measured=1.0,  # or they would not be classes
        normal=(None, 0.99),
        layer=None if head is None else head.path,
        fix=paired(evidence),
        confidence=0.4 if harm(evidence).kind == "diverged" else 0.55,
    )


def _numbered(evidence: Evidence) -> Finding:
    """Return the note on targets that may be numbers of classes."""
    facts = evidence.targets
    head = head_of(evidence)
    count = facts.levels
    return Finding(
        check="squared_error_of_classes",
        sentence=f"the targets are the whole numbers {facts.low:g} to {facts.high:g}: if they are classes, "
        f"{evidence.loss.name} on one output takes them for amounts, of which the last is the largest",
        quantity="different numbers among the targets",
        measured=float(count),
        normal=(None, None),
        layer=None if head is None else head.path,
        fix=Fix("", "if they are classes: number them from 0, one output a class, and cross-entropy; amounts may stay",
                f'ca.Dense({count}), loss="cross_entropy"'),
        confidence=0.1,
        note=True,
    )  # fmt: skip
