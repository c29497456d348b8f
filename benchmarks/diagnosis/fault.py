"""A fault: what is done to a healthy training, how hard, where, and what its diagnosis should say first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from benchmarks.diagnosis.cases import Architecture, Case
from benchmarks.diagnosis.sets import Parts

Change = Callable[[Case, float, np.random.Generator], Case]
Suits = Callable[[Parts, Architecture], bool]


def anywhere(parts: Parts, architecture: Architecture) -> bool:
    return True


def for_classes(parts: Parts, architecture: Architecture) -> bool:
    return parts.task == "classes"


def for_numbers(parts: Parts, architecture: Architecture) -> bool:
    return parts.task == "numbers"


def for_two_classes(parts: Parts, architecture: Architecture) -> bool:
    return parts.classes == 2


def in_plain(parts: Parts, architecture: Architecture) -> bool:
    return architecture.plain


def in_sequences(parts: Parts, architecture: Architecture) -> bool:
    return not architecture.residual


def in_plain_relu(parts: Parts, architecture: Architecture) -> bool:
    return architecture.plain and architecture.activation == "ReLU"


def in_plain_tanh(parts: Parts, architecture: Architecture) -> bool:
    return architecture.plain and architecture.activation == "Tanh"


def in_plain_deep(parts: Parts, architecture: Architecture) -> bool:
    return architecture.plain and len(architecture.widths) > 1


def with_descent(parts: Parts, architecture: Architecture) -> bool:
    return architecture.optimizer in ("GradientDescent", "Momentum", "Nesterov")


@dataclass(frozen=True)
class Fault:
    """One kind of fault.

    change     returns the broken case, given the healthy one, the severity and a source of chance
    accepted   names of findings that are right as the first one, two at most; fixed before testing
    kind       what the literature calls it: "data", "labels", "loss", "activation", "weights", "learning rate", …
    development, test   lowest and highest severity, drawn evenly on a logarithmic scale; none where there is but one
    suits      whether a data set and an architecture can have it
    in_layer   whether it is in particular layers, which the broken case names
    fixable    whether a row of the catalogue promises a fix that can be applied
    """

    name: str
    change: Change
    accepted: tuple[str, ...]
    kind: str
    development: tuple[float, float] = (1.0, 1.0)
    test: tuple[float, float] = (1.0, 1.0)
    suits: Suits = anywhere
    in_layer: bool = False
    fixable: bool = True

    def severity(self, testing: bool, random: np.random.Generator) -> float:
        """Return a severity from the range of development or of testing."""
        low, high = self.test if testing else self.development
        return float(np.exp(random.uniform(np.log(low), np.log(high)))) if high > low else low
