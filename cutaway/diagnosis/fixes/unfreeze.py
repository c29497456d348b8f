"""Let every parameter learn."""

from __future__ import annotations

import copy
from dataclasses import replace

from cutaway.diagnosis.evidence import Evidence
from cutaway.diagnosis.setup import Setup
from cutaway.records import Finding

# A rate of less than this share of the others' is as good as none.
FROZEN = 1e-3


def unfreeze(setup: Setup, finding: Finding, evidence: Evidence) -> Setup | None:
    """Return the setup without learning rate factors that hold parameters still; None where there are none."""
    factors = setup.optimizer.learning_rate_factors
    kept = {pattern: factor for pattern, factor in factors.items() if abs(factor) >= FROZEN}
    if kept == factors:
        return None
    optimizer = copy.copy(setup.optimizer)
    optimizer.learning_rate_factors = kept
    return replace(setup, optimizer=optimizer)
