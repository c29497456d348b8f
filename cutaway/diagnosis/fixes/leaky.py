"""Let a little through where ReLU lets nothing: a unit that is off for every row can then come back."""

from __future__ import annotations

from cutaway.diagnosis.alteration import LINEAR, Alteration
from cutaway.diagnosis.evidence import Evidence
from cutaway.diagnosis.setup import Setup
from cutaway.layers import He, LeakyReLU, ReLU
from cutaway.records import Finding

# Steep enough that blame of useful size passes a unit that is off, through many layers.
SLOPE = 0.1


def leaky(setup: Setup, finding: Finding, evidence: Evidence) -> Setup | None:
    """Return the setup with `LeakyReLU` for every ReLU, and He's weights, drawn anew, below; None without a ReLU."""
    alteration = Alteration(setup)
    found = [(path, layer) for path, layer in alteration.layers.items() if isinstance(layer, ReLU)]
    for path, layer in found:
        facts = evidence.layer(path)
        below = alteration.layers.get(facts.follows) if facts is not None and facts.follows is not None else None
        if isinstance(below, LINEAR):
            alteration.anew(below, He())
        alteration.exchange(layer, LeakyReLU(SLOPE))
    return alteration.done() if found else None
