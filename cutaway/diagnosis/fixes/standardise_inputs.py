"""Bring every feature to mean 0 and deviation 1, by a layer in front that is fitted to the training rows."""

from __future__ import annotations

import numpy as np

from cutaway.diagnosis.alteration import Alteration
from cutaway.diagnosis.evidence import Evidence
from cutaway.diagnosis.inputs import ROUNDING
from cutaway.diagnosis.setup import Setup
from cutaway.layers import Standardize
from cutaway.records import Finding


def standardise_inputs(setup: Setup, finding: Finding, evidence: Evidence) -> Setup | None:
    """Return the setup with `Standardize` in front; None where inputs are looked up or are standardised already."""
    if evidence.inputs.whole or (evidence.layers and evidence.layers[0].kind == "Standardize"):
        return None
    fitted = Standardize.fit(np.asarray(setup.rows.x))
    # What varies by rounding alone is not blown up to deviation 1.
    deviations = [
        deviation if deviation > ROUNDING * abs(mean) else 1.0
        for mean, deviation in zip(fitted.mean, fitted.deviation, strict=True)
    ]
    alteration = Alteration(setup)
    alteration.first(Standardize(fitted.mean, deviations))
    return alteration.done()
