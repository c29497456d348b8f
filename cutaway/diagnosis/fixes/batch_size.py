"""Take more rows a step, or fewer."""

from __future__ import annotations

from dataclasses import replace

from cutaway.diagnosis.evidence import Evidence
from cutaway.diagnosis.setup import Setup
from cutaway.records import Finding

# Fewer rows than this make a step of little more than noise.
FEWEST = 4


def batch_size(setup: Setup, finding: Finding, evidence: Evidence) -> Setup | None:
    """Return the setup with the batch size times the setting `factor`, within 4 and all rows; None for no change."""
    factor = float(finding.fix.settings.get("factor", 0.25)) if finding.fix is not None else 0.25
    now = min(setup.plan.batch_size, len(setup.rows.x))
    size = min(len(setup.rows.x), max(min(now, FEWEST), round(now * factor)))
    return None if size == now else replace(setup, plan=replace(setup.plan, batch_size=size))
