"""An example of a finding: a training that has the fault, its twin that has not, and what is measured of both."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import cutaway as ca
from benchmarks.diagnosis.tasks import Task
from cutaway.diagnosis.checks import BY_NAME
from cutaway.diagnosis.course import Look, looks
from cutaway.diagnosis.evidence import Evidence

Points = list[tuple[float, float]]
Measured = float | Points
Make = Callable[[], Evidence]


@dataclass(frozen=True)
class Example:
    """A finding's example.

    check     its name
    faulty, well   train, and return the evidence
    quantity  what the right half of the picture shows of either: one number, or (step, number) over the training
    words     what that is, in words
    log       whether on a logarithmic axis
    band      whether the finding's normal range is that of this quantity
    held_out  whether the left half shows the loss on rows held out
    """

    check: str
    faulty: Make
    well: Make
    quantity: Callable[[Evidence], Measured]
    words: str
    log: bool = False
    band: bool = True
    held_out: bool = False


def task(fault: str, data: str, network: str, rate: float) -> Make:
    """Return a maker of a training of the benchmark; of the healthy one with `fault` empty."""
    return lambda: evidence_of(Task(fault, data, network, rate, 0).case().fit(0))


def pair(fault: str, data: str, network: str = "relu 32-32", rate: float = 0.01) -> tuple[Make, Make]:
    """Return makers of a training with a fault of the benchmark and without."""
    return task(fault, data, network, rate), task("", data, network, rate)


def evidence_of(run: ca.Run) -> Evidence:
    """Return what a run's diagnosis knows."""
    assert run.evidence is not None
    return run.evidence


def fitted(layers: list[ca.Layer], x: Any, y: Any, loss: Any, optimizer: Any, **how: Any) -> Evidence:
    """Train layers one after another, quietly, and return the evidence."""
    given = {"epochs": 40, "validation": 0.25, "engine": "numpy", "progress": False, **how}
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return evidence_of(ca.fit(ca.Sequential(*layers), x, y, loss=loss, optimizer=optimizer, **given))


def watched(
    model: Any, rows: tuple[Any, Any], optimizer: Any, loss: Any, epochs: int, set_back: bool = True
) -> Evidence:
    """Train in PyTorch, where what this package refuses is trained on, and return the evidence.

    set_back   whether gradients are set back to 0 before each backward pass
    """
    from cutaway.diagnosis import torch as diagnosing

    x, y = rows
    with warnings.catch_warnings(), np.errstate(all="ignore"), diagnosing.watch(model, optimizer, loss) as seen:
        warnings.simplefilter("ignore")
        for _ in range(epochs):
            for begin in range(0, len(x), 32):
                if set_back:
                    optimizer.zero_grad()
                loss(model(x[begin : begin + 32]), y[begin : begin + 32]).backward()
                optimizer.step()
        return seen.evidence()


def course(number: Callable[[Look], float | None]) -> Callable[[Evidence], Points]:
    """Return the quantity that is a number at each look; looks at which there is none are left out."""

    def of(evidence: Evidence) -> Points:
        seen = [(look.whole.step, number(look)) for look in looks(evidence)]
        return [(float(step), value) for step, value in seen if value is not None]

    return of


def told(check: str, otherwise: float) -> Callable[[Evidence], float]:
    """Return the quantity that a check measured, and `otherwise` where it found nothing."""

    def of(evidence: Evidence) -> float:
        finding = BY_NAME[check](evidence)
        return otherwise if finding is None else finding.measured

    return of
