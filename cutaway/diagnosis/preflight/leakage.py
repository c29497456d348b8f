"""A feature that is the target itself: the network copies it, and has learned nothing where it is not known."""

from __future__ import annotations

from cutaway.diagnosis import thresholds as at
from cutaway.diagnosis.check import check
from cutaway.diagnosis.evidence import Evidence
from cutaway.records import Finding, Fix


@check(certain=True, explains=("rows_repeated",))
def leakage(evidence: Evidence) -> Finding | None:
    """Find a feature that is the target up to factor and offset, among others that tell something of it too.

    Where the others tell nothing the target is a copy by intention, as in an exercise.
    """
    known = evidence.references
    if not known.copied or known.without < known.chance + at.LEAK_ERRORS * known.error:
        return None
    if evidence.targets.task == "numbers" and known.without > 1 - known.error:
        return None  # a sum of features that is one of them, in an exercise
    return Finding(
        check="leakage",
        sentence=f"feature {known.copied} is the target itself: its score will be perfect, and worth nothing where the "
        f"target is not known; without it a simple method reaches {known.without:.3f}",
        quantity="correlation of the feature with the target",
        measured=1.0,
        normal=(None, 0.99),
        fix=Fix(
            "",
            f"leave feature {known.copied} out",
            f"X = np.delete(X, {known.copied}, axis=1)" if known.copied.isdigit() else f"drop=[{known.copied!r}]",
        ),
        confidence=0.95,
    )
