"""Networks as the page writes them: a chain of layers by kind and settings, made, checked and told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from cutaway import layers as known
from cutaway.data.suggestions import did_you_mean
from cutaway.errors import InputError
from cutaway.explain.figures import shown
from cutaway.layers import Dense, Layer, Sequential
from cutaway.losses import (
    AbsoluteError,
    BinaryCrossEntropy,
    CrossEntropy,
    Hinge,
    Huber,
    Loss,
    ResidualSumOfSquares,
    SquaredError,
)
from cutaway.optimizers import BY_NAME as OPTIMIZERS
from cutaway.optimizers import Optimizer
from cutaway.studio.material import Material

ACTIVATIONS = ("Identity", "ReLU", "LeakyReLU", "Tanh", "Sigmoid", "GELU", "SiLU", "ELU", "Softplus", "Step")
# Layers that may be put into a chain, and their settings with what the page offers first.
LAYERS: dict[str, dict[str, float | int | str]] = {
    "Dense": {"units": 8},
    **{name: {} for name in ACTIVATIONS},
    "Dropout": {"rate": 0.2},
    "BatchNorm": {},
    "LayerNorm": {},
    "RMSNorm": {},
}
MOST_LAYERS, MOST_UNITS = 40, 2048
REGRESSION = {"squared_error": SquaredError, "absolute_error": AbsoluteError, "huber": Huber,
              "residual_sum_of_squares": ResidualSumOfSquares}  # fmt: skip
ONE_OUTPUT = {"binary_cross_entropy": BinaryCrossEntropy, "hinge": Hinge}
CLASSES = {"cross_entropy": CrossEntropy}


def chain(described: Sequence[Any]) -> Sequential:
    """Return the network that a list of {kind, settings} describes; `InputError` for what is none.

    >>> chain([{"kind": "Dense", "settings": {"units": 3}}, {"kind": "Tanh"}])
    Sequential(Dense(3), Tanh())
    """
    if not 1 <= len(described) <= MOST_LAYERS:
        raise InputError(f"shape: got {len(described)} layers; expected 1 to {MOST_LAYERS}")
    return Sequential(*(_layer(each, place) for place, each in enumerate(described)))


def _layer(described: Any, place: int) -> Layer:
    kind = described.get("kind") if isinstance(described, Mapping) else None
    if not isinstance(kind, str) or kind not in LAYERS:
        raise InputError(f"shape: layer {place} is {str(kind)!r}; {did_you_mean(str(kind), LAYERS)}")
    settings = described.get("settings") or {}
    if not isinstance(settings, Mapping) or not set(settings) <= set(LAYERS[kind]):
        raise InputError(
            f"shape: layer {place}, {kind}, takes {', '.join(LAYERS[kind]) or 'no settings'}; got {settings!r}"
        )
    settings = {**LAYERS[kind], **settings}
    units = settings.get("units", 1)
    if type(units) is not int or not 1 <= units <= MOST_UNITS:
        raise InputError(f"shape: layer {place} has {units!r} units; expected a whole number from 1 to {MOST_UNITS}")
    rate = settings.get("rate", 0.0)
    if not isinstance(rate, (int, float)) or not 0 <= rate < 1:
        raise InputError(f"shape: layer {place} has the rate {rate!r}; expected a share, 0 ≤ rate < 1")
    made: Layer = getattr(known, kind)(**settings)
    return made


def described(network: Layer) -> list[dict[str, Any]] | None:
    """Return a chain as the page writes it, None for a network that cannot be written so.

    >>> described(Sequential(Dense(3)))
    [{'kind': 'Dense', 'settings': {'units': 3}}]
    """
    if not isinstance(network, Sequential):
        return None
    found = []
    for layer in network.layers:
        kind = type(layer).__name__
        if kind not in LAYERS:
            return None
        settings = {name: value for name, value in layer.arguments().items() if name in LAYERS[kind]}
        found.append({"kind": kind, "settings": settings})
    return found


def kept(network: Layer, old: Mapping[str, np.ndarray]) -> Layer:
    """Give a built network the weights of before, where path and sizes are the same, and return it."""
    own = {**network.parameters(), **network.state()}
    fits = {path: old[path] if path in old and old[path].shape == array.shape else array for path, array in own.items()}
    return network.load(fits)


def usual_network(material: Material) -> Sequential:
    """Return the network that a person's own rows are shown with first: two hidden layers of 8.

    Classes have an output each, two classes and numbers one.
    """
    outputs = (
        len(material.classes) if len(material.classes) > 2 else max(1, len(material.outputs) * (not material.classes))
    )
    return Sequential(Dense(8), known.ReLU(), Dense(8), known.ReLU(), Dense(outputs))


def usual_loss(material: Material, outputs: int) -> Loss:
    """Return the loss for rows and so many outputs."""
    if not material.classes:
        return SquaredError()
    return BinaryCrossEntropy() if outputs == 1 or material.several else CrossEntropy()


def losses_for(material: Material, outputs: int) -> dict[str, type[Loss]]:
    """Return the losses that fit the rows and the outputs, by name."""
    if not material.classes:
        return dict(REGRESSION)
    return dict(ONE_OUTPUT) if outputs == 1 or material.several else dict(CLASSES)


def loss_named(name: str, material: Material, outputs: int) -> Loss:
    """Return a loss by its name; `InputError` for one that does not fit the rows."""
    fitting = losses_for(material, outputs)
    if name not in fitting:
        raise InputError(f"shape: the loss {name!r} does not fit {material.task}; {did_you_mean(name, fitting)}")
    return fitting[name]()


def name_of(loss: Loss, material: Material, outputs: int) -> str:
    """Return the name of a loss, its class where it has none here."""
    fitting = losses_for(material, outputs)
    return next((name for name, kind in fitting.items() if type(loss) is kind), type(loss).__name__)


def optimizer_named(name: str, rate: float | None) -> Optimizer:
    """Return an optimizer by its name, with a rate of its own or its usual one; `InputError` for another name."""
    if name not in OPTIMIZERS:
        raise InputError(f"shape: there is no optimizer {name!r}; {did_you_mean(name, OPTIMIZERS)}")
    made: Any = OPTIMIZERS[name]
    chosen: Optimizer = made() if rate is None else made(rate)
    return chosen


def optimizer_name(optimizer: Optimizer) -> str:
    """Return the name of an optimizer, its class where it has none.

    >>> from cutaway.optimizers import Adam
    >>> optimizer_name(Adam())
    'adam'
    """
    found: Any = OPTIMIZERS
    return next((name for name, kind in found.items() if type(optimizer) is kind), type(optimizer).__name__)


def optimizer_short(optimizer: Optimizer) -> str:
    """Return an optimizer in a few words: its kind, its learning rate, and which way a plan takes that.

    >>> from cutaway.optimizers import Adam
    >>> from cutaway.schedules import Cosine
    >>> optimizer_short(Adam(0.02)), optimizer_short(Adam(Cosine(0.1), weight_decay=0.3))
    ('Adam, rate 0.02', 'Adam, rate 0.1 falling')
    """
    plan = optimizer.learning_rate
    turns = np.diff(np.broadcast_to(plan(np.linspace(0.0, 1.0, 101)), 101))
    ways = [word for word, there in (("rising", (turns > 0).any()), ("falling", (turns < 0).any())) if there]
    return f"{type(optimizer).__name__}, rate {shown(float(plan.rate))} {' and '.join(ways)}".rstrip()


def with_rate(optimizer: Optimizer, rate: float) -> Optimizer:
    """Return an optimizer of the same kind and settings at another, constant rate.

    >>> from cutaway.optimizers import Adam
    >>> with_rate(Adam(0.1, betas=(0.8, 0.9)), 0.5)
    Adam(0.5, betas=(0.8, 0.9))
    """
    import copy

    from cutaway.schedules import ConstantRate

    other = copy.copy(optimizer)
    other.learning_rate = ConstantRate(rate)
    return other
