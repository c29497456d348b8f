"""Shorten gradients that are far longer than usual, so that one steep place does not throw the weights away."""

from __future__ import annotations

import copy
from dataclasses import replace

from cutaway.diagnosis.evidence import Evidence
from cutaway.diagnosis.setup import Setup
from cutaway.records import Finding

# The length that gradients are clipped to where the finding names none.
USUAL_NORM = 1.0


def clip(setup: Setup, finding: Finding, evidence: Evidence) -> Setup | None:
    """Return the setup that clips the gradient to the setting `norm`; None where it is clipped as short already."""
    norm = float(finding.fix.settings.get("norm", USUAL_NORM)) if finding.fix is not None else USUAL_NORM
    optimizer = copy.copy(setup.optimizer)
    if optimizer.clip_norm is not None and optimizer.clip_norm <= norm:
        return None
    optimizer.clip_norm = norm
    return replace(setup, optimizer=optimizer)
