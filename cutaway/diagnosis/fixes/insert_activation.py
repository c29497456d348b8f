"""Put ReLU between layers of sums that follow each other directly, and start those below it as ReLU wants it."""

from __future__ import annotations

from cutaway.diagnosis.alteration import LINEAR, Alteration
from cutaway.diagnosis.evidence import Evidence
from cutaway.diagnosis.setup import Setup
from cutaway.layers import He, Layer, ReLU
from cutaway.records import Finding

# Layers that bend nothing: sums with only these between them are one sum.
STRAIGHT = (
    "Dropout", "Identity", "Flatten", "BatchNorm", "LayerNorm", "RMSNorm", "Standardize", "AveragePool1D",
    "AveragePool2D", "GlobalAveragePool",
)  # fmt: skip


def insert_activation(setup: Setup, finding: Finding, evidence: Evidence) -> Setup | None:
    """Return the setup with a ReLU wherever sums meet sums; None where they meet nowhere."""
    alteration = Alteration(setup)
    found = straight_pairs(alteration.layers, evidence)
    for below, directly_below in found:
        layer = alteration.layers[directly_below]
        alteration.exchange(layer, layer, ReLU())
        sums = alteration.layers[below]
        if getattr(sums, "initializer", None) != He():
            alteration.anew(sums, He())
    return alteration.done() if found else None


def straight_pairs(layers: dict[str, Layer], evidence: Evidence) -> list[tuple[str, str]]:
    """Return for each layer of sums whose input is straight from another one: that one, and what is directly below."""
    found = []
    for facts in evidence.layers:
        if not isinstance(layers.get(facts.path), LINEAR):
            continue
        directly = below = facts.follows
        while below is not None and (made := evidence.layer(below)) is not None and made.kind in STRAIGHT:
            below = made.follows
        if below is not None and directly is not None and isinstance(layers.get(below), LINEAR):
            found.append((below, directly))
    return found
