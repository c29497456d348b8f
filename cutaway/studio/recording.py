"""What was recorded along one branch: the loss that each step saw, evaluations, vitals. Of bounded size."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from math import nan
from typing import Any, TypeVar

import numpy as np

from cutaway.records import LayerVitals, NetworkVitals, StepRecord

Record = TypeVar("Record")

# Losses of single steps, evaluations and vitals that are kept; beyond that every other one is dropped.
MOST_STEPS, MOST_EVALUATIONS, MOST_VITALS = 100_000, 20_000, 1_000


@dataclass(frozen=True)
class Evaluation:
    """The loss of all training rows and of those held out (NaN without them) after so many steps, and metrics."""

    step: int
    training: float
    held_out: float = nan
    metrics: dict[str, float] = field(default_factory=dict)


def evaluation_of(record: StepRecord, measure: str) -> Evaluation:
    """Return an epoch of a training as the studio records its own.

    measure   what its rows held out were judged by: "loss" is a loss of theirs, all else a metric of that name

    >>> evaluation_of(StepRecord(1, 4, 0.7, 0.25, 0.1, 0.0, True), "share wrong")
    Evaluation(step=4, training=0.7, held_out=nan, metrics={'share wrong': 0.25})
    """
    watched, figures = record.validation, dict(record.metrics)
    if watched is not None and measure != "loss":
        return Evaluation(record.step, float(record.loss), nan, {measure: float(watched), **figures})
    return Evaluation(record.step, float(record.loss), nan if watched is None else float(watched), figures)


class Recording:
    """What was measured along a branch, in the order of its steps; written by one thread at a time.

    >>> recording = Recording(most=4)
    >>> for step in range(1, 10):
    ...     recording.stepped(step, float(step))
    >>> [step for step, _ in recording.steps]
    [4, 8, 9]
    """

    def __init__(self, most: int = MOST_STEPS) -> None:
        self.most, self.every = most, 1
        self.steps: list[tuple[int, float]] = []
        self.evaluations: list[Evaluation] = []
        self.vitals: list[tuple[list[LayerVitals], NetworkVitals]] = []

    def stepped(self, step: int, loss: float) -> None:
        """Note the loss that a step saw; where there are many, those of every second, fourth, … step stay."""
        if self.steps and self.steps[-1][0] % self.every:
            self.steps[-1] = (step, loss)  # the newest is always there
        else:
            self.steps.append((step, loss))
        if len(self.steps) > self.most:
            self.every *= 2
            self.steps = [each for each in self.steps if each[0] % self.every == 0 or each[0] == step]

    def evaluated(self, found: Evaluation) -> None:
        """Note an evaluation; another one of the same step, such as after an edit, takes the place of the first.

        >>> recording = Recording()
        >>> for loss in (0.5, 0.25):
        ...     recording.evaluated(Evaluation(3, loss))
        >>> recording.evaluations
        [Evaluation(step=3, training=0.25, held_out=nan, metrics={})]
        """
        if self.evaluations and self.evaluations[-1].step > found.step:
            return
        if self.evaluations and self.evaluations[-1].step == found.step:
            self.evaluations.pop()
        self.evaluations.append(found)
        if len(self.evaluations) > MOST_EVALUATIONS:
            self.evaluations = self.evaluations[:-1:2] + self.evaluations[-1:]

    def observed(self, layers: list[LayerVitals], network: NetworkVitals) -> None:
        """Note vitals."""
        self.vitals.append((layers, network))
        if len(self.vitals) > MOST_VITALS:
            self.vitals = self.vitals[:-1:2] + self.vitals[-1:]


def as_curves(parts: list[tuple[Recording, int, int]]) -> dict[str, Any]:
    """Return recordings one after another as arrays, each with what lies after its first and up to its second step.

    >>> recording = Recording()
    >>> recording.evaluated(Evaluation(3, 0.5))
    >>> as_curves([(recording, -1, 9)])["loss"]["step"]
    array([3], dtype=int32)
    """
    steps = [each for recording, low, high in parts for each in _between(recording.steps, low, high, _first)]
    found = [each for recording, low, high in parts for each in _between(recording.evaluations, low, high, _step)]
    vitals = [
        each for recording, low, high in parts for layers, _ in _between(recording.vitals, low, high, _looked)
        for each in layers
    ]  # fmt: skip
    names = sorted({name for each in found for name in each.metrics})
    at = np.array([each.step for each in found], np.int32)
    return {
        "loss": {
            "step": at,
            "training": np.array([each.training for each in found], np.float64),
            "held_out": np.array([each.held_out for each in found], np.float64),
        },
        "metrics": {name: np.array([each.metrics.get(name, nan) for each in found], np.float64) for name in names},
        "batch": {
            "step": np.array([step for step, _ in steps], np.int32),
            "loss": np.array([loss for _, loss in steps], np.float64),
        },
        "vitals": _by_layer(vitals),
    }


def _between(records: list[Record], low: int, high: int, step: Callable[[Record], int]) -> list[Record]:
    """Return the records after the step `low`, up to `high`; they are in the order of their steps."""
    return records[bisect_right(records, low, key=step) : bisect_right(records, high, key=step)]


def _first(record: tuple[int, float]) -> int:
    return record[0]


def _step(record: Evaluation) -> int:
    return record.step


def _looked(record: tuple[list[LayerVitals], NetworkVitals]) -> int:
    return record[1].step


MEASURED = ("output_mean", "output_std", "silent", "saturated", "weight_norm", "gradient_norm", "update_ratio")


def _by_layer(vitals: list[LayerVitals]) -> list[dict[str, Any]]:
    layers: dict[str, list[LayerVitals]] = {}
    for each in vitals:
        layers.setdefault(each.path, []).append(each)
    return [
        {
            "path": path,
            "kind": found[0].kind,
            "step": np.array([each.step for each in found], np.int32),
            "values": {
                name: np.array([nan if getattr(each, name) is None else getattr(each, name) for each in found])
                for name in MEASURED
                if getattr(found[0], name) is not None
            },
        }
        for path, found in layers.items()
    ]
