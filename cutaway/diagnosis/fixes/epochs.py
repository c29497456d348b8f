"""Train longer."""

from __future__ import annotations

from dataclasses import replace
from math import ceil

from cutaway.diagnosis.evidence import Evidence
from cutaway.diagnosis.setup import Setup
from cutaway.records import Finding


def epochs(setup: Setup, finding: Finding, evidence: Evidence) -> Setup | None:
    """Return the setup with the setting `factor` times as many epochs (3 where there is none)."""
    factor = float(finding.fix.settings.get("factor", 3)) if finding.fix is not None else 3.0
    many = ceil(setup.plan.epochs * factor)
    return None if many == setup.plan.epochs else replace(setup, plan=replace(setup.plan, epochs=many))
