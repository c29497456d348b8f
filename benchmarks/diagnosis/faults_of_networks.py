"""Faults of the network: what its layers are, and what their weights start from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

import benchmarks.diagnosis.fault as suits
import cutaway as ca
from benchmarks.diagnosis.cases import BENDS, Case
from benchmarks.diagnosis.fault import Fault
from cutaway.layers import Context, Initializer, Layer


class Scaled(Initializer):
    """Another initializer's draw, times a factor."""

    sees_rows = False

    def __init__(self, inner: Initializer, factor: float) -> None:
        self.inner, self.factor = inner, factor

    def __call__(self, random: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        return self.factor * self.inner(random, shape)


def _again(layer: ca.Dense, **changes: Any) -> ca.Dense:
    arguments = {**layer.arguments(), **changes}
    return ca.Dense(arguments.pop("units"), **arguments)


def _at(case: Case, places: Sequence[int], **changes: Any) -> Case:
    """Return the case with arguments of the Dense layers at `places` changed."""
    layers = [_again(layer, **changes) if at in places else layer for at, layer in enumerate(case.layers)]  # type: ignore[arg-type]
    return replace(case, layers=tuple(layers))


def _scaled(case: Case, places: Sequence[int], factor: float) -> Case:
    layers: list[Layer] = list(case.layers)
    for place in places:
        dense: Any = layers[place]
        layers[place] = _again(dense, initializer=Scaled(dense.initializer, factor))
    return replace(case, layers=tuple(layers))


class Closed(Layer):
    """What it is given, times 0."""

    def forward(self, x: Any, ctx: Context) -> Any:
        return x * 0.0


def _paths(places: Sequence[int]) -> tuple[str, ...]:
    return tuple(str(place) for place in places)


def _linear(case: Case, severity: float, random: np.random.Generator) -> Case:
    layers = tuple(layer for layer in case.layers if not isinstance(layer, BENDS))
    changed = replace(case, layers=layers)
    return replace(changed, guilty=_paths(changed.dense()))


def _constant(case: Case, severity: float, random: np.random.Generator) -> Case:
    places = case.dense()
    return replace(_at(case, places, initializer=ca.Constant(severity)), guilty=_paths(places))


def _zero_layer(case: Case, severity: float, random: np.random.Generator) -> Case:
    place = int(random.choice(case.dense()[:-1]))
    return replace(_at(case, [place], initializer=ca.Constant(0.0)), guilty=_paths([place]))


def _small(case: Case, severity: float, random: np.random.Generator) -> Case:
    deep = case.rebuilt(widths=case.architecture.widths[:1] * 4)
    return _scaled(deep, deep.dense(), severity)


def _large(case: Case, severity: float, random: np.random.Generator) -> Case:
    return _scaled(case, case.dense(), severity)


def _large_layer(case: Case, severity: float, random: np.random.Generator) -> Case:
    place = int(random.choice(case.dense()[:-1]))
    return replace(_scaled(case, [place], severity), guilty=_paths([place, place + 1]))


def _negative(case: Case, severity: float, random: np.random.Generator) -> Case:
    place = int(random.choice(case.dense()[:-1]))
    low = _at(case, [place], bias_initializer=ca.Constant(-severity))
    return replace(low, guilty=_paths([place, place + 1]))


def _sigmoids(case: Case, severity: float, random: np.random.Generator) -> Case:
    deep = case.rebuilt(widths=case.architecture.widths[:1] * round(severity), activation="Sigmoid")
    places = deep.dense()[:-1]
    return replace(deep, guilty=_paths(sorted([*places, *[place + 1 for place in places]])))


def _explosive(case: Case, severity: float, random: np.random.Generator) -> Case:
    deep = case.rebuilt(widths=case.architecture.widths[:1] * 8)
    return _scaled(deep, deep.dense(), severity)


def _dropout(case: Case, severity: float, random: np.random.Generator) -> Case:
    changed = case.rebuilt(dropout=severity)
    guilty = [at for at, layer in enumerate(changed.layers) if isinstance(layer, ca.Dropout)]
    return replace(changed, guilty=_paths(guilty))


def _bottleneck(case: Case, severity: float, random: np.random.Generator) -> Case:
    place = case.dense()[-1]
    bend = getattr(ca, case.architecture.activation)()
    layers = (*case.layers[:place], ca.Dense(1), bend, *case.layers[place:])
    return replace(case, layers=layers, guilty=_paths([place, place + 1]))


def _too_small(case: Case, severity: float, random: np.random.Generator) -> Case:
    return case.rebuilt(widths=(round(severity),), dropout=0.0, norm="")


def _step(case: Case, severity: float, random: np.random.Generator) -> Case:
    """Put an activation without slope before the head: no blame reaches what is below it."""
    place = case.dense()[-1]
    layers = (*case.layers[: place - 1], ca.Step(), *case.layers[place:])
    return replace(case, layers=layers, guilty=_paths(range(place)))


def _cut(case: Case, severity: float, random: np.random.Generator) -> Case:
    """Multiply what the last hidden layer gives by 0."""
    place = case.dense()[-1]
    layers = (*case.layers[:place], Closed(), *case.layers[place:])
    return replace(case, layers=layers, guilty=_paths(range(place + 1)))


def _frozen(case: Case, severity: float, random: np.random.Generator) -> Case:
    places = case.dense()
    if len(places) > 1 + round(severity):
        places = places[: 1 + round(severity)]
    factors = {f"{place}.*": 0.0 for place in places}
    return replace(case, options={**case.options, "learning_rate_factors": factors}, guilty=_paths(places))


def _frozen_head(case: Case, severity: float, random: np.random.Generator) -> Case:
    """Freeze the head where it starts at 0: nothing below can be blamed."""
    place = case.dense()[-1]
    changed = _at(case, [place], initializer=ca.Constant(0.0))
    factors = {f"{place}.*": 0.0}
    return replace(changed, options={**case.options, "learning_rate_factors": factors}, guilty=_paths([place]))


FAULTS = (
    Fault("no activation", _linear, ("no_nonlinearity",), "activation", suits=suits.in_plain, in_layer=True),
    Fault("weights all the same", _constant, ("constant_init",), "weights", (0.02, 0.5), (0.005, 1), suits.in_plain,
          in_layer=True),
    Fault("a layer of zeros", _zero_layer, ("constant_init", "disconnected_layer"), "weights",
          suits=suits.in_plain_relu, in_layer=True),
    Fault("weights too small", _small, ("init_scale", "vanishing_gradient"), "weights", (0.03, 0.1), (0.01, 0.15),
          suits.in_plain),
    Fault("weights too large", _large, ("init_scale", "exploding_gradient"), "weights", (5, 15), (4, 30),
          suits.in_plain_relu),
    Fault("weights of a layer too large", _large_layer, ("init_scale", "saturated"), "weights", (10, 30), (8, 60),
          suits.in_plain, in_layer=True),
    Fault("dead ReLU", _negative, ("dead_relu", "disconnected_layer"), "weights", (5, 20), (4, 40),
          suits.in_plain_relu, in_layer=True),
    Fault("saturated tanh", _large, ("saturated", "init_scale"), "weights", (10, 30), (8, 50), suits.in_plain_tanh),
    Fault("deep sigmoids", _sigmoids, ("vanishing_gradient", "init_scale"), "activation", (5, 8), (6, 10),
          suits.in_plain, in_layer=True),
    Fault("exploding stack", _explosive, ("init_scale", "exploding_gradient"), "weights", (2.5, 4), (2, 5),
          suits.in_plain_relu),
    Fault("dropout too high", _dropout, ("dropout_too_high",), "regularisation", (0.85, 0.95), (0.8, 0.97),
          suits.in_sequences, in_layer=True),
    Fault("bottleneck of one unit", _bottleneck, ("bottleneck", "dead_relu"), "architecture", suits=suits.in_sequences,
          in_layer=True),
    Fault("network too small", _too_small, ("underfit", "bottleneck"), "architecture", (1, 2), (1, 2)),
    Fault("activation without slope", _step, ("disconnected_layer", "vanishing_gradient"), "activation",
          suits=suits.in_plain, in_layer=True),
    Fault("branch cut off", _cut, ("disconnected_layer", "collapsed_output"), "architecture", suits=suits.in_plain,
          in_layer=True),
    Fault("layers frozen", _frozen, ("frozen_weights", "disconnected_layer"), "optimizer", (1, 2), (1, 3),
          suits.in_plain, in_layer=True),
    Fault("head frozen at zero", _frozen_head, ("frozen_weights", "disconnected_layer"), "optimizer",
          suits=suits.in_plain, in_layer=True),
)  # fmt: skip
