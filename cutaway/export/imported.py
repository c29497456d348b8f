"""A graph of layers in the making, from another program's: values that may stand transposed, and what made them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cutaway.layers import Graph, Layer, Operation, Sequential, Values

Permutation = tuple[int, ...]


@dataclass(frozen=True)
class Value:
    """What is known of a value of the other program: it is `transpose(ours, axes)`, or ours as it is.

    name   of our value
    axes   None where there is nothing to turn
    """

    name: str
    axes: Permutation | None = None


@dataclass
class Draft:
    """Layers, the names of what they give, and the names of what they take."""

    inputs: list[str] = field(default_factory=list)
    made: dict[str, tuple[Layer, tuple[str, ...]]] = field(default_factory=dict)
    uses: dict[str, int] = field(default_factory=dict)

    def add(self, layer: Layer, *sources: str, like: str = "") -> str:
        """Add a layer and return the name of what it gives."""
        stem = like or (layer.name if isinstance(layer, Operation) else type(layer).__name__.lower())
        name, number = stem, 2
        while name in self.made or name in self.inputs:
            name, number = f"{stem}_{number}", number + 1
        self.made[name] = (layer, sources)
        for source in sources:
            self.uses[source] = self.uses.get(source, 0) + 1
        return name

    def operation(self, name: str, *sources: str, **settings: Any) -> str:
        """Add an operation without weights."""
        return self.add(Operation(name, tuple(settings.items())), *sources)

    def held(self, array: np.ndarray) -> str:
        """Add an array: numbers as weights, whole numbers and truths as they are."""
        first = self.inputs[0]
        if array.dtype.kind in "iu":
            flat = tuple(int(number) for number in array.reshape(-1))
            return self.operation("whole_numbers", first, values=flat, shape=array.shape)
        if array.dtype.kind == "b":
            flat = tuple(bool(truth) for truth in array.reshape(-1))
            return self.operation("truths", first, values=flat, shape=array.shape)
        array = array.reshape(array.shape or (1,))  # a file of weights holds no arrays without axes
        return self.add(filled(Values(array.shape, array.size > 1), values=array), first)

    def turned(self, value: Value, axes: Permutation | None = None) -> str:
        """Return our name for a value of the other program, transposed by `axes`; turns that undo each other go."""
        joined = value.axes
        if axes is not None:
            joined = axes if value.axes is None else tuple(value.axes[axis] for axis in axes)
        if joined is None or joined == tuple(range(len(joined))):
            return value.name
        for name, (layer, sources) in self.made.items():
            same = isinstance(layer, Operation) and (layer.name, layer.settings) == ("transpose", (("axes", joined),))
            if same and sources == (value.name,):
                self.uses[value.name] += 1
                return name
        return self.operation("transpose", value.name, axes=joined)

    def network(self, output: str) -> Layer:
        """Return what leads to the output: one layer after another where it is that, else a graph."""
        needed, open_ = set[str](), [output]
        while open_:
            name = open_.pop()
            if name not in needed and name in self.made:
                needed.add(name)
                open_ += self.made[name][1]
        chosen = [(name, *self.made[name]) for name in self.made if name in needed]
        before = self.inputs[0]
        straight = len(self.inputs) == 1 and bool(chosen)
        for name, _, sources in chosen:
            straight = straight and sources == (before,)
            before = name
        if straight and before == output:
            return Sequential(*(layer for _, layer, _ in chosen))
        return Graph(
            self.inputs, [layer for _, layer, _ in chosen], [name for name, _, _ in chosen],
            [sources for _, _, sources in chosen], output,
        )  # fmt: skip


def filled(layer: Layer, **arrays: np.ndarray) -> Layer:
    """Return a layer with these arrays in it, before any input is known; they are made float32, or kept float64."""
    for name, array in arrays.items():
        array = np.asarray(array)
        vars(layer)[name] = np.array(array, dtype=np.float64 if array.dtype == np.float64 else np.float32, order="C")
    return layer


def with_paths(network: Layer) -> Layer:
    """Return a network whose layers know their paths, as building does it."""
    for path, layer in network.named_layers():
        layer.__dict__["path"] = path
    return network
