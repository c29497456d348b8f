"""End when rows held out say that it gets worse, and keep the weights of the best epoch."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cutaway.data.splits import split_rows
from cutaway.diagnosis.evidence import Evidence
from cutaway.diagnosis.setup import Setup
from cutaway.records import Finding
from cutaway.training.step import Batch

# The share of rows held out where none are, and how long to wait: epochs at least, and as a share of those planned.
SHARE, FEWEST, WAIT = 0.2, 5, 0.1


def early_stop(setup: Setup, finding: Finding, evidence: Evidence) -> Setup | None:
    """Return the setup that watches rows held out, and waits for the setting `patience`; None where it does."""
    plan = setup.plan
    given = finding.fix.settings.get("patience") if finding.fix is not None else None
    patience = int(float(given)) if given is not None else max(FEWEST, round(WAIT * plan.epochs))
    if setup.held_out is not None:
        if plan.patience is not None and plan.patience <= patience and not plan.last:
            return None
        return replace(setup, plan=replace(plan, patience=patience, last=False))
    labels = setup.rows.y if setup.rows.y.dtype.kind in "iu" and setup.rows.y.ndim == 1 else None
    rest, part = split_rows(len(setup.rows.x), SHARE, plan.seed, labels)
    if not len(part):
        return None
    kept, watched = (
        Batch(*(None if array is None else np.asarray(array)[places] for array in setup.rows))
        for places in (rest, part)
    )
    return replace(setup, rows=kept, held_out=watched, plan=replace(plan, patience=patience, last=False))
