"""Put ReLU where nothing bends, or where what bends is too flat, and start the sums below it as ReLU wants it."""

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
# Activations whose slope is small or nothing far from 0, or everywhere.
FLAT = ("Sigmoid", "Tanh", "Softmax", "Step")


def insert_activation(setup: Setup, finding: Finding, evidence: Evidence) -> Setup | None:
    """Return the setup with a ReLU wherever sums meet sums; None where nothing is to be changed.

    With the setting `layer` it is put in that layer's place; with `kind` in the place of every flat activation below
    the last sums.
    """
    alteration = Alteration(setup)
    settings = {} if finding.fix is None else finding.fix.settings
    if "layer" in settings or "kind" in settings:
        swapped = _flat(alteration.layers, evidence) if "kind" in settings else [str(settings["layer"])]
        found = [path for path in swapped if path in alteration.layers]
        for path in found:
            alteration.exchange(alteration.layers[path], ReLU())
            _start(alteration, _sums_below(alteration.layers, evidence, path)[0])
        return alteration.done() if found else None
    pairs = straight_pairs(alteration.layers, evidence)
    for below, directly_below in pairs:
        layer = alteration.layers[directly_below]
        alteration.exchange(layer, layer, ReLU())
        _start(alteration, below)
    return alteration.done() if pairs else None


def straight_pairs(layers: dict[str, Layer], evidence: Evidence) -> list[tuple[str, str]]:
    """Return for each layer of sums whose input is straight from another one: that one, and what is directly below."""
    found = []
    for facts in evidence.layers:
        if isinstance(layers.get(facts.path), LINEAR):
            below, directly = _sums_below(layers, evidence, facts.path)
            if below is not None and directly is not None:
                found.append((below, directly))
    return found


def _sums_below(layers: dict[str, Layer], evidence: Evidence, path: str) -> tuple[str | None, str | None]:
    """Return the path of the sums that a layer's input comes straight from, if it does, and what is directly below."""
    facts = evidence.layer(path)
    directly = below = None if facts is None else facts.follows
    while below is not None and (made := evidence.layer(below)) is not None and made.kind in STRAIGHT:
        below = made.follows
    return (below if below is not None and isinstance(layers.get(below), LINEAR) else None), directly


def _flat(layers: dict[str, Layer], evidence: Evidence) -> list[str]:
    """Return the paths of the flat activations that sums come after."""
    order = [facts for facts in evidence.layers if facts.path in layers]
    last = max((place for place, facts in enumerate(order) if isinstance(layers[facts.path], LINEAR)), default=0)
    return [facts.path for facts in order[:last] if facts.kind in FLAT]


def _start(alteration: Alteration, path: str | None) -> None:
    """Draw the weights of sums anew, unless they started as ReLU wants it."""
    if path is not None and getattr(alteration.layers[path], "initializer", None) != He():
        alteration.anew(alteration.layers[path], He())
