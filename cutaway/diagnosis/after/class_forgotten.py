"""A class that is never recognised, although a simple method recognises it."""

from __future__ import annotations

from cutaway.diagnosis import thresholds as at
from cutaway.diagnosis.check import check
from cutaway.diagnosis.evidence import Evidence
from cutaway.records import Finding, Fix


@check()
def class_forgotten(evidence: Evidence) -> Finding | None:
    """Find a class of ten rows and more of which the network recognises none, and least squares or the nearest most."""
    outcome = evidence.outcome
    if outcome is None:
        return None
    known = evidence.references.recognised
    lost = [
        (label, support, known[label])
        for label, (recall, support) in enumerate(zip(outcome.recalls, outcome.support, strict=True))
        if recall == 0 and support >= at.SUPPORT and label < len(known) and known[label] >= at.RECOGNISED
    ]
    if not lost:
        return None
    label, support, recognised = max(lost, key=lambda each: each[2])
    others = f" (and {len(lost) - 1} more)" if len(lost) > 1 else ""
    return Finding(
        check="class_forgotten",
        sentence=f"class {label}{others} is never recognised: none of its {support} rows, of which a simple method "
        f"recognises {recognised:.0%}",
        quantity="share of its rows that are recognised",
        measured=0.0,
        normal=(recognised / 2, 1.0),
        fix=Fix(
            "class_weight" if evidence.loss.can_weigh else "", "let its rows count more", "CrossEntropy(class_weight=…)"
        ),
        confidence=0.6,
    )
