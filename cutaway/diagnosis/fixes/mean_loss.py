"""Average the loss over the rows, so that the size of a batch is no longer part of the learning rate."""

from __future__ import annotations

from dataclasses import replace

from cutaway.diagnosis.evidence import Evidence
from cutaway.diagnosis.setup import Setup
from cutaway.losses import ResidualSumOfSquares, SquaredError
from cutaway.records import Finding


def mean_loss(setup: Setup, finding: Finding, evidence: Evidence) -> Setup | None:
    """Return the setup with `SquaredError` for `ResidualSumOfSquares`; None for other losses."""
    return replace(setup, loss=SquaredError()) if isinstance(setup.loss, ResidualSumOfSquares) else None
