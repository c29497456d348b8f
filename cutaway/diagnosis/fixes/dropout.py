"""Silence a fitting share of the activations while training."""

from __future__ import annotations

from cutaway.diagnosis.alteration import LINEAR, Alteration
from cutaway.diagnosis.evidence import Evidence
from cutaway.diagnosis.setup import Setup
from cutaway.layers import Dropout
from cutaway.records import Finding

# The share where the finding names none.
USUAL_RATE = 0.1


def dropout(setup: Setup, finding: Finding, evidence: Evidence) -> Setup | None:
    """Return the setup whose dropout silences the setting `rate`: that which is there, else one before the last sums.

    Dropout after the last sums, on the answers themselves, is taken out; at a rate of 0 so is all of it.
    """
    rate = float(finding.fix.settings.get("rate", USUAL_RATE)) if finding.fix is not None else USUAL_RATE
    alteration = Alteration(setup)
    order = [alteration.layers[facts.path] for facts in evidence.layers if facts.path in alteration.layers]
    sums = [place for place, layer in enumerate(order) if isinstance(layer, LINEAR)]
    there = [(place, layer) for place, layer in enumerate(order) if isinstance(layer, Dropout)]
    for place, layer in there:
        on_answers = bool(sums) and place > sums[-1]
        alteration.exchange(layer, *(() if on_answers or rate == 0 else (Dropout(rate),)))
    if not there:
        if not sums or rate == 0:
            return None
        alteration.exchange(order[sums[-1]], Dropout(rate), order[sums[-1]])
    return alteration.done()
