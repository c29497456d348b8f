"""Leave out a layer that hands nothing on: what stands before it and after it is connected again."""

from __future__ import annotations

from cutaway.diagnosis.alteration import Alteration
from cutaway.diagnosis.evidence import Evidence
from cutaway.diagnosis.setup import Setup
from cutaway.records import Finding


def leave_out(setup: Setup, finding: Finding, evidence: Evidence) -> Setup | None:
    """Return the setup without the layer that was found; None where there is no such layer.

    Nor where the answers would have another shape without it.
    """
    alteration = Alteration(setup)
    layer = None if finding.layer is None else alteration.layers.get(finding.layer)
    if layer is None or layer is alteration.network:
        return None
    alteration.exchange(layer)
    changed, few = alteration.done(), setup.rows.x[:2]
    return changed if changed.network(few).shape == setup.network(few).shape else None
