"""Healthy trainings of other kinds: the package's own recipes, as they are, on the benchmark's rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cutaway as ca
from benchmarks.diagnosis.cases import Architecture, Case
from benchmarks.diagnosis.sets import Parts, parts_of
from cutaway.data.targets import ClassTarget, NumberTarget
from cutaway.layers import Sequential


def _target(parts: Parts) -> ClassTarget | NumberTarget:
    if parts.task == "classes":
        return ClassTarget("y", tuple(str(label) for label in range(parts.classes)))
    y = parts.learned[1]
    return NumberTarget("y", 0.0, 1.0, float(y.min()), float(y.max()))


def _recipe(data: str, seed: int, name: str) -> Case:
    from cutaway.recipes.realmlp import realmlp
    from cutaway.recipes.table import table_recipe
    from cutaway.recipes.tabm import tabm

    parts = parts_of(data, seed)
    target, numbers = _target(parts), parts.learned[0].shape[1]
    if name == "quick":
        recipe = table_recipe(len(parts.learned[0]), numbers, [], target, effort="quick")
    elif name == "standard":
        recipe = realmlp(numbers, [], target, neurons=64, epochs=40, batch_size=64)
    else:
        recipe = tabm(numbers, [], target, epochs=40, batch_size=64, members=4)
    assert isinstance(recipe.network, Sequential)
    return Case(
        parts=parts, architecture=Architecture(name, ()), layers=tuple(recipe.network), loss=recipe.loss,
        optimizer=recipe.optimizer, rate=0.0, epochs=recipe.epochs, batch_size=recipe.batch_size,
    )  # fmt: skip


def _case(parts: Parts, name: str, *layers: Any, optimizer: Any = "Adam", rate: float = 3e-3) -> Case:
    numbers = parts.task == "numbers"
    return Case(
        parts=parts, architecture=Architecture(name, ()), layers=(*layers, ca.Dense(max(1, parts.classes))),
        loss=ca.losses.SquaredError() if numbers else ca.losses.CrossEntropy(),
        optimizer=optimizer, rate=rate, epochs=30, batch_size=32,
    )  # fmt: skip


def _convolution(data: str, seed: int) -> Case:
    parts = parts_of(data, seed)
    side = int(parts.learned[0].shape[1] ** 0.5)
    parts = parts.with_inputs(lambda x: x[:, : side * side].reshape(-1, side, side, 1))
    layers = ca.Conv2D(8, 3), ca.BatchNorm(), ca.ReLU(), ca.Conv2D(8, 3, stride=2), ca.ReLU(), ca.Flatten()
    return _case(parts, "convolution", *layers)


def _recurrent(data: str, seed: int) -> Case:
    parts = parts_of(data, seed).with_inputs(lambda x: x[:, :, None])
    return _case(parts, "recurrent", ca.GRU(16, sequence=False), rate=1e-2)


def _attention(data: str, seed: int) -> Case:
    parts = parts_of(data, seed).with_inputs(lambda x: x[:, :, None])
    layers = (
        ca.Dense(16),
        ca.LearnedPositions(parts.learned[0].shape[1]),
        ca.TransformerBlock(2),
        ca.LayerNorm(),
        ca.GlobalAveragePool(),
    )
    return _case(parts, "attention", *layers)


def _line(data: str, seed: int) -> Case:
    """Return a network without hidden layers."""
    return _case(parts_of(data, seed), "line", rate=1e-2)


RECIPES: dict[str, Callable[[str, int], Case]] = {
    "recipe quick": lambda data, seed: _recipe(data, seed, "quick"),
    "recipe standard": lambda data, seed: _recipe(data, seed, "standard"),
    "recipe TabM": lambda data, seed: _recipe(data, seed, "TabM"),
    "convolution": _convolution,
    "recurrent": _recurrent,
    "attention": _attention,
    "line": _line,
}
# Which sets each is tried on; the recipes on all, two of the three on each.
ONLY = {
    "convolution": ("digits", "strokes", "figures", "gratings", "faces", "rings", "letters", "dice"),
    "recurrent": ("blobs", "wine", "quantiles", "waveform", "occupations", "trains"),
    "attention": ("iris", "blobs", "friedman1", "friedman2", "occupations", "maths"),
    "line": ("iris", "breast_cancer", "wine", "noisy_line", "sparse_numbers", "titanic", "lake", "women"),
}  # fmt: skip


def kinds_on(data: str, place: int) -> list[str]:
    """Return the kinds of training that are tried on a data set, the one that stands at `place`."""
    recipes = [name for name in RECIPES if name not in ONLY]
    return [
        *(recipe for turn, recipe in enumerate(recipes) if (turn + place) % len(recipes)),
        *(name for name, some in ONLY.items() if data in some and name in RECIPES),
    ]  # fmt: skip
