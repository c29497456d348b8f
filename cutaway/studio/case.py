"""A case: one network on one set of rows, and all that is computed of it at a moment, by the engine's own code."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib.util import find_spec
from math import nan
from typing import Any

import numpy as np

from cutaway.autodiff import Node, pull, value_of
from cutaway.backends.random import Random
from cutaway.errors import InputError
from cutaway.layers import Context, Layer
from cutaway.layers.context import Tap
from cutaway.losses import Loss
from cutaway.studio.material import Material
from cutaway.studio.moment import Moment
from cutaway.studio.past import Past
from cutaway.studio.recording import Evaluation
from cutaway.studio.stepper import Stepper
from cutaway.studio.way import Way
from cutaway.tensor import as_tensors
from cutaway.training.score import score_of
from cutaway.training.step import Batch, Carry

# Rows at once where all are computed, and rows of a part that its loss is taken over at most.
AT_ONCE, JUDGED = 4096, 8192
# Weights beyond which steps are compiled by XLA where it is installed: NumPy would be slower, and the page wait.
LARGE = 100_000
SOON = 3e8  # multiplications that are made while nobody notices: a few hundredths of a second
MOST_KEPT = 16  # ways whose steppers, and losses whose rows, are held ready
Arrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class Selected:
    """The example and the parameter that all views follow.

    part      "training", "held_out", or "typed" for a row that a person typed
    example   its place in that part
    typed     the typed values by column
    parameter the path of an array of weights and the place in it
    """

    part: str = "training"
    example: int = 0
    typed: dict[str, Any] | None = None
    parameter: tuple[str, tuple[int, ...]] | None = None


@dataclass(frozen=True)
class Blamed:
    """One pass forward and, where there is a target, back.

    taps     what each layer told, in the order of computation; their outputs are arrays
    blames   of each tap's output: ∂L/∂output, None before the first weight; and without a target None at all
    """

    taps: list[Tap]
    outputs: np.ndarray
    loss: float | None
    blames: list[np.ndarray | None] | None
    gradients: Arrays | None


@dataclass(frozen=True, eq=False)
class Case:
    """A built network and its rows; weights are never read from the network but from a moment.

    rung      of the ladder, None for a person's own
    editable  whether its layers may be changed from the page
    past      of a network that was trained elsewhere, what is known of its training
    """

    title: str
    material: Material
    network: Layer
    rung: str | None = None
    editable: bool = True
    past: Past | None = None
    _steppers: dict[int, tuple[Way, Stepper]] = field(default_factory=dict, repr=False)
    _prepared: dict[tuple[int, str], tuple[Loss, Batch]] = field(default_factory=dict, repr=False)
    _answered: dict[str, tuple[Moment, np.ndarray]] = field(default_factory=dict, repr=False)
    _bound: dict[str, tuple[Moment, Layer]] = field(default_factory=dict, repr=False)

    def first(self, way: Way) -> Moment:
        """Return the network as it is, before any step."""
        params = {path: array.copy() for path, array in self.network.parameters().items()}
        state = {path: array.copy() for path, array in self.network.state().items()}
        moments = {path: np.asarray(array) for path, array in way.optimizer.init(params).items()}
        return Moment(0, 0, 0, Carry(params, state, moments))

    @cached_property
    def first_moment(self) -> Moment:
        """The network as it is, without moments of an optimizer: to look at its sizes."""
        return Moment(0, 0, 0, Carry(self.network.parameters(), self.network.state(), {}))

    def stepper(self, way: Way) -> Stepper:
        """Return what takes the steps of a way."""
        kept = self._steppers.get(id(way))
        if kept is None:
            rows = self.rows(way.loss, "training")
            if not len(rows.x):
                raise InputError("studio: there is no row to learn from")
            _bounded(self._steppers)
            kept = self._steppers[id(way)] = way, Stepper(self.network, self._with_engine(way), rows)
        return kept[1]

    def _with_engine(self, way: Way) -> Way:
        """Return a way on the engine that suits the network: XLA for a large one in single precision, if installed."""
        single = np.dtype(self.dtype) == np.float32
        large = self.weights > LARGE and single and find_spec("jax") is not None
        return replace(way, engine="xla" if large else "numpy")

    @property
    def weights(self) -> int:
        """How many weights the network has."""
        return sum(array.size for array in self.network.parameters().values())

    @cached_property
    def judged_slowly(self) -> bool:
        """Whether the losses of all rows take so long that a first picture should not wait for them."""
        material = self.material
        places = {"text": material.x.shape[1:2], "pictures": material.x.shape[1:3], "numbers": ()}[material.kind]
        rows = sum(min(JUDGED, len(part)) for part in (material.training, material.held_out))
        return rows * self.weights * int(np.prod(places)) > SOON

    @cached_property
    def output_shape(self) -> tuple[int, ...]:
        """The shape of what comes out for one row."""
        return tuple(self.network(self.material.x[:1]).shape[1:])

    def rows(self, loss: Loss, part: str) -> Batch:
        """Return the rows of a part, their targets as the loss wants them."""
        key = (id(loss), part)
        kept = self._prepared.get(key)
        if kept is None:
            places = self.material.places(part)
            y = loss.prepare(self.material.y[places], (len(places), *self.output_shape)) if len(places) else None
            if y is None:
                y = np.zeros((0, *self.output_shape))
            y = y.astype(self.dtype) if y.dtype.kind == "f" else y
            found = Batch(self._inputs(self.material.x[places]), y, None)
            _bounded(self._prepared)
            kept = self._prepared[key] = loss, found
        return kept[1]

    def _inputs(self, x: np.ndarray) -> np.ndarray:
        return x.astype(self.dtype) if x.dtype.kind == "f" else x

    @cached_property
    def dtype(self) -> Any:
        """The element type of the weights."""
        return self.network.dtype

    def at(self, moment: Moment) -> Layer:
        """Return the network with the weights of a moment; the arrays are the moment's own."""
        return self.network.bind(moment.carry.params, moment.carry.state)

    def _read(self, moment: Moment) -> Layer:
        """Return `at`, of the last moment asked for the same one again: for those who only read it."""
        kept = self._bound.get("last")
        if kept is None or kept[0] is not moment:
            kept = self._bound["last"] = moment, self.at(moment)
        return kept[1]

    def outputs(self, moment: Moment, x: np.ndarray) -> np.ndarray:
        """Return the network's outputs, evaluated."""
        network, x = self._read(moment), self._inputs(x)
        with np.errstate(all="ignore"):
            parts = [network(x[begin : begin + AT_ONCE], ctx=Context()) for begin in range(0, len(x), AT_ONCE)]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def outputs_of(self, moment: Moment, loss: Loss, part: str) -> np.ndarray:
        """Return the outputs for all rows of a part; those of the last moment asked for are remembered."""
        kept = self._answered.get(part)
        if kept is None or kept[0] is not moment:
            kept = self._answered[part] = moment, self.outputs(moment, self.rows(loss, part).x)
        return kept[1]

    def taps(self, moment: Moment, x: np.ndarray) -> tuple[np.ndarray, list[Tap]]:
        """Return the outputs, evaluated, and what each layer told."""
        taps: list[Tap] = []
        with np.errstate(all="ignore"):
            return self._read(moment)(self._inputs(x), ctx=Context(taps=taps)), taps

    def blamed(self, moment: Moment, x: np.ndarray, y: np.ndarray | None, loss: Loss) -> Blamed:
        """Return every number of some rows forward, evaluated, and the blame of every number back."""
        if y is None:
            outputs, taps = self.taps(moment, x)
            return Blamed(taps, outputs, None, None, None)
        found: list[Tap] = []
        tensors = as_tensors(moment.carry.params)
        with np.errstate(all="ignore"):
            network = self.network.bind(tensors, moment.carry.state)
            outputs = network(self._inputs(x), ctx=Context(taps=found))
            targets = loss.prepare(y, tuple(outputs.shape))
            targets = targets.astype(self.dtype) if targets.dtype.kind == "f" else targets
            value = loss.value(outputs, targets)
            # What comes before the first weight is no part of the tape: it is told, and nothing is to blame.
            nodes = [tap.output for tap in found if isinstance(tap.output, Node)]
            pulled = pull(value, [*nodes, *tensors.values()], np.ones_like(value.value))
        blames = {id(node): np.asarray(blame) for node, blame in zip(nodes, pulled, strict=False)}
        gradients = dict(zip(tensors, map(np.asarray, pulled[len(nodes) :]), strict=True))
        return Blamed(
            [tap._replace(output=np.asarray(value_of(tap.output))) for tap in found], np.asarray(value_of(outputs)),
            float(value.value), [blames.get(id(tap.output)) for tap in found], gradients,
        )  # fmt: skip

    def step_blame(self, moment: Moment, way: Way, places: np.ndarray) -> tuple[float, Arrays]:
        """Return loss and gradients that a step from a moment on these training rows has, in training mode."""
        stepper = self.stepper(way)
        batch = stepper.batch(places)
        tensors = as_tensors(moment.carry.params)
        with np.errstate(all="ignore"):
            outputs = self.network.bind(tensors, moment.carry.state)(batch.x, ctx=_training(moment, stepper))
            value = way.loss.value(outputs, batch.y, batch.weight)
            found = pull(value, list(tensors.values()), np.ones_like(value.value))
        return float(value.value), {path: np.asarray(g) for path, g in zip(tensors, found, strict=True)}

    def step_outputs(self, moment: Moment, way: Way, places: np.ndarray, params: Arrays) -> np.ndarray:
        """Return the outputs for training rows as a step from a moment sees them, in training mode."""
        stepper = self.stepper(way)
        with np.errstate(all="ignore"):
            network = self.network.bind(params, moment.carry.state)
            return np.asarray(network(stepper.batch(places).x, ctx=_training(moment, stepper)))

    def step_loss(self, moment: Moment, way: Way, places: np.ndarray, params: Arrays) -> float:
        """Return the loss of the same rows with the same draws, with other parameters."""
        batch = self.stepper(way).batch(places)
        outputs = self.step_outputs(moment, way, places, params)
        with np.errstate(all="ignore"):
            return float(way.loss.value(outputs, batch.y, batch.weight))

    def evaluated(self, moment: Moment, way: Way) -> Evaluation:
        """Return the loss of both parts, evaluated, and the score of the rows held out."""
        found, metrics = {"training": nan, "held_out": nan}, {}
        for part in found:
            rows = self.rows(way.loss, part)
            if not len(rows.x):
                continue
            if len(rows.x) > JUDGED:
                rows = Batch(rows.x[:: -(-len(rows.x) // JUDGED)], rows.y[:: -(-len(rows.x) // JUDGED)], None)
                outputs = self.outputs(moment, rows.x)
            else:
                outputs = self.outputs_of(moment, way.loss, part)
            with np.errstate(all="ignore"):
                found[part] = float(way.loss.value(outputs, rows.y))
                score = score_of(way.loss, outputs, rows.y)[0]
            name = "accuracy" if self.material.classes else "R²"
            metrics[name if part == "held_out" else f"{name}, training"] = float(score)
        return Evaluation(moment.step, found["training"], found["held_out"], metrics)

    def example(self, selected: Selected) -> tuple[np.ndarray, np.ndarray | None, int | None]:
        """Return inputs (1, …), target (1, …) and place of the selected example; no target and place where typed."""
        if selected.part == "typed":
            return self.material.typed(selected.typed or {})[0], None, None
        place = self.material.place(selected.part, selected.example)
        return self.material.x[place : place + 1], self.material.y[place : place + 1], place


def _bounded(kept: dict[Any, Any]) -> None:
    """Forget the oldest of what is kept where there is much: it can be made again."""
    for key in list(kept)[: max(0, len(kept) - MOST_KEPT + 1)]:
        kept.pop(key, None)


def _training(moment: Moment, stepper: Stepper) -> Context:
    step: Any = moment.carry.moments["step"]
    return Context(mode="train", random=Random(stepper.seed, step), progress=step / stepper.steps)
