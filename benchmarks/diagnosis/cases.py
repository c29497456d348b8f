"""A training as a person would write it: rows, layers, loss, optimizer and plan, whole or with a fault in it."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

import cutaway as ca
from benchmarks.diagnosis.sets import Parts, parts_of
from cutaway.errors import FindingWarning, TrainingWarning
from cutaway.layers import Layer
from cutaway.losses import Loss
from cutaway.optimizers import Optimizer

# Rates of a sweep, by optimizer.
RATES = {"Adam": (3e-4, 1e-3, 3e-3, 1e-2, 3e-2), "GradientDescent": (0.003, 0.01, 0.03, 0.1, 0.3)}
RATES |= {"AdamW": RATES["Adam"], "RMSProp": RATES["Adam"], "Momentum": (0.001, 0.003, 0.01, 0.03, 0.1)}
RATES |= {"Nesterov": RATES["Momentum"]}
LOWEST = -1.0  # of an R²
# A healthy training has so many epochs and updates, at least.
EPOCHS, UPDATES = 40, 300


@dataclass(frozen=True)
class Architecture:
    """A network but for its head, and how it is trained but for its learning rate."""

    name: str
    widths: tuple[int, ...]
    activation: str = "ReLU"
    optimizer: str = "Adam"
    batch_size: int = 32
    norm: str = ""
    dropout: float = 0.0
    residual: bool = False
    weight_decay: float = 0.0

    @property
    def plain(self) -> bool:
        """Whether it is Dense and activation in turn, and nothing else."""
        return not (self.norm or self.dropout or self.residual)


DEVELOPMENT = (
    Architecture("relu 32-32", (32, 32)),
    Architecture("tanh 16", (16,), "Tanh", "Momentum", 16),
    Architecture("relu 24-24-24", (24, 24, 24), optimizer="Momentum"),
    Architecture("tanh 32-32", (32, 32), "Tanh", batch_size=64),
    Architecture("relu 48-48 batch norm", (48, 48), norm="BatchNorm", optimizer="GradientDescent", batch_size=16),
    Architecture("relu 32-32-32-32 layer norm", (32,) * 4, norm="LayerNorm", dropout=0.1, optimizer="AdamW",
                 weight_decay=0.01),
    Architecture("relu 64-32", (64, 32)),
    Architecture("tanh 48", (48,), "Tanh", "Momentum"),
    Architecture("relu 40-40-40", (40, 40, 40), optimizer="Momentum", batch_size=16),
    Architecture("tanh 24-24-24", (24, 24, 24), "Tanh", batch_size=16),
    Architecture("relu 64 batch norm", (64,), norm="BatchNorm", dropout=0.2, optimizer="GradientDescent"),
    Architecture("gelu 32-32-32 residual", (32, 32, 32), "GELU", norm="LayerNorm", residual=True, optimizer="AdamW",
                 weight_decay=0.01),
)  # fmt: skip
TEST = (
    Architecture("relu 60-30", (60, 30)),
    Architecture("tanh 36", (36,), "Tanh", "GradientDescent", 16),
    Architecture("relu 30-30-30-30", (30,) * 4, optimizer="Momentum", batch_size=24),
    Architecture("leaky 40-40 batch norm", (40, 40), "LeakyReLU", "Nesterov", 24, norm="BatchNorm"),
    Architecture("tanh 28-28", (28, 28), "Tanh", batch_size=24),
    Architecture("relu 70 dropout", (70,), optimizer="RMSProp", batch_size=48, dropout=0.1),
    Architecture("elu 32-32-32", (32,) * 3, "ELU", "Nesterov", 48),
    Architecture("silu 44-44 residual", (44, 44), "SiLU", norm="LayerNorm", residual=True, optimizer="AdamW",
                 batch_size=24, weight_decay=0.02),
)  # fmt: skip
# Activations between layers, and those of them that He's draw suits.
RECTIFIED = ("ReLU", "GELU", "LeakyReLU", "ELU", "SiLU")
BENDS = tuple(getattr(ca, name) for name in (*RECTIFIED, "Tanh"))
ARCHITECTURES = {each.name: each for each in (*DEVELOPMENT, *TEST)}


@dataclass(frozen=True)
class Case:
    """A training.

    options   of the optimizer beside the rate
    guilty    paths of the layers that a fault is in, none where it is in no layer
    """

    parts: Parts
    architecture: Architecture
    layers: tuple[Layer, ...]
    loss: Loss
    optimizer: str | Optimizer
    rate: float
    epochs: int
    batch_size: int | None
    shuffle: bool = True
    options: Mapping[str, Any] = field(default_factory=dict)
    guilty: tuple[str, ...] = ()

    @property
    def outputs(self) -> int:
        """How many units the last layer has."""
        return max(1, self.parts.classes)

    def dense(self) -> list[int]:
        """Return the places of the Dense layers, the head the last."""
        return [place for place, layer in enumerate(self.layers) if isinstance(layer, ca.Dense)]

    def rebuilt(self, **changes: Any) -> Case:
        """Return the case with another architecture, and layers anew."""
        architecture = replace(self.architecture, **changes)
        return replace(self, architecture=architecture, layers=layers_of(architecture, self.outputs))

    def fit(self, seed: int, observe: bool = True) -> ca.Run:
        """Train, and return the run."""
        optimizer = self.optimizer
        if isinstance(optimizer, str):
            optimizer = getattr(ca, optimizer)(self.rate, **self.options)
        with warnings.catch_warnings():
            for kind in (FindingWarning, TrainingWarning, RuntimeWarning):
                warnings.simplefilter("ignore", kind)
            return ca.fit(
                ca.Sequential(*self.layers), *self.parts.learned, loss=self.loss, optimizer=optimizer,
                epochs=self.epochs, batch_size=self.batch_size, validation=self.parts.watched, shuffle=self.shuffle,
                seed=seed, engine="numpy", progress=False, observe=observe,
            )  # fmt: skip

    def score(self, network: Any, rows: str = "judged", loss: Loss | None = None) -> float:
        """Return accuracy or R² of a network's answers on rows, as a person would read them."""
        x, y = getattr(self.parts, rows)
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            return score_of(np.asarray(network(x), np.float64), y, self.parts.task, loss or self.loss)


def score_of(outputs: np.ndarray, y: np.ndarray, task: str, loss: Loss) -> float:
    """Return accuracy (largest output; of one output above 0 for scores, above ½ for all else) or R², at least −1.

    Not the package's own score: this one judges it. Targets y are class numbers, one row a number each, or one-hot.
    """
    if not np.isfinite(outputs).all():
        return LOWEST if task == "numbers" else 0.0
    mean: Any = outputs.mean(axis=1) if outputs.ndim > 2 else outputs
    outputs = mean.reshape(len(y), -1)
    if task == "numbers":
        numbers = np.asarray(y, np.float64).reshape(len(y), -1)
        return float(max(LOWEST, 1 - ((outputs - numbers) ** 2).sum() / ((numbers - numbers.mean(axis=0)) ** 2).sum()))
    truth = np.asarray(y).argmax(axis=1) if np.ndim(y) > 1 and np.shape(y)[1] > 1 else np.asarray(y).ravel()
    border = 0.0 if getattr(loss, "from_logits", False) else 0.5
    said: Any = outputs.argmax(axis=1) if outputs.shape[1] > 1 else outputs[:, 0] > border
    return float((said == truth).mean())


def layers_of(architecture: Architecture, outputs: int) -> tuple[Layer, ...]:
    """Return the layers, the last one Dense."""
    rectified = architecture.activation in RECTIFIED

    def dense(units: int) -> ca.Dense:
        return ca.Dense(units) if rectified else ca.Dense(units, initializer=ca.Glorot())

    layers: list[Layer] = []
    for place, width in enumerate(architecture.widths):
        block: list[Layer] = [dense(width)]
        block += [getattr(ca, architecture.norm)()] if architecture.norm else []
        block += [getattr(ca, architecture.activation)()] if architecture.activation else []
        block += [ca.Dropout(architecture.dropout)] if architecture.dropout else []
        layers += [ca.Residual(ca.Sequential(*block))] if architecture.residual and place else block
    return (*layers, ca.Dense(outputs, initializer=ca.Glorot()))


def healthy_case(data: str, architecture: Architecture, rate: float, seed: int) -> Case:
    """Return the whole training, without a fault."""
    parts = parts_of(data, seed)
    numbers = parts.task == "numbers"
    options = {"weight_decay": architecture.weight_decay} if architecture.weight_decay else {}
    return Case(
        parts=parts,
        architecture=architecture,
        layers=layers_of(architecture, max(1, parts.classes)),
        loss=ca.losses.SquaredError() if numbers else ca.losses.CrossEntropy(),
        optimizer=architecture.optimizer,
        rate=rate,
        epochs=max(EPOCHS, -(-UPDATES // (len(parts.learned[0]) // architecture.batch_size))),
        batch_size=architecture.batch_size,
        options=options,
    )
