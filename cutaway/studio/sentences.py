"""Click on anything: its sentence in figures, its blame, and a measurement beside it, from the ledger of a trace."""

from __future__ import annotations

from typing import Any

import numpy as np

from cutaway.autodiff import value_of
from cutaway.errors import InputError
from cutaway.explain.figures import factor, shown
from cutaway.explain.neurons import Neuron, NeuronLayer, neurons
from cutaway.explain.record import Step, Trace
from cutaway.explain.trace import trace
from cutaway.studio.arguments import Arguments
from cutaway.studio.case import Case, Selected
from cutaway.studio.moment import Moment
from cutaway.studio.way import Way

NUDGE = 0.01
FEW = 8  # numbers of an earlier result that are told
# Operations that only bring the numbers of a loss together: of one row they change nothing.
GATHERS = ("divide", "sum", "mean", "reshape", "index", "multiply", "squeeze")
KINDS = ("parameter", "unit", "input", "loss", "operation")


def ledger(case: Case, moment: Moment, way: Way, selected: Selected) -> Trace:
    """Return every operation on the selected example, in double precision; with its loss, where it has a target."""
    x, y, _ = case.example(selected)
    if y is None:
        return trace(case.at(moment), x)
    return trace(case.at(moment), x, y, way.loss)


def sentence(case: Case, moment: Moment, way: Way, selected: Selected, what: Arguments, nudge: float) -> dict[str, Any]:
    """Return what is to be said of one number, and at which step.

    what    `kind` and the place: parameter (path, index), unit (layer, place), input (place), loss, operation (name)
    nudge   by how much the number is changed to measure what the loss does

    Raises `InputError` for a number that is not there.
    """
    with np.errstate(all="ignore"):  # of a network that broke, what is too large is said as it is
        return {"step": moment.step, **_sentence(case, moment, way, selected, what, nudge)}


def _sentence(
    case: Case, moment: Moment, way: Way, selected: Selected, what: Arguments, nudge: float
) -> dict[str, Any]:
    kind = what.choice("kind", KINDS)
    found = ledger(case, moment, way, selected)
    teller = Teller(found, nudge)
    if kind == "loss":
        what.done()
        return teller.loss()
    if kind == "parameter":
        path, index = what.text("path"), tuple(what.wholes("index"))
        what.done()
        return teller.parameter(path, index)
    if kind == "input":
        place = tuple(what.wholes("place"))
        what.done()
        return teller.input(place, case.material.inputs)
    if kind == "unit":
        layer, place = what.text("layer"), tuple(what.wholes("place"))
        what.done()
        return teller.unit(layer, place)
    name, given = what.text("name"), what.wholes("place", None)
    what.done()
    step = found[name]
    return teller.operation(step, step.place if given is None else _inside(step.value, tuple(given), name))


class Teller:
    """Says of each number of one trace what it is, what it comes from and what it does."""

    def __init__(self, found: Trace, nudge: float = NUDGE) -> None:
        self.trace, self.nudge = found, nudge
        self.of = "L" if "y" in found.inputs else "y"
        self.layers = neurons(found, 8)

    def loss(self) -> dict[str, Any]:
        """The number explained itself: the loss, or an output where there is no target."""
        steps = [step for step in self.trace.steps if step.layer in ("loss", "")] or self.trace.steps[-1:]
        last = next((step for step in steps[::-1] if step.operation not in GATHERS), steps[-1])
        told = self._told("loss" if self.of == "L" else "output", self.trace.value, last.formula, self._steps(steps))
        told["sentence"] = f"{self.of} = {last.figures()}"
        if last.value.size > 1:
            told["sentence"] = (
                f"{self.of} = {shown(self.trace.value)}, the mean over {last.value.size} places; at one of them "
                f"{last.figures()}"
            )
        return told | {"gradient": 1.0, "blame": "everything is blamed for it"}

    def parameter(self, path: str, index: tuple[int, ...]) -> dict[str, Any]:
        """A weight or a bias: what it is multiplied with, how the loss depends on it."""
        if path not in self.trace.parameters:
            known = ", ".join(self.trace.parameters)
            raise InputError(f"number: there is no parameter {path!r}; there are {known}")
        weights = self.trace.parameters[path]
        index = _inside(weights, index, path)
        gradient = float(self.trace.gradients[path][index])
        name = f"{path}[{', '.join(map(str, index))}]"
        layer, neuron = self._neuron_of(path, index)
        told = self._told(name, float(weights[index]), "", [])
        if layer is not None and neuron is not None:
            told["steps"] = self._chain(layer, neuron)
            told["sentence"] = f"{shown(float(weights[index]))}, in {neuron}"
            told["formula"] = f"one term of {neuron.name}"
            told["chain"] = self._product(path, index, gradient)
        else:
            told["sentence"] = f"{name} = {shown(float(weights[index]))}"

        def moved(by: float) -> float:
            changed = weights.copy()
            changed[index] += by
            return self.trace.again({path: changed})

        return told | self._measured(gradient, float(weights[index]), moved, "w" if weights.ndim > 1 else "b")

    def unit(self, path: str, place: tuple[int, ...]) -> dict[str, Any]:
        """One number of a layer's output."""
        tap = next((tap for tap in self.trace.taps if tap.path == path), None)
        if tap is None:
            known = ", ".join(tap.path for tap in self.trace.taps if tap.path)
            raise InputError(f"number: there is no layer {path!r}; there are {known}")
        step = next((step for step in self.trace.steps if step.node is tap.output), None)
        if step is None:
            raise InputError(f"number: the layer {path!r} hands on what came in; ask for the layer before it")
        return self.operation(step, (0, *_inside(step.value[0], place, f"layer {path!r}")))

    def operation(self, step: Step, place: tuple[int, ...]) -> dict[str, Any]:
        """One number of an operation."""
        told = self._told(step.name, float(step.value[place]), step.formula, self._steps([step], place))
        told["sentence"] = step.figures(place)
        for layer in self.layers:
            if step.name not in layer.steps or len(place) != 2:
                continue
            neuron = layer.neurons[place[1]]
            told["steps"] = self._chain(layer, neuron)
            bent = step.name == layer.steps[-1] and neuron.bend
            if bent:
                told |= {"name": neuron.name, "sentence": str(neuron)}
            elif self._is_sum(step, layer):
                name = "z" + neuron.name[1:]
                told |= {"name": name, "sentence": f"{name} = {neuron.total}"}
        value = step.value

        def moved(by: float) -> float:
            changed = value.copy()
            changed[place] += by
            return self.trace.changed({step.name: changed})

        return told | self._measured(float(step.gradient[place]), float(value[place]), moved, told["name"])

    def input(self, place: tuple[int, ...], names: tuple[str, ...]) -> dict[str, Any]:
        """One number that goes in."""
        x = self.trace.inputs["x"]
        if "x" not in self.trace.gradients:
            place = _inside(x[0], place, "input")
            told = self._told(f"input {list(place)}", float(x[(0, *place)]), "x", [])
            return told | {"sentence": "a code, which has no slope", "blame": "a code has no slope"}
        spot = (0, *_inside(x[0], place, "input"))
        name = names[place[0]] if len(place) == 1 and len(names) > place[0] else f"input {list(place)}"
        told = self._told(name, float(x[spot]), "x", [])
        told["sentence"] = f"{name} = {shown(float(x[spot]))}, as the network takes it"

        def moved(by: float) -> float:
            return self.trace.changed({"x": _plus(x, spot, by)})

        return told | self._measured(float(self.trace.gradients["x"][spot]), float(x[spot]), moved, "x")

    # ---- pieces ---------------------------------------------------------------------------------------------------

    def _told(self, name: str, value: float, formula: str, steps: list[dict[str, Any]]) -> dict[str, Any]:
        return {
            "name": name, "value": value, "formula": formula, "sentence": "", "gradient": None, "blame": "",
            "nudge": None, "predicted": None, "measured": None, "slope": None, "chain": "", "steps": steps,
        }  # fmt: skip

    def _measured(self, gradient: float, value: float, moved: Any, letter: str) -> dict[str, Any]:
        """Return the blame in words, what the slope predicts of a nudge, and what is measured."""
        nudge, tiny = self.nudge, 1e-5 * max(1.0, abs(value))
        predicted, measured = gradient * nudge, moved(nudge) - self.trace.value
        slope = (moved(tiny) - moved(-tiny)) / (2 * tiny)
        what = "the loss" if self.of == "L" else "the output"
        does = "leaves {} as it is" if predicted == 0 else ("raises {} by " if predicted > 0 else "lowers {} by ")
        by = "" if predicted == 0 else shown(abs(predicted))
        blame = f"∂{self.of}/∂{letter} = {shown(gradient)}: raising it by {shown(nudge)} {does.format(what)}{by}"
        return {"gradient": gradient, "blame": blame, "nudge": nudge, "predicted": predicted, "measured": measured,
                "slope": slope}  # fmt: skip

    def _neuron_of(self, path: str, index: tuple[int, ...]) -> tuple[NeuronLayer | None, Neuron | None]:
        """Return the neuron whose sum a weight or bias belongs to, where it is one of a dense layer."""
        for layer in self.layers:
            if path in (f"{layer.layer}.weight".lstrip("."), f"{layer.layer}.bias".lstrip(".")):
                return layer, layer.neurons[index[-1]]
        return None, None

    def _product(self, path: str, index: tuple[int, ...], gradient: float) -> str:
        """Return where the slope of a dense layer's weight comes from: what went in times the blame of the sum."""
        product = next(
            (s for s in self.trace.steps if s.operation == "matmul" and path in s.operands and s.shape[:-1] == (1,)),
            None,
        )
        if product is None or len(index) != 2:
            return f"the blame of its sum = {shown(gradient)}"
        came = float(np.asarray(value_of(product.node.operands[0]))[0, index[0]])
        blame = float(product.gradient[0, index[1]])
        return f"what comes in · blame of the sum = {shown(came)}·{factor(blame)} = {shown(gradient)}"

    def _is_sum(self, step: Step, layer: NeuronLayer) -> bool:
        """Whether a step is the whole sum of its layer: the bias added, or the product where there is no bias."""
        chain = [self.trace[name] for name in layer.steps]
        sums = [each for each in chain if each.operation in ("matmul", "add", "multiply")]
        return step is sums[-1]

    def _chain(self, layer: NeuronLayer, neuron: Neuron) -> list[dict[str, Any]]:
        return self._steps([self.trace[name] for name in layer.steps], (0, neuron.place))

    def _steps(self, steps: list[Step], place: tuple[int, ...] | None = None) -> list[dict[str, Any]]:
        """Return steps as they are told, before them the results of earlier ones that they use."""
        found = self._used(steps)
        for step in steps:
            spot = step.place if place is None or len(place) != step.value.ndim else place
            found.append({"name": step.name, "formula": step.formula, "figures": step.figures(spot),
                          "value": float(step.value[spot])})  # fmt: skip
        return found

    def _used(self, steps: list[Step]) -> list[dict[str, Any]]:
        """Return the results that steps use and that none of them makes, as they stand; their own way is theirs."""
        own, named = {step.name for step in steps}, [operand for step in steps for operand in step.operands]
        made = {step.name: step for step in self.trace.steps}
        found = []
        for name in dict.fromkeys(named):
            if name in own or name not in made:
                continue
            step, result = made[name], made[name].value.reshape(-1)
            more = f" and {len(result) - FEW} more" if len(result) > FEW else ""
            where = f", what leaves {step.layer} {step.kind}" if step.layer not in ("", "loss") else ""
            found.append({"name": name, "formula": f"from before{where}",
                          "figures": ", ".join(map(shown, result[:FEW].tolist())) + more,
                          "value": float(step.value[step.place])})  # fmt: skip
        return found


def _inside(array: np.ndarray, place: tuple[int, ...], name: str) -> tuple[int, ...]:
    if len(place) != array.ndim or any(not 0 <= each < size for each, size in zip(place, array.shape, strict=False)):
        raise InputError(f"number: {name} has the shape {array.shape}, and no place {list(place)}")
    return place


def _plus(array: np.ndarray, place: tuple[int, ...], by: float) -> np.ndarray:
    changed = array.copy()
    changed[place] += by
    return changed
