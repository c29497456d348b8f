"""What a lesson opens with: a rung of the ladder, or rows and a network on which one thing can be seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from cutaway.backends.random import generator
from cutaway.data.suggestions import did_you_mean
from cutaway.errors import InputError
from cutaway.layers import Dense, Glorot, Layer, Normal, Sequential, Tanh
from cutaway.losses import BinaryCrossEntropy, SquaredError
from cutaway.optimizers import Adam, GradientDescent
from cutaway.studio.case import Case
from cutaway.studio.ladder import LADDER, rings
from cutaway.studio.material import Material
from cutaway.studio.opening import open_rung
from cutaway.studio.sources import of_arrays
from cutaway.studio.way import Way


@dataclass(frozen=True)
class Ground:
    """Rows, a network and how it learns, the same every time.

    rung   of the ladder, that it belongs to
    """

    name: str
    rung: str
    open: Callable[[], tuple[Case, Way]]


def _opened(title: str, rung: str, rows: Material, network: Layer, way: Way) -> tuple[Case, Way]:
    network.build(rows.x[:1], way.seed, np.float64)
    return Case(title, rows, network, rung=rung), way


def _noisy(seed: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    random = generator(seed, "studio few rows")
    x = np.sort(random.uniform(-1, 1, count))
    return x.round(3), (np.sin(3 * x) + random.normal(0, 0.3, count)).round(3)


def _few() -> tuple[Case, Way]:
    """Fourteen noisy rows of a wave, sixty held out, and a network that can bend often enough to learn the noise."""
    x, y = _noisy(0, 14)
    rows = of_arrays(x, y, SquaredError(), 1, name="fourteen rows", names=["x"], held_out=_noisy(1, 60))
    steep = Dense(100, initializer=Normal(8.0), bias_initializer=Normal(4.0))
    return _opened(
        "Fourteen rows", "layer", rows, Sequential(steep, Tanh(), Dense(1, initializer=Normal(0.05))),
        Way(SquaredError(), Adam(0.01), 14),
    )  # fmt: skip


def _two_valleys() -> tuple[Case, Way]:
    """One neuron and one weight behind it, without biases: a loss with two valleys and a pass between them."""
    x = np.linspace(-1, 1, 16).round(3)
    rows = of_arrays(x, np.tanh(1.5 * x).round(3), SquaredError(), 1, name="a soft step", names=["x"])
    network = Sequential(Dense(1, bias=False), Tanh(), Dense(1, bias=False))
    return _opened("Two weights", "neuron", rows, network, Way(SquaredError(), GradientDescent(0.5), 16))


def _far() -> tuple[Case, Way]:
    """Two classes whose columns lie far from zero, as raw measurements do."""
    held = rings(3, 60)
    x, y = rings(2, 120)
    rows = of_arrays(
        (4 * x + 20).round(3), y, BinaryCrossEntropy(), 1, name="far from zero", names=["across", "up"],
        target="colour", classes=["ring", "heap"], held_out=((4 * held[0] + 20).round(3), held[1]),
    )  # fmt: skip
    network = Sequential(Dense(8, initializer=Glorot()), Tanh(), Dense(1, initializer=Glorot()))
    return _opened("Far from zero", "network", rows, network, Way(BinaryCrossEntropy(), Adam(0.02), 20, seed=1))


GROUNDS = (
    *(Ground(rung.name, rung.name, lambda name=rung.name: open_rung(name)) for rung in LADDER),  # type: ignore[misc]
    Ground("few", "layer", _few),
    Ground("two_valleys", "neuron", _two_valleys),
    Ground("far", "network", _far),
)


def open_ground(name: str) -> Ground:
    """Return what a lesson opens with; `InputError` where there is nothing so called.

    >>> open_ground("far").rung
    'network'
    """
    for each in GROUNDS:
        if each.name == name:
            return each
    raise InputError(f"lesson: there is no ground {name!r}; {did_you_mean(name, [each.name for each in GROUNDS])}")
