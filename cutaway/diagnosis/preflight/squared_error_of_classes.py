"""Squared error for classes: it can learn them, but sure and wrong answers hardly count, or have no slope."""

from __future__ import annotations

from cutaway.diagnosis.check import check
from cutaway.diagnosis.evidence import Evidence
from cutaway.diagnosis.harm import harm
from cutaway.diagnosis.head import head_of, paired
from cutaway.records import Finding

# Heads that are flat where they are sure.
SURE = ("sigmoid", "softmax", "tanh")


@check(
    explains=("vanishing_gradient", "saturated", "collapsed_output", "plateau_from_start", "late_plateau", "underfit"),
)
def squared_error_of_classes(evidence: Evidence) -> Finding | None:
    """Find squared, absolute or Huber error of yes or no, or of classes; a note unless the training is hurt.

    With a sigmoid or softmax the slope of (p − t)² is p (1 − p) times the error: an answer that is sure and wrong is
    not corrected. Without one the loss punishes answers that are more right than needed. Where the training diverged it
    is not the likeliest cause.
    """
    task, out = evidence.targets.task, evidence.output
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
