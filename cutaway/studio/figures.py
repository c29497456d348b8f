"""What a lesson's figures are computed from: a network at one moment, with what is selected."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from cutaway.errors import InputError
from cutaway.explain.attention_maps import attention_maps
from cutaway.studio.case import Blamed, Case, Selected
from cutaway.studio.moment import Moment
from cutaway.studio.recording import Evaluation
from cutaway.studio.sentences import ledger
from cutaway.studio.way import Way

Place = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Figures:
    """A network at one moment, with what is selected: what every quantity is computed from."""

    case: Case
    moment: Moment
    way: Way
    selected: Selected
    kept: dict[Any, Any] = field(default_factory=dict, repr=False)

    @cached_property
    def evaluation(self) -> Evaluation:
        """The losses of all rows."""
        return self.case.evaluated(self.moment, self.way)

    @cached_property
    def example(self) -> Blamed:
        """The selected example forward and back."""
        x, y, _ = self.case.example(self.selected)
        return self.case.blamed(self.moment, x, y, self.way.loss)

    @cached_property
    def every(self) -> Blamed:
        """All training rows forward and back, evaluated."""
        material = self.case.material
        rows = material.training
        return self.case.blamed(self.moment, material.x[rows], material.y[rows], self.way.loss)

    @cached_property
    def rate(self) -> float:
        """The learning rate of the next step."""
        return float(np.asarray(self.way.optimizer.learning_rate(np.float64(0))))

    def inputs(self, place: int) -> float:
        """Return an input of the selected example."""
        x = self.case.example(self.selected)[0][0]
        if x.ndim != 1 or not 0 <= place < len(x):
            raise InputError(f"lesson: there is no input {place}; the network takes an array of shape {x.shape}")
        return float(x[place])

    def weights(self, written: str) -> float:
        """Return a weight or a running statistic."""
        path, index = spot(written)
        return float(number_at(self.moment.arrays, path, index))

    def slope(self, written: str, found: Blamed) -> float:
        """Return the slope of a loss along a weight."""
        path, index = spot(written)
        if found.gradients is None:
            raise InputError("lesson: a row that was typed has no target, so there is no loss and no blame")
        return float(number_at(found.gradients, path, index))

    def tapped(self, path: str, found: Blamed, blames: bool = False) -> np.ndarray:
        """Return what came out of a layer, (rows, …), or its blame."""
        for number, tap in enumerate(found.taps):
            if tap.path == path:
                if not blames:
                    return np.asarray(tap.output)
                if found.blames is None:
                    raise InputError("lesson: a row that was typed has no target, so there is no loss and no blame")
                blame = found.blames[number]
                if blame is None:
                    raise InputError(f"lesson: layer {path!r} comes before the first weight: no blame is sent there")
                return blame
        known = ", ".join(tap.path for tap in found.taps if tap.path)
        raise InputError(f"lesson: there is no layer {path!r}; there are {known}")

    def unit(self, written: str, blame: bool = False) -> float:
        """Return one number of a layer's output for the selected example, or its blame."""
        path, index = spot(written)
        return float(number_at({path: self.tapped(path, self.example, blame)[0]}, path, index))

    def units(self, written: str) -> np.ndarray:
        """Return one number of a layer's output for every training row, (rows)."""
        path, index = spot(written)
        values = self.tapped(path, self.every)
        number_at({path: values[0]}, path, index)
        return values.reshape(len(values), -1)[:, np.ravel_multi_index(index, values.shape[1:])]

    def answered(self, values: np.ndarray) -> np.ndarray:
        """Return the outputs for some values of the only input, (values)."""
        if self.case.material.x.ndim != 2 or self.case.material.x.shape[1] != 1:
            raise InputError("lesson: the network has more than one input, so it is no curve over one")
        found: np.ndarray = self.case.outputs(self.moment, values[:, None])[:, 0]
        return found

    def attention(self, written: str) -> float:
        """Return how much a place looks at another: `head[from,to]`."""
        head, index = spot(written)
        if "attention" not in self.kept:
            self.kept["attention"] = attention_maps(ledger(self.case, self.moment, self.way, self.selected))
        maps = {str(number): each.weights for number, each in enumerate(self.kept["attention"])}
        return float(number_at(maps, head, index))


def spot(written: str) -> tuple[str, Place]:
    """Return path and place of one number among many; `InputError` for what is no such thing.

    >>> spot("0.weight[0,1]")
    ('0.weight', (0, 1))
    """
    match = re.fullmatch(r"([^\[\]]+)\[(\d+(?:,\d+)*)\]", written)
    if match is None:
        raise InputError(f"lesson: {written!r} is no place; expected one such as 0.weight[0,1]")
    return match[1], tuple(map(int, match[2].split(",")))


def number_at(arrays: Any, path: str, index: Place) -> Any:
    """Return one number of the arrays by path; `InputError` for one that is not there."""
    if path not in arrays:
        raise InputError(f"lesson: there is no {path!r} in this network; there are {', '.join(arrays)}")
    array = arrays[path]
    if len(index) != array.ndim or any(i >= size for i, size in zip(index, array.shape, strict=True)):
        raise InputError(f"lesson: {path} has the shape {array.shape}, and no place {list(index)}")
    return array[index]
