"""What a training run reports: plain data, the same for every reporter, in memory and in `records.jsonl`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class StepRecord:
    """One line of a run's history, at the end of an epoch.

    epoch, step      how many are done
    loss             mean training loss over the epoch, as the steps saw it
    validation       loss on the validation rows, None without them
    metrics          other figures on the validation rows, by name
    learning_rate    of the last step
    seconds          since training began
    best             whether the validation loss is the lowest so far; with members, its mean over them
    With members, the loss figures are means over the members and `members` holds each one's validation loss.
    """

    epoch: int
    step: int
    loss: float
    validation: float | None
    learning_rate: float
    seconds: float
    best: bool = False
    metrics: Mapping[str, float] = field(default_factory=dict)
    members: tuple[float, ...] = ()


@dataclass(frozen=True)
class LayerVitals:
    """How one layer is doing, measured on a fixed set of probe rows before step `step`.

    path, kind       which layer ("2", "ReLU")
    output_mean, output_std  of the layer's output
    silent           share of its units that are 0 for every probe row
    saturated        share of its outputs within 1 % of the end of their range (sigmoid, tanh), else None
    weight_norm      length of its own parameters, None where it has none
    gradient_norm    length of the loss's gradient with respect to them
    update_ratio     length of the step the optimizer would take, over weight_norm
    """

    epoch: int
    step: int
    path: str
    kind: str
    output_mean: float
    output_std: float
    silent: float
    saturated: float | None
    weight_norm: float | None
    gradient_norm: float | None
    update_ratio: float | None


@dataclass(frozen=True)
class Progress:
    """How far a training of `epochs` has come: `step` of `steps` are done. Announced, not kept."""

    epoch: int
    step: int
    steps: int
    seconds: float
    epochs: int


@dataclass(frozen=True)
class Event:
    """Something that happened to a run beyond an epoch: an engine chosen, a roll-back, an interruption."""

    step: int
    what: str
    message: str


def as_data(record: Any) -> dict[str, Any]:
    """Return a record as data for JSON, with its kind first.

    >>> as_data(Event(3, "stopped", "asked to"))
    {'record': 'Event', 'step': 3, 'what': 'stopped', 'message': 'asked to'}
    """
    return {"record": type(record).__name__, **vars(record)}
