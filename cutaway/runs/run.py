"""A run: the trained network and everything that was recorded on the way."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from cutaway.layers import Ensemble, Layer
from cutaway.records import Event, LayerVitals, StepRecord


@dataclass
class Run:
    """What `fit` returns.

    network   the trained network, or an `Ensemble` of members
    history   one `StepRecord` an epoch
    vitals    `LayerVitals` of every layer at sampled epochs
    events    what else happened: the engine chosen, roll-backs, why it stopped
    engine, reason   which engine ran, and why it was chosen
    seconds   how long the training took
    path      the run's folder, where one was asked for
    """

    network: Layer | Ensemble
    history: list[StepRecord] = field(default_factory=list)
    vitals: list[LayerVitals] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    engine: str = "numpy"
    reason: str = ""
    seconds: float = 0.0
    path: Path | None = None

    @property
    def best(self) -> StepRecord | None:
        """The record of the epoch whose weights were kept: the best on validation, else the last."""
        chosen = [record for record in self.history if record.best]
        return (chosen or self.history or [None])[-1]

    def predict(self, x: Any, rows: int = 4096) -> np.ndarray:
        """Return the network's outputs for `x`, `rows` rows at a time, so that memory stays bounded."""
        values = np.asarray(x)
        parts = [self.network(values[begin : begin + rows]) for begin in range(0, max(1, len(values)), rows)]
        return np.concatenate(parts)

    def __repr__(self) -> str:
        if not self.history:
            return f"Run({self.engine}, no epoch done)"
        best = self.best
        assert best is not None
        figures = f"loss {best.loss:.4g}" + (
            "" if best.validation is None else f", validation {best.validation:.4g} (epoch {best.epoch})"
        )
        return f"Run({self.engine}, {self.history[-1].epoch} epochs, {self.seconds:.1f} s, {figures})"
