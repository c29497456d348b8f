"""Give a layer more units."""

from __future__ import annotations

import copy
from math import ceil

from cutaway.diagnosis.alteration import LINEAR, Alteration
from cutaway.diagnosis.evidence import Evidence
from cutaway.diagnosis.setup import Setup
from cutaway.layers import Conv1D, Conv2D, Dense, Layer
from cutaway.records import Finding


def widen(setup: Setup, finding: Finding, evidence: Evidence) -> Setup | None:
    """Return the setup whose narrow layer has the setting `factor` times as many units (2 where there is none).

    Narrow is the finding's layer, and every other one between inputs and outputs that has no more units than it;
    without a layer, all of them. None where there is none. Their weights, and those of what they feed, are drawn anew.
    """
    factor = float(finding.fix.settings.get("factor", 2)) if finding.fix is not None else 2.0
    alteration = Alteration(setup)
    sums = [facts for facts in evidence.layers if isinstance(alteration.layers.get(facts.path), LINEAR)][:-1]
    named = next((facts.units for facts in sums if facts.path == finding.layer), None)
    narrow = [facts for facts in sums if named is None or facts.units <= named]
    for facts in narrow:
        layer = alteration.layers[facts.path]
        alteration.exchange(layer, wider(layer, ceil(facts.units * factor)))
    return alteration.done() if narrow else None


def wider(layer: Layer, units: int) -> Layer:
    """Return a layer like this one with so many units, or filters, and no weights yet.

    >>> wider(Dense(2, bias=False), 8)
    Dense(8, bias=False)
    """
    arguments = copy.copy(layer.arguments())
    if isinstance(layer, Dense):
        return Dense(**{**arguments, "units": units})
    assert isinstance(layer, (Conv1D, Conv2D))
    groups = layer.groups
    return type(layer)(**{**arguments, "filters": -(-units // groups) * groups})
