"""Each neuron's sum and bend written out: `h₂ = relu(0.7·(−0.5) + 0.2·0.8 − 0.3) = relu(−0.49) = 0`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cutaway.autodiff import Node, value_of
from cutaway.explain.figures import MOST_TERMS, Shown, shortened, shown, subscript

if TYPE_CHECKING:
    from cutaway.explain.record import Step, Trace

BENDS = {
    "elu", "gelu", "gelu_tanh", "leaky_relu", "mish", "relu", "selu", "sigmoid", "silu", "softplus", "step", "tanh",
}  # fmt: skip


@dataclass(frozen=True)
class Neuron:
    """One neuron of a layer, for one row.

    place     which of the layer, counted from 0
    total     its weighted sum and bias, as it is shown
    bend      the activation's name, "" where there is none
    value     what comes out
    gradient  how much the number explained changes with it
    """

    place: int
    total: Shown
    bend: str
    value: float
    gradient: float

    @property
    def name(self) -> str:
        """What it is called: h₂ after an activation, z₂ where there is none."""
        return ("h" if self.bend else "z") + subscript(self.place)

    @property
    def stages(self) -> list[str]:
        """What it comes from, one expression after another, the last a number; all are equal."""
        if not self.bend:
            return self.total.stages
        return [*(f"{self.bend}({stage})" for stage in self.total.stages), shown(self.value)]

    def __str__(self) -> str:
        return " = ".join([self.name, *self.stages])


@dataclass(frozen=True)
class NeuronLayer:
    """The neurons of one layer, and the steps of the ledger that they are made of.

    layer   the path of the layer that sums
    kind    its class, and that of the activation
    steps   the names of the steps: product, bias, activation
    scale   what every weight was multiplied by first (1 / √inputs in some recipes), else 1
    """

    layer: str
    kind: str
    steps: tuple[str, ...]
    scale: float
    neurons: tuple[Neuron, ...]


def neurons(trace: Trace, most: int = MOST_TERMS) -> list[NeuronLayer]:
    """Return the neurons of each layer of weighted sums that the row passes through, none for several rows.

    most   how many terms of each sum are shown

    >>> import cutaway as ca
    >>> net = ca.Sequential(ca.Dense(1), ca.ReLU()).build(2)
    >>> net[0].weight, net[0].bias = [[0.7], [0.2]], [-0.3]
    >>> print(neurons(ca.explain.trace(net, [[-0.5, 0.8]]))[0].neurons[0])
    h₁ = relu(0.7·(−0.5) + 0.2·0.8 − 0.3) = relu(−0.49) = 0
    """
    users: dict[int, list[Step]] = {}
    for step in trace.steps:
        for part in step.node.parents:
            users.setdefault(id(part), []).append(step)
    found = []
    for step in trace.steps:
        if step.operation != "matmul" or step.shape[:-1] != (1,) or not _is_parameter(step.node.operands[1]):
            continue
        x, weight = (np.asarray(value_of(operand)) for operand in step.node.operands)
        found.append(_layer(step, x[0], weight, users, most))
    return found


def _is_parameter(operand: object) -> bool:
    return isinstance(operand, Node) and not operand.operation


def _layer(product: Step, x: np.ndarray, weight: np.ndarray, users: dict[int, list[Step]], most: int) -> NeuronLayer:
    """Return a layer, with the scale, the bias and the bend that its product alone goes into."""
    chain, scale, bias, bend = [product], 1.0, None, ""
    while len(following := users.get(id(chain[-1].node), [])) == 1:
        step = following[0]
        other: Any = next((value_of(o) for o in step.node.operands if o is not chain[-1].node), None)
        if step.operation == "multiply" and np.size(other) == 1 and bias is None:
            scale *= float(np.asarray(other))
        elif (
            step.operation == "add"
            and bias is None
            and all(_is_parameter(o) for o in step.node.operands if o is not chain[-1].node)
        ):
            bias = np.broadcast_to(np.asarray(other), (1, weight.shape[1]))[0]
        elif step.operation in BENDS:
            bend = step.operation
            chain.append(step)
            break
        else:
            break
        chain.append(step)
    last = chain[-1]
    rows = []
    for place in range(weight.shape[1]):
        pairs = zip(weight[:, place].tolist(), x.tolist(), strict=True)
        terms: list[tuple[float, ...]] = [(scale * w, value) for w, value in pairs]
        if bias is not None:
            terms.append((float(bias[place]),))
        total = shortened(terms, most, last=int(bias is not None))
        rows.append(Neuron(place, total, bend, float(last.value[0, place]), float(last.gradient[0, place])))
    kind = f"{product.kind}, {last.kind}" if bend and last.kind != product.kind else product.kind
    return NeuronLayer(product.layer, kind, tuple(step.name for step in chain), scale, tuple(rows))
