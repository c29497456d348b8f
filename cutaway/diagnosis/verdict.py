"""The verdict: which of the suspicions are causes, which are consequences, and which do no harm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from cutaway.diagnosis import thresholds as at
from cutaway.diagnosis.check import Check
from cutaway.diagnosis.checks import CHECKS
from cutaway.diagnosis.evidence import Evidence
from cutaway.diagnosis.harm import Harm, harm
from cutaway.records import Finding
from cutaway.training.bystander import passed_over


@dataclass(frozen=True)
class Verdict:
    """What is wrong with a training.

    findings   causes, the first cause first; empty for a training that is well
    notes      what is unusual and does no harm that could be measured
    harm       what the training suffers from, or why that cannot be judged
    faults     of checks that failed themselves, in words; the others looked all the same
    """

    findings: tuple[Finding, ...]
    notes: tuple[Finding, ...]
    harm: Harm
    faults: tuple[str, ...] = ()


def verdict(evidence: Evidence, checks: Sequence[Check] = CHECKS) -> Verdict:
    """Return the verdict on what is known: before the first step of mistakes that are certain, afterwards of all.

    1. Every check looks. 2. What is no certain mistake, nor likely to be one (`CERTAIN`), is a finding only where there
    is harm; less of it is enough where its cause was seen before the first step, for it is then no surprise. 3. Certain
    mistakes come first, the others after them, both in causal order. 4. What an earlier cause explains is folded under
    it, if that cause is likely enough. 5. Where there is harm and no cause is likely enough, the verdict says so.
    """
    found: list[tuple[Check, Finding]] = []
    faults: list[str] = []
    for check in sorted(checks, key=lambda check: not check.certain):
        try:
            finding = check(evidence)
        except Exception as fault:
            faults.append(f"{check.name}: {passed_over(fault)}")
            continue
        if finding is not None:
            found.append((check, finding))
    suffers = harm(evidence)
    if not suffers and any(_foreseen(check, finding) for check, finding in found):
        suffers = harm(evidence, foreseen=True)
    causes: list[tuple[Check, Finding]] = []
    notes: list[Finding] = []
    for check, finding in found:
        if finding.note or not (check.certain or finding.confidence >= at.CERTAIN or suffers):
            notes.append(replace(finding, note=True))
            continue
        sure = finding.confidence >= at.CONFIDENT
        place = next(
            (
                i
                for i, (cause, known) in enumerate(causes)
                # What is likely is no consequence of what is not.
                if check.name in cause.explains and (known.confidence >= at.CONFIDENT or not sure)
            ),
            None,
        )
        if place is None:
            causes.append((check, finding))
        else:
            cause, known = causes[place]
            causes[place] = (cause, replace(known, consequences=(*known.consequences, finding)))
    findings = [finding for _, finding in causes if finding.confidence >= at.CONFIDENT]
    if suffers and not findings:
        findings = [undecided(suffers, [finding for _, finding in causes], checks)]
    return Verdict(tuple(findings), tuple(notes), suffers, tuple(faults))


def named(findings: Sequence[Finding]) -> list[Finding]:
    """Return the causes that findings name: of one that is undecided, what it is undecided between.

    >>> one = Finding("overfit", "", "", 0.0, (None, None), confidence=0.3)
    >>> [each.check for each in named([replace(one, check="not_learning", consequences=(one,)), one])]
    ['overfit', 'overfit']
    """
    return [each for one in findings for each in (one.consequences if one.check == "not_learning" else (one,))]


def _foreseen(check: Check, finding: Finding) -> bool:
    return check.preflight and not (check.certain or finding.note) and finding.confidence >= at.CONFIDENT


def undecided(suffers: Harm, suspected: Sequence[Finding], checks: Sequence[Check]) -> Finding:
    """Return the finding that the training is hurt, and the cause not known."""
    between = " or ".join(finding.check for finding in suspected)
    looked = len(checks) - len(suspected)
    return Finding(
        check="not_learning",
        sentence=f"it does not learn as it could: {suffers.sentence}; {looked} checks see no cause"
        + (f", undecided between {between}" if between else ", and none of those known is left"),
        quantity="probability of the likeliest cause",
        measured=max((finding.confidence for finding in suspected), default=0.0),
        normal=(at.CONFIDENT, 1.0),
        confidence=0.0,
        consequences=tuple(suspected),
    )
