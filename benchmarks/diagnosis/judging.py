"""What is said of a training: the verdict, what it would be without its parts, and how early it was right."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from benchmarks.diagnosis.baselines import BASELINES
from cutaway.diagnosis.check import Check, Look
from cutaway.diagnosis.checks import CHECKS
from cutaway.diagnosis.evidence import Evidence, Outcome
from cutaway.diagnosis.harm import harm
from cutaway.diagnosis.verdict import verdict
from cutaway.records import Finding
from cutaway.runs.run import Run


def said_of(evidence: Evidence) -> dict[str, Any]:
    """Return all that is said, as data for one line of the log.

    findings   of the verdict, each [check, layer, step, confidence, checks that follow from it]
    notes      checks that noticed something which does no harm
    harm       what the training suffers from
    gate off   findings where every suspicion counts
    unordered  findings by confidence, none folded
    course     [step, first check] after each look, step 0 before the first
    baselines  what rules of other tools say, by tool
    broken     errors that checks raised
    """
    broken: dict[str, str] = {}
    checks = tuple(replace(check, look=_guarded(check, broken)) for check in CHECKS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        found = verdict(evidence, checks)
        ungated = verdict(evidence, tuple(replace(check, certain=True) for check in checks))
        return {
            "findings": [_as_data(finding) for finding in found.findings],
            "notes": [finding.check for finding in found.notes],
            "harm": found.harm.kind,
            "gate off": [finding.check for finding in ungated.findings],
            "unordered": unordered(evidence, checks),
            "course": course(evidence, checks),
            "baselines": {name: rule(evidence) for name, rule in BASELINES.items()},
            "broken": broken,
        }


def refused(message: str) -> dict[str, Any]:
    """Return what is said of a training that `fit` refused: the checks whose names stand in its words."""
    named = [check.name for check in CHECKS if check.name in message] or ["refused"]
    findings: list[list[Any]] = [[name, None, 0, 1.0, []] for name in named[:1]]
    return {
        "findings": findings, "notes": [], "harm": "refused", "gate off": named, "unordered": named,
        "course": [[0, named[0]]], "baselines": {}, "broken": {}, "message": message,
    }  # fmt: skip


def failed(run: Run) -> dict[str, Any]:
    """Return what is said of a training whose diagnosis failed: nothing, and why."""
    words = "; ".join(event.message for event in run.events if event.what == "diagnosis") or "no evidence"
    return {
        "findings": [], "notes": [], "harm": "", "gate off": [], "unordered": [], "course": [], "baselines": {},
        "broken": {"diagnosis": words},
    }  # fmt: skip


def _as_data(finding: Finding) -> list[Any]:
    follow = [each.check for each in finding.consequences]
    return [finding.check, finding.layer, finding.step, round(finding.confidence, 3), follow]


def _guarded(check: Check, broken: dict[str, str]) -> Look:
    """Return the look of a check that is silent where it fails, and tells `broken`: one bad check hides no other."""

    def look(evidence: Evidence) -> Finding | None:
        try:
            return check.look(evidence)
        except Exception as error:
            broken[check.name] = f"{type(error).__name__}: {error}"
            return None

    return look


def unordered(evidence: Evidence, checks: Sequence[Check] = CHECKS) -> list[str]:
    """Return what every check finds, gated by harm, the most confident first: no causal order, nothing folded."""
    suffers = harm(evidence)
    found = [(check, check(evidence)) for check in checks]
    kept = [finding for check, finding in found if finding is not None and (check.certain or suffers)]
    return [finding.check for finding in sorted(kept, key=lambda finding: -finding.confidence)]


def course(evidence: Evidence, checks: Sequence[Check] = CHECKS) -> list[list[Any]]:
    """Return the first finding after each look, as far as it changes; None for none."""
    told: list[list[Any]] = []
    for step in [-1, *sorted({vitals.step for vitals in evidence.network_vitals})]:
        part = until(evidence, step)
        findings = verdict(part, checks).findings
        first = findings[0].check if findings else None
        if not told or told[-1][1] != first:
            told.append([max(0, step), first])
    return told


def until(evidence: Evidence, step: int) -> Evidence:
    """Return what was known after so many steps: the weights of that moment are the outcome."""
    whole = [vitals for vitals in evidence.network_vitals if vitals.step <= step]
    return replace(
        evidence,
        layer_vitals=tuple(vitals for vitals in evidence.layer_vitals if vitals.step <= step),
        network_vitals=tuple(whole),
        history=tuple(record for record in evidence.history if record.step <= step),
        events=tuple(event for event in evidence.events if event.step <= step),
        outcome=Outcome(whole[-1].score, whole[-1].validation_score) if whole and whole[-1].step else None,
    )
