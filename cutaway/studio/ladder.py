"""The ladder: line, neuron, layer, network, attention. Small fixed data and networks, each rung one idea further."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from cutaway.backends.random import generator
from cutaway.data.suggestions import did_you_mean
from cutaway.errors import InputError
from cutaway.layers import (
    Dense,
    Embedding,
    Glorot,
    Layer,
    LearnedPositions,
    MultiHeadAttention,
    Normal,
    ReLU,
    Residual,
    Sequential,
    Tanh,
)
from cutaway.losses import BinaryCrossEntropy, CrossEntropy, SquaredError
from cutaway.optimizers import Adam, GradientDescent
from cutaway.studio.material import Material
from cutaway.studio.sources import of_arrays
from cutaway.studio.way import Way


@dataclass(frozen=True)
class Rung:
    """One rung: what it is called, what it shows, and how it is made.

    words   the network, as it is written
    make    returns the rows, a network that is not built, and how it learns
    """

    name: str
    title: str
    shows: str
    words: str
    make: Callable[[], tuple[Material, Layer, Way]]


def _line() -> tuple[Material, Layer, Way]:
    random = generator(0, "studio line")
    x = np.linspace(-1, 1, 20)
    y = 0.8 * x + 0.3 + random.normal(0, 0.12, 20)
    rows = of_arrays(x.round(3), y.round(3), SquaredError(), 1, name="a line", names=["x"], held_out=_more_line())
    return rows, Sequential(Dense(1, initializer=Normal(0.5))), Way(SquaredError(), GradientDescent(0.1), 20)


def _more_line() -> tuple[np.ndarray, np.ndarray]:
    random = generator(1, "studio line")
    x = random.uniform(-1, 1, 30)
    return x.round(3), (0.8 * x + 0.3 + random.normal(0, 0.12, 30)).round(3)


def _bent(seed: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    random = generator(seed, "studio neuron")
    x = np.sort(random.uniform(-1, 1, count))
    # Measured as the neuron answers: nothing is below 0.
    return x.round(3), np.maximum(0, np.maximum(0, 1.6 * x - 0.2) + random.normal(0, 0.05, count)).round(3)


def _neuron() -> tuple[Material, Layer, Way]:
    x, y = _bent(0, 24)
    rows = of_arrays(x, y, SquaredError(), 1, name="a bent line", names=["x"], held_out=_bent(1, 30))
    return (
        rows,
        Sequential(Dense(1, initializer=Normal(0.8)), ReLU()),
        Way(SquaredError(), GradientDescent(0.2), 24, seed=3),
    )


def _wave(seed: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    random = generator(seed, "studio layer")
    x = np.sort(random.uniform(-1, 1, count))
    return x.round(3), (np.sin(3 * x) * (1 - 0.4 * x) + random.normal(0, 0.06, count)).round(3)


def _layer() -> tuple[Material, Layer, Way]:
    x, y = _wave(0, 40)
    rows = of_arrays(x, y, SquaredError(), 1, name="a wave", names=["x"], held_out=_wave(1, 20))
    network = Sequential(Dense(6), ReLU(), Dense(1))
    return rows, network, Way(SquaredError(), Adam(0.02), 8, seed=1)


def rings(seed: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return points of two classes, one around the other, and which each is.

    >>> x, y = rings(0, 10)
    >>> x.shape, sorted(set(y.tolist()))
    ((10, 2), [0, 1])
    """
    random = generator(seed, "studio rings")
    y = np.arange(count, dtype=np.int32) % 2
    angle = random.uniform(0, 2 * np.pi, count)
    radius = np.where(y == 1, 0.35, 0.85) + random.normal(0, 0.09, count)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1).round(3), y


def _network() -> tuple[Material, Layer, Way]:
    x, y = rings(0, 160)
    rows = of_arrays(
        x, y, BinaryCrossEntropy(), 1, name="a ring around a heap", names=["across", "up"], target="colour",
        classes=["ring", "heap"], held_out=rings(1, 60),
    )  # fmt: skip
    network = Sequential(
        Dense(8, initializer=Glorot()), Tanh(), Dense(8, initializer=Glorot()), Tanh(), Dense(1, initializer=Glorot())
    )
    return rows, network, Way(BinaryCrossEntropy(), Adam(0.02), 16)


LETTERS = "abcdef"
LONG = 8  # letters of a row


def recalled(seed: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return rows of letters, each followed by what comes next: the second half repeats the first.

    To say the next letter, a place of the second half has to look back at where that letter stood before.

    >>> x, y = recalled(0, 1)
    >>> x.shape, bool((x[0, 1:] == y[0, :-1]).all()), bool((x[0, :4] == x[0, 4:]).all())
    ((1, 8), True, True)
    """
    random = generator(seed, "studio letters")
    half = np.stack([random.permutation(6)[: LONG // 2] for _ in range(count)])
    row = np.concatenate([half, half, half[:, :1]], axis=1).astype(np.int32)
    return row[:, :-1], row[:, 1:]


def _unseen(known: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return rows of letters that are not among those known, nor there twice; there are 360 such rows in all."""
    x, y = recalled(1, 1_000)
    _, first = np.unique(np.concatenate([known, x]), axis=0, return_index=True)
    new = np.sort(first[first >= len(known)] - len(known))[:count]
    return x[new], y[new]


def _attention() -> tuple[Material, Layer, Way]:
    x, y = recalled(0, 200)
    more_x, more_y = _unseen(x, 50)
    rows = Material(
        name="letters, said twice", kind="text", x=np.concatenate([x, more_x]), y=np.concatenate([y, more_y]),
        training=np.arange(200), held_out=np.arange(200, 250), inputs=("letter",), outputs=tuple(LETTERS),
        target="the next letter", classes=tuple(LETTERS), letters=tuple(LETTERS),
    )  # fmt: skip
    network = Sequential(
        Embedding(len(LETTERS), 16, initializer=Normal(0.5)),
        LearnedPositions(LONG, initializer=Normal(0.5)),
        Residual(MultiHeadAttention(2, causal=True, initializer=Normal(0.25))),
        Dense(len(LETTERS), initializer=Normal(0.2)),
    )
    return rows, network, Way(CrossEntropy(), Adam(0.01), 25)


LADDER = (
    Rung("line", "A line", "a weight, a bias, an error, and the step that lowers it", "y = m·x + c", _line),
    Rung("neuron", "A neuron", "the line, bent by an activation", "y = relu(w·x + b)", _neuron),
    Rung("layer", "A layer", "several neurons, added up to a curve", "1 → 6 → 1", _layer),
    Rung("network", "A network", "layers on layers: corners become rings", "2 → 8 → 8 → 1", _network),
    Rung(
        "attention", "Attention", "each place looks at the others for what it needs", "6 letters, 2 heads", _attention
    ),
)


def rung(name: str) -> Rung:
    """Return a rung by its name; `InputError` where there is none so called.

    >>> rung("line").words
    'y = m·x + c'
    """
    for each in LADDER:
        if each.name == name:
            return each
    raise InputError(f"ladder: there is no rung {name!r}; {did_you_mean(str(name), [each.name for each in LADDER])}")
