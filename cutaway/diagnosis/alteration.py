"""A network under change: layers put in, taken out, exchanged or drawn anew, while all others start as they did."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

from cutaway.diagnosis.setup import Setup
from cutaway.layers import Constant, Dense, Identity, Initializer, Layer, Parameter, Sequential
from cutaway.layers.convolution import Conv1D, Conv2D
from cutaway.layers.layer import join
from cutaway.optimizers import Optimizer
from cutaway.optimizers.optimizer import factor
from cutaway.training.step import Batch
from cutaway.training.watching import spaced

# Layers that sum their inputs, weighted.
LINEAR = (Dense, Conv1D, Conv2D)
# Rows that first weights which follow from rows are fitted to, at most.
FIRST_ROWS = 8192


class Alteration:
    """Changes a copy of a setup's network; `done` builds it and returns the setup that has it.

    Layers of before keep the weights they had, new ones are drawn from the plan's seed, and so are those whose sizes no
    longer fit, or whose first weights follow from the rows.

    >>> import numpy as np, cutaway as ca
    >>> from cutaway.diagnosis.setup import Setup
    >>> from cutaway.training.plan import Plan
    >>> rows, net = Batch(np.ones((8, 2), np.float32), np.ones((8, 1), np.float32), None), ca.Sequential(ca.Dense(1))
    >>> before = Setup(net.build(2), ca.SquaredError(), ca.Adam(), rows, None, Plan(epochs=1, batch_size=4))
    >>> alteration = Alteration(before)
    >>> alteration.first(ca.Tanh())
    >>> after = alteration.done().network
    >>> after, bool((after[1].weight == net[0].weight).all())
    (Sequential(Tanh(), Dense(1)), True)
    """

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self.network: Layer = copy.deepcopy(setup.network)
        self.layers: dict[str, Layer] = dict(self.network.named_layers())
        self._values = {
            id(layer): {name: layer.__dict__[name] for name in layer._declared if name in layer.__dict__}
            for layer in self.layers.values()
        }
        self._anew: set[int] = set()

    def path(self, layer: Layer) -> str:
        """Return the path that a layer had before any change."""
        return next(path for path, each in self.layers.items() if each is layer)

    def exchange(self, old: Layer, *new: Layer) -> None:
        """Put layers, one after another, where a layer was, everywhere it was; none: what comes in goes out."""
        if old is self.network:
            self.network = new[0] if len(new) == 1 else Sequential(*new)
            return
        single = new[0] if len(new) == 1 else (Sequential(*new) if new else Identity())
        for _, parent in list(self.network.named_layers()):
            for name, value in list(parent.__dict__.items()):
                if value is old:
                    parent.__dict__[name] = single
                elif isinstance(value, (list, tuple)) and any(item is old for item in value):
                    many = new if isinstance(parent, Sequential) else (single,)
                    items: list[Any] = []
                    for item in value:
                        items.extend(many if item is old else (item,))
                    parent.__dict__[name] = type(value)(items)

    def first(self, layer: Layer) -> None:
        """Put a layer before all others."""
        inside = self.network.layers if isinstance(self.network, Sequential) else (self.network,)
        self.network = Sequential(layer, *inside)

    def last(self, layer: Layer) -> None:
        """Put a layer after all others."""
        inside = self.network.layers if isinstance(self.network, Sequential) else (self.network,)
        self.network = Sequential(*inside, layer)

    def anew(self, layer: Layer, initializer: Initializer | None = None) -> None:
        """Have a layer's parameters drawn anew: with an initializer, matrices by that one, and the bias at 0."""
        self._anew.add(id(layer))
        if initializer is None:
            return
        arrays = self._values.get(id(layer), {})
        for name, declared in list(layer._declared.items()):
            if type(declared) is Parameter and arrays[name].ndim > 1:
                setattr(layer, name, replace(declared, initializer=initializer))
        if hasattr(layer, "initializer"):
            layer.__dict__["initializer"] = initializer
        if hasattr(layer, "bias_initializer") and "bias" in layer._declared:
            layer.__dict__["bias_initializer"] = Constant(0.0)
            setattr(layer, "bias", replace(layer._declared["bias"], initializer=Constant(0.0)))  # noqa: B010

    def done(self, **changes: Any) -> Setup:
        """Build the network and return the setup with it, and with whatever else changes."""
        setup = replace(self.setup, **changes)
        rows = spaced(setup.rows, FIRST_ROWS)
        self.network.build(rows.x, setup.plan.seed, self.setup.network.dtype)
        for _, layer in self.network.named_layers():
            if id(layer) in self._anew:
                continue
            for name, array in self._values.get(id(layer), {}).items():
                declared = layer._declared[name]
                if layer.__dict__[name].shape == array.shape and not declared.initializer.sees_rows:
                    layer.__dict__[name] = array
        return replace(setup, network=self.network, optimizer=self._optimizer(setup.optimizer))

    def _optimizer(self, optimizer: Optimizer) -> Optimizer:
        """Return the optimizer with its factors for parameters that may be called otherwise now."""
        before = {id(layer): path for path, layer in self.layers.items()}
        now = {id(layer): path for path, layer in self.network.named_layers()}
        if all(path == before.get(key) for key, path in now.items()):
            return optimizer
        moved = copy.copy(optimizer)
        for setting in ("learning_rate_factors", "weight_decay_factors"):
            patterns = getattr(optimizer, setting)
            factors = {
                join(now[key], name): factor(patterns, join(path, name))
                for key, path in before.items()
                if key in now
                for name in self._values[key]
            }
            here = self.network.parameters()
            setattr(moved, setting, {path: each for path, each in factors.items() if each != 1 and path in here})
        return moved


def redrawn(setup: Setup, seed: int) -> Setup:
    """Return the setup with another seed, and all first weights drawn from it."""
    network = copy.deepcopy(setup.network)
    network.build(spaced(setup.rows, FIRST_ROWS).x, seed, setup.network.dtype)
    return replace(setup, network=network, plan=replace(setup.plan, seed=seed))


def is_fresh(setup: Setup) -> bool:
    """Whether the network's weights are those that its seed draws, rather than set by hand or trained before."""
    drawn = redrawn(setup, setup.plan.seed).network.parameters()
    return all((array == drawn[path]).all() for path, array in setup.network.parameters().items())


def with_rows(batch: Batch, x: Any = None, y: Any = None) -> Batch:
    """Return rows with other inputs, or other targets."""
    return Batch(batch.x if x is None else x, batch.y if y is None else y, batch.weight)
