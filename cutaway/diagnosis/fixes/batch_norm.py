"""Normalise what each layer of sums gives over the batch, so that no depth makes it vanish or explode."""

from __future__ import annotations

from cutaway.diagnosis.alteration import LINEAR, Alteration
from cutaway.diagnosis.evidence import Evidence
from cutaway.diagnosis.setup import Setup
from cutaway.layers import BatchNorm
from cutaway.records import Finding

# With fewer rows a batch says too little of the mean over all.
FEWEST_ROWS = 8
# What normalises already.
NORMALISING = ("BatchNorm", "LayerNorm", "RMSNorm")


def batch_norm(setup: Setup, finding: Finding, evidence: Evidence) -> Setup | None:
    """Return the setup with `BatchNorm` behind all sums but the last, before what bends them; None where it is there.

    None also where a batch has fewer than eight rows.
    """
    if min(setup.plan.batch_size, len(setup.rows.x)) < FEWEST_ROWS:
        return None
    alteration = Alteration(setup)
    sums = [facts.path for facts in evidence.layers if isinstance(alteration.layers.get(facts.path), LINEAR)][:-1]
    followed = {facts.follows: facts.kind for facts in reversed(evidence.layers)}
    bare = [path for path in sums if followed.get(path) not in NORMALISING]
    for path in bare:
        layer = alteration.layers[path]
        alteration.exchange(layer, layer, BatchNorm())
    return alteration.done() if bare else None
