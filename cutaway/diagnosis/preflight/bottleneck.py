"""A hidden layer of one or two units: whatever the network knows must pass through them."""

from __future__ import annotations

from itertools import pairwise
from math import prod

from cutaway.diagnosis import thresholds as at
from cutaway.diagnosis.check import check
from cutaway.diagnosis.evidence import Evidence, LayerFacts
from cutaway.records import Finding, Fix


@check(explains=("underfit", "dead_relu", "plateau_from_start", "late_plateau", "collapsed_output", "class_forgotten"))
def bottleneck(evidence: Evidence) -> Finding | None:
    """Find a hidden layer of at most two units, fewer than the inputs or the outputs are, that nothing leads around.

    Silent where the targets are the inputs: there a narrow layer is the point.
    """
    inputs, layers = evidence.inputs, evidence.layers
    if any(layer.follows != before.path for before, layer in pairwise(layers)):
        return None
    features = prod(inputs.shape)
    if evidence.targets.task == "numbers" and evidence.output.units == features > 1:
        return None
    weighted = [layer for layer in layers if any(len(each.shape) > 1 for each in layer.parameters)]
    narrow = [
        layer
        for layer in weighted[:-1]
        if layer.units <= at.NARROWEST and (layer.units < evidence.output.units or layer.units < _before(layer))
    ]
    if not narrow:
        return None
    worst = min(narrow, key=lambda layer: layer.units)
    return Finding(
        check="bottleneck",
        sentence=f"all that the network knows passes through {worst.units} "
        f"{'unit' if worst.units == 1 else 'units'} of layer {worst.path!r}, {_before(worst)} numbers go in",
        quantity="units of the narrowest hidden layer",
        measured=float(worst.units),
        normal=(float(at.NARROWEST + 1), None),
        layer=worst.path,
        fix=Fix("widen", "give it more units", "ca.Dense(16)", {"factor": 8.0}),
        confidence=0.8 if worst.units == 1 else 0.65,
    )


def _before(layer: LayerFacts) -> int:
    """Return how many numbers go into each of its units."""
    return max(each.fan_in for each in layer.parameters if len(each.shape) > 1)
