"""What a measurement of bias and variance is to do: rows, resamples, kinds of network; carried out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cutaway.errors import InputError
from cutaway.explain.noise import Noise
from cutaway.explain.sweep import Kinds, Told, train_all
from cutaway.layers import Layer
from cutaway.losses import Loss, SquaredError
from cutaway.optimizers import Optimizer
from cutaway.training.fits import Fits
from cutaway.training.step import Batch

# What can be varied, and the values tried where none are given; of rows, shares of all.
VARIED: dict[str, tuple[float, ...]] = {
    "width": (1, 2, 4, 8, 16, 32, 64, 128),
    "depth": (1, 2, 3, 4),
    "epochs": (5, 10, 20, 50, 100, 200),
    "weight_decay": (0.0, 0.001, 0.01, 0.1, 1.0),
    "rows": (0.0625, 0.125, 0.25, 0.5, 1.0),
}
CONSTRUCTED = ("width", "depth")  # what the network is made with


@dataclass
class Study:
    """A measurement that is checked and ready to be carried out; see `bias_variance` for what each is.

    rows      all rows to learn from; learned, which of them each resample holds
    test      rows to test on; truth and noise are theirs, noise_words says how the noise is known
    """

    make_network: Callable[..., Layer]
    loss: Loss
    optimizer: Optimizer
    vary: str
    values: list[float]
    rows: Batch
    learned: list[np.ndarray]
    test: Batch
    truth: np.ndarray | None
    noise: Noise | None
    noise_words: str
    seeds: int
    epochs: int
    batch_size: int
    seed: int
    engine: str
    notes: list[str] = field(default_factory=list)

    @property
    def resamples(self) -> int:
        """How many training sets there are."""
        return len(self.learned)

    @property
    def squared(self) -> bool:
        """Whether it is squared error that is divided; else 0–1 loss."""
        return isinstance(self.loss, SquaredError)

    @property
    def labels(self) -> np.ndarray:
        """The class of each test row, by number."""
        return _labels(self.test.y)

    @property
    def classes(self) -> int:
        """How many classes there are; 1 for numbers."""
        if self.squared:
            return 1
        return max(2, 1 + int(max(_labels(part.y).max() for part in (self.rows, self.test))))

    def decided(self, outputs: np.ndarray) -> np.ndarray:
        """Return the class that each network says for each row, by number."""
        if outputs.shape[-1] == 1:
            limit = 0 if getattr(self.loss, "from_logits", True) else 0.5
            return np.asarray(outputs[..., 0] > limit, int)
        return np.asarray(outputs.argmax(axis=-1))

    def network(self, value: float | None) -> Layer:
        """Return a network for a value of what is varied."""
        given = () if self.vary not in CONSTRUCTED or value is None else (int(value),)
        made: Any = self.make_network(*given)
        if not isinstance(made, Layer):
            told = f"({given[0]})" if given else "()"
            raise InputError(f"bias_variance: make_network{told} returned {made!r}, expected a network")
        return made


@dataclass
class Measured:
    """Outputs on the test rows for each value, (networks, rows, ...), and the mean error on the rows learned from."""

    outputs: list[np.ndarray]
    learned: list[float]
    engine: str
    programs: int


def measured(
    study: Study,
    values: Sequence[float],
    told: Told | None,
    rows_at: float | None = None,
    decay: float | None = None,
    fits: Fits | None = None,
) -> Measured:
    """Train all networks of a study and ask them.

    rows_at   None: `values` are of what is varied. Else they are numbers of rows, and this is the value of what is
              varied that the networks have
    decay     a weight decay other than the optimizer's
    fits      where they are trained (None: here)
    """
    each = [part for part in study.learned for _ in range(study.seeds)]
    asked = np.concatenate([study.test.x, study.rows.x])
    epochs = study.epochs
    if rows_at is not None and study.vary == "epochs":
        epochs = int(rows_at)
    if decay is None and study.vary == "weight_decay":
        decay = rows_at
    usual = study.optimizer
    kinds: list[Kinds] = []
    if study.vary == "rows" or rows_at is not None:
        for value in values:
            size = int(value)
            longer = max(1, round(epochs * len(study.learned[0]) / size))
            optimizer = usual if decay is None else _decayed(usual, decay)
            kinds.append(Kinds([study.network(rows_at)], [part[:size] for part in each], optimizer, longer))
    elif study.vary in CONSTRUCTED:
        kinds.append(Kinds([study.network(value) for value in values], each, usual, epochs))
    elif study.vary == "epochs":
        at = [int(value) for value in values]
        kinds.append(Kinds([study.network(None)], each, usual, max(at), at))
    else:
        kinds += [Kinds([study.network(None)], each, _decayed(usual, value), epochs) for value in values]
    answers = train_all(
        kinds, study.loss, study.rows, asked,
        batch_size=study.batch_size, seed=study.seed, engine=study.engine, told=told, fits=fits,
    )  # fmt: skip
    found = Measured([], [], answers[-1].engine if answers else "", sum(part.programs for part in answers))
    for asked_for, part in zip(kinds, answers, strict=True):
        for outputs in part.outputs if asked_for.at is None else part.outputs[0]:
            found.outputs.append(outputs[:, : len(study.test.x)])
            found.learned.append(_error(study, outputs[:, len(study.test.x) :], asked_for.learned))
    return found


def _error(study: Study, outputs: np.ndarray, parts: Sequence[np.ndarray]) -> float:
    """Return the mean error of networks, each on the rows it learned from."""
    errors = []
    for own, places in zip(outputs, parts, strict=True):
        if study.squared:
            errors.append(np.mean((own[places] - study.rows.y[places]) ** 2, dtype=np.float64))
        else:
            errors.append(np.mean(study.decided(own[places]) != _labels(study.rows.y[places])))
    return float(np.mean(errors))


def _labels(targets: np.ndarray) -> np.ndarray:
    """Return classes by number, of numbers or of one column of no (0) and yes (1)."""
    flat = targets.reshape(len(targets))
    return flat.astype(int) if flat.dtype.kind in "iu" else (flat > 0.5).astype(int)


def _decayed(optimizer: Optimizer, decay: float) -> Optimizer:
    """Return the optimizer with another weight decay."""
    from copy import copy

    twin = copy(optimizer)
    twin.weight_decay = float(decay)
    return twin
