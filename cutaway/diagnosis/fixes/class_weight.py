"""Let each class count the same in the loss, however few its rows are."""

from __future__ import annotations

import copy
from dataclasses import replace

import numpy as np

from cutaway.diagnosis.evidence import Evidence
from cutaway.diagnosis.setup import Setup
from cutaway.losses import BinaryCrossEntropy, CrossEntropy
from cutaway.records import Finding


def class_weight(setup: Setup, finding: Finding, evidence: Evidence) -> Setup | None:
    """Return the setup whose loss weighs class c by n / (C n_c); None where classes are not told apart or weighed.

    A class without rows weighs 1.
    """
    counts = np.asarray(evidence.targets.counts, np.float64)
    loss = copy.copy(setup.loss)
    if len(counts) < 2 or not isinstance(loss, (CrossEntropy, BinaryCrossEntropy)) or loss.class_weight is not None:
        return None
    if isinstance(loss, BinaryCrossEntropy) and len(counts) != 2:
        return None
    weights = np.where(counts > 0, counts.sum() / (np.count_nonzero(counts) * np.maximum(counts, 1)), 1.0)
    loss.class_weight = weights.tolist()
    return replace(setup, loss=loss)
