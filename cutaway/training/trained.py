"""What a training leaves behind."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from cutaway.records import Event, LayerVitals, NetworkVitals, StepRecord


@dataclass
class Trained:
    """What a training leaves behind: the weights to use, the last carry, and what was recorded.

    With members every array has a leading member axis. `outputs` are those of the delivered weights on the rows that
    each member watched, where there were folds. `epochs` is how many were planned. `diverged` says what happened where
    no member could go on.
    """

    params: dict[str, np.ndarray]
    state: dict[str, np.ndarray]
    history: list[StepRecord] = field(default_factory=list)
    vitals: list[LayerVitals] = field(default_factory=list)
    network_vitals: list[NetworkVitals] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    seconds: float = 0.0
    epochs: int = 0
    outputs: np.ndarray | None = None
    diverged: str = ""
