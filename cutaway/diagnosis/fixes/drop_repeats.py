"""Judge by rows that were not learned from: held-out rows that are training rows too are left out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cutaway.diagnosis.evidence import Evidence
from cutaway.diagnosis.setup import Setup
from cutaway.records import Finding
from cutaway.training.step import Batch

# Fewer rows than this judge nothing; then the training rows among them are left out instead.
FEWEST = 10


def drop_repeats(setup: Setup, finding: Finding, evidence: Evidence) -> Setup | None:
    """Return the setup without the rows that are on both sides; None where there are none."""
    if setup.held_out is None:
        return None
    learned, held = _keys(setup.rows), _keys(setup.held_out)
    both = set(learned) & set(held)
    if not both:
        return None
    fresh = np.array([key not in both for key in held])
    if fresh.sum() >= FEWEST:
        return replace(setup, held_out=_part(setup.held_out, fresh))
    rest = np.array([key not in both for key in learned])
    return replace(setup, rows=_part(setup.rows, rest)) if rest.sum() >= FEWEST else None


def _keys(rows: Batch) -> list[bytes]:
    return [np.asarray(x).tobytes() + np.asarray(y).tobytes() for x, y in zip(rows.x, rows.y, strict=True)]


def _part(rows: Batch, chosen: np.ndarray) -> Batch:
    return Batch(*(None if array is None else np.asarray(array)[chosen] for array in rows))
