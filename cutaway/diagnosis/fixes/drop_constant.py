"""Leave out features that are the same in every row."""

from __future__ import annotations

import numpy as np

from cutaway.diagnosis.alteration import Alteration
from cutaway.diagnosis.evidence import Evidence
from cutaway.diagnosis.setup import Setup
from cutaway.layers import Operation
from cutaway.records import Finding


def drop_constant(setup: Setup, finding: Finding, evidence: Evidence) -> Setup | None:
    """Return the setup whose network takes only the features that vary; None where all or none of them do."""
    x = np.asarray(setup.rows.x)
    if x.ndim != 2 or x.dtype.kind != "f":
        return None
    varying = np.flatnonzero(x.min(axis=0) != x.max(axis=0))
    if len(varying) in (0, x.shape[1]):
        return None
    alteration = Alteration(setup)
    alteration.first(Operation("take", [("axis", 1), ("at", tuple(varying.tolist()))]))
    return alteration.done()
