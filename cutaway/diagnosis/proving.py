"""Proving: the suspected causes are tried one after another, and what was shown to help comes first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cutaway.diagnosis import thresholds as at
from cutaway.diagnosis.checks import BY_NAME
from cutaway.diagnosis.evidence import Evidence
from cutaway.diagnosis.experiment import Experiments
from cutaway.diagnosis.fixes import FIXES
from cutaway.diagnosis.setup import Setup
from cutaway.diagnosis.verdict import Verdict
from cutaway.records import Finding

# Fixes whose worth no score shows: they change what is judged, not what is learned.
UNPROVABLE = ("drop_repeats",)
# Beyond so many causes none is tried: each would have too little of the budget.
MOST_TRIED = 4


def proved(setup: Setup, evidence: Evidence, found: Verdict, seconds: float) -> tuple[tuple[Finding, ...], float]:
    """Return the findings of a verdict with what experiments made of their fixes, ranked anew; and the seconds spent.

    seconds   the budget for all experiments together

    Where the verdict is undecided, what it is undecided between is tried, and what helps is a finding of its own.
    """
    suspects = candidates(found.findings)
    if not suspects:
        return found.findings, 0.0
    experiments = Experiments(setup, evidence, seconds, len(suspects))
    tried = [experiments.tried(finding) if experiments.spent < seconds else finding for finding in suspects]
    return ranked(found.findings, tried), experiments.spent


def candidates(findings: Sequence[Finding]) -> list[Finding]:
    """Return the causes that an experiment can be made with, in causal order."""
    suspects: list[Finding] = []
    for finding in findings:
        suspects += finding.consequences if finding.check == "not_learning" else (finding,)
    able = [each for each in suspects if each.fix is not None and each.fix.action in FIXES]
    return [each for each in able if each.fix is not None and each.fix.action not in UNPROVABLE][:MOST_TRIED]


def ranked(findings: Sequence[Finding], tried: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return findings with their proofs, those whose fix was shown not to help last, if that of another helps.

    What is a mistake whatever a training makes of it keeps its place: another one may hide what its fix is worth.

    >>> from cutaway.records import Proof
    >>> one, two = (Finding(name, "", "", 1.0, (None, None), confidence=0.7) for name in ("dead_relu", "saturated"))
    >>> no, yes = Proof((0.5,), (0.5,), 100, 1.0, False), Proof((0.5,), (0.9,), 100, 1.0, True)
    >>> [each.check for each in ranked([one, two], [replace(one, proof=no), replace(two, proof=yes)])]
    ['saturated', 'dead_relu']
    """
    proofs = {each.check: _weighed(each) for each in tried}
    helpful = any(each.proof is not None and each.proof.helps for each in proofs.values())
    listed: list[Finding] = []
    for finding in findings:
        if finding.check == "not_learning":
            suspected = tuple(proofs.get(each.check, each) for each in finding.consequences)
            proven = [each for each in suspected if each.proof is not None and each.proof.helps]
            listed += proven or [replace(finding, consequences=suspected)]
        else:
            listed.append(proofs.get(finding.check, finding))
    if not helpful:
        return tuple(listed)
    return tuple(sorted(listed, key=_refuted))


def _refuted(finding: Finding) -> bool:
    certain = finding.check in BY_NAME and BY_NAME[finding.check].certain
    return finding.proof is not None and not finding.proof.helps and not certain


def _weighed(finding: Finding) -> Finding:
    """Return the finding, likelier where its fix was shown to help."""
    if finding.proof is not None and finding.proof.helps:
        return replace(finding, confidence=max(finding.confidence, at.PROVEN))
    return finding
