"""Take smaller, or larger, steps."""

from __future__ import annotations

import copy
from dataclasses import replace

from cutaway.diagnosis.evidence import Evidence
from cutaway.diagnosis.setup import Setup
from cutaway.records import Finding


def learning_rate(setup: Setup, finding: Finding, evidence: Evidence) -> Setup | None:
    """Return the setup with the learning rate times the setting `factor` (1/10 where there is none); schedules, too."""
    factor = float(finding.fix.settings.get("factor", 0.1)) if finding.fix is not None else 0.1
    return scaled_rate(setup, factor)


def scaled_rate(setup: Setup, factor: float) -> Setup:
    """Return the setup with its learning rate times a factor."""
    optimizer = copy.copy(setup.optimizer)
    optimizer.learning_rate = replace(optimizer.learning_rate, rate=optimizer.learning_rate.rate * factor)
    return replace(setup, optimizer=optimizer)
