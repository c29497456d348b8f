"""Let the weights shrink less each step, or more."""

from __future__ import annotations

import copy
from dataclasses import replace

from cutaway.diagnosis.evidence import Evidence
from cutaway.diagnosis.setup import Setup
from cutaway.records import Finding
from cutaway.schedules import Schedule

# Where there is no decay and more is wanted, the usual one (Loshchilov, Hutter, ICLR 2019).
USUAL_DECAY = 0.01


def weight_decay(setup: Setup, finding: Finding, evidence: Evidence) -> Setup | None:
    """Return the setup with the weight decay times the setting `factor` (1/10 where there is none)."""
    factor = float(finding.fix.settings.get("factor", 0.1)) if finding.fix is not None else 0.1
    optimizer = copy.copy(setup.optimizer)
    decay = optimizer.weight_decay
    if isinstance(decay, Schedule):
        optimizer.weight_decay = replace(decay, rate=decay.rate * factor)
    elif decay:
        optimizer.weight_decay = decay * factor
    elif factor > 1:
        optimizer.weight_decay = USUAL_DECAY
    else:
        return None
    return replace(setup, optimizer=optimizer)
