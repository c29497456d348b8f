"""A feature that is the target itself, or tells it alone: nothing is learned that helps where it is not known."""

from __future__ import annotations

from cutaway.diagnosis import thresholds as at
from cutaway.diagnosis.check import check
from cutaway.diagnosis.evidence import Evidence
from cutaway.records import Finding, Fix


@check(certain=True, explains=("rows_repeated",))
def leakage(evidence: Evidence) -> Finding | None:
    """Find a feature that is the target, bent or noisy perhaps, among others that tell something of it but less.

    Where the others tell nothing the target is a copy by intention, as in an exercise.
    """
    known = evidence.references
    if not known.copied or known.without < known.chance + at.LEAK_ERRORS * known.error:
        return None
    if evidence.targets.task == "numbers" and known.without > 1 - known.error:
        return None  # a sum of features that is one of them, in an exercise
    if not known.itself and known.without > known.alone - at.LEAK_GAP:
        return None  # others tell it as well
    told = (
        "is the target itself: its score will be perfect, and worth"
        if known.itself
        else f"tells the target alone ({known.alone:.3f}), as if it were made of it: a score that rests on it is worth"
    )
    return Finding(
        check="leakage",
        sentence=f"feature {known.copied} {told} nothing where the target is not known; without it a simple method "
        f"reaches {known.without:.3f}",
        quantity="how well the feature tells the target alone",
        measured=known.alone,
        normal=(None, 0.99),
        fix=Fix(
            "",
            f"leave feature {known.copied} out" + ("" if known.itself else ", if it is known only after the target is"),
            f"X = np.delete(X, {known.copied}, axis=1)" if known.copied.isdigit() else f"drop=[{known.copied!r}]",
        ),
        confidence=0.95 if known.itself else 0.8,
    )
