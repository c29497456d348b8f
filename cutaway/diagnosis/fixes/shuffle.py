"""Take the rows in a new random order each epoch."""

from __future__ import annotations

from dataclasses import replace

from cutaway.diagnosis.evidence import Evidence
from cutaway.diagnosis.setup import Setup
from cutaway.records import Finding


def shuffle(setup: Setup, finding: Finding, evidence: Evidence) -> Setup | None:
    """Return the setup that shuffles its rows; None where it does."""
    return None if setup.plan.shuffle else replace(setup, plan=replace(setup.plan, shuffle=True))
