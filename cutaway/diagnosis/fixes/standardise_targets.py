"""Learn targets of mean 0 and deviation 1, and turn the answers back into the user's units afterwards."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cutaway.diagnosis.alteration import with_rows
from cutaway.diagnosis.evidence import Evidence
from cutaway.diagnosis.setup import Setup
from cutaway.layers import Standardize
from cutaway.records import Finding
from cutaway.training.score import task_of


def standardise_targets(setup: Setup, finding: Finding, evidence: Evidence) -> Setup | None:
    """Return the setup with standardised targets and a closing layer; None where targets are no numbers, or closed.

        t' = (t − m) / s        answers p = s p' + m, by Standardize with mean −m / s and deviation 1 / s

    m and s are those of each column of the training targets. The network itself learns t', so that its weights, its
    learning rate and its loss are as they would be for targets of that size.
    """
    y = np.asarray(setup.rows.y)
    if setup.closing is not None or y.ndim < 2 or task_of(y) != "numbers":
        return None
    axes = tuple(range(y.ndim - 1))
    mean, deviation = y.mean(axis=axes, dtype=np.float64), y.std(axis=axes, dtype=np.float64)
    deviation = np.where(deviation > 0, deviation, 1.0)

    def standardised(targets: np.ndarray) -> np.ndarray:
        scaled: np.ndarray = ((np.asarray(targets, np.float64) - mean) / deviation).astype(y.dtype)
        return scaled

    return replace(
        setup,
        rows=with_rows(setup.rows, y=standardised(setup.rows.y)),
        held_out=None if setup.held_out is None else with_rows(setup.held_out, y=standardised(setup.held_out.y)),
        closing=Standardize((-mean / deviation).tolist(), (1 / deviation).tolist()),
    )
