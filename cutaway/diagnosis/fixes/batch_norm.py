"""Normalise what each layer of sums gives over the batch, so that no depth makes it vanish or explode."""

from __future__ import annotations

from cutaway.diagnosis.alteration import LINEAR, Alteration
from cutaway.diagnosis.evidence import Evidence
from cutaway.diagnosis.setup import Setup
from cutaway.layers import Activation, BatchNorm, LeakyReLU
from cutaway.layers.activations import ELU
from cutaway.records import Finding

# With fewer rows a batch says too little of the mean over all.
FEWEST_ROWS = 8


def batch_norm(setup: Setup, finding: Finding, evidence: Evidence) -> Setup | None:
    """Return the setup with `BatchNorm` between sums and activation, all but the last; None where it is there."""
    if min(setup.plan.batch_size, len(setup.rows.x)) < FEWEST_ROWS:
        return None
    alteration = Alteration(setup)
    last = next((each.path for each in reversed(evidence.layers) if _sums(alteration, each.path)), None)
    found = False
    for facts in evidence.layers:
        bends = isinstance(alteration.layers.get(facts.path), (Activation, LeakyReLU, ELU))
        if bends and facts.follows is not None and facts.follows != last and _sums(alteration, facts.follows):
            below = alteration.layers[facts.follows]
            alteration.exchange(below, below, BatchNorm())
            found = True
    return alteration.done() if found else None


def _sums(alteration: Alteration, path: str) -> bool:
    return isinstance(alteration.layers.get(path), LINEAR)
