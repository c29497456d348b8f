"""What each layer is before the first step: its weights, its signal forward, the blame that reaches it back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from cutaway.autodiff import Node, history, pull, value_of
from cutaway.backends.random import Random
from cutaway.diagnosis.evidence import LayerFacts, ParameterFacts
from cutaway.layers import Context, Layer
from cutaway.layers.context import Tap
from cutaway.layers.initializers import fans
from cutaway.layers.layer import join
from cutaway.losses import Loss
from cutaway.optimizers import Optimizer
from cutaway.optimizers.optimizer import factor
from cutaway.tensor import as_tensors
from cutaway.training.step import Batch

# Activations that let half of a signal through, for which weights start at √(2 / fan in).
RECTIFIERS = ("ReLU", "LeakyReLU", "PReLU", "ELU", "GELU", "GELUTanh", "SiLU", "Mish", "Softplus")
# Layers that are weighted sums of their inputs, and layers without a bend that hand on what they are given.
SUMS = ("Dense", "MemberDense", "Conv1D", "Conv2D", "ConvTranspose1D", "ConvTranspose2D", "Convolution")
HANDING = (
    "Dropout", "Identity", "Flatten", "BatchNorm", "Scale", "GlobalAveragePool", "AveragePool1D", "AveragePool2D",
)  # fmt: skip
# Operations that hand on what they are given.
HANDING_ON = ("identity", "dropout", "reshape")
# Gradients are compared on so many parts of the rows.
PARTS = 3
# Gradients closer than this share of the largest are the same but for rounding; larger weights are not compared.
SAME, MOST_COMPARED = 1e-4, 1 << 22


@dataclass(frozen=True)
class LayerLook:
    """One forward and backward pass over some rows, in three parts: what every layer made of the first, and gradients.

    taps      of layers that compute something themselves, each once
    blames    the loss's gradient with respect to their outputs, None where there is none
    gradients of the parameters, for each part
    outputs   of the network, all parts together
    reached   paths of the parameters that the loss depends on
    head      the operation that makes the outputs ("softmax", "sigmoid", "add", …), and the axis of a softmax
    """

    taps: list[Tap]
    blames: list[np.ndarray | None]
    gradients: list[dict[str, np.ndarray]]
    outputs: np.ndarray
    loss: float
    reached: frozenset[str] = frozenset()
    head: tuple[str, int] = ("", -1)

    @classmethod
    def take(cls, network: Layer, loss: Loss, rows: Batch) -> LayerLook:
        """Compute them, in training mode, on NumPy."""
        parts = min(PARTS, len(rows.x))
        first: list[Tap] = []
        reached, head = frozenset[str](), ("", -1)
        blames: list[np.ndarray | None] = []
        gradients, outputs, losses = [], [], []
        params, state = network.parameters(), network.state()
        for place in range(parts):
            part = Batch(*(None if array is None else array[place::parts] for array in rows))
            tensors, taps = as_tensors(params), list[Tap]()
            ctx = Context(
                mode="train", random=Random(np.uint32(0), np.uint32(place)), progress=np.float64(0), taps=taps
            )
            with np.errstate(all="ignore"):
                answers = network.bind(tensors, state)(part.x, ctx=ctx)
                value = loss.value(answers, part.y, part.weight)
                leaves = _leaves(taps) if place == 0 else []
                made = set(history(value)) if place == 0 else set()
                nodes = [leaf.output for leaf in leaves if isinstance(leaf.output, Node) and leaf.output in made]
                wanted = [*tensors.values(), *nodes]
                found = pull(value, wanted, np.ones_like(value.value))
            gradients.append(dict(zip(tensors, found[: len(tensors)], strict=True)))
            outputs.append(np.asarray(value_of(answers)))
            losses.append((float(value.value), len(part.x)))
            if place == 0:
                first = leaves
                reached = frozenset(path for path, tensor in tensors.items() if tensor in made)
                head = last_operation(answers)
                by_node = dict(zip(nodes, found[len(tensors) :], strict=True))
                blames = [by_node.get(leaf.output) if isinstance(leaf.output, Node) else None for leaf in leaves]
        total = sum(count for _, count in losses)
        mean = sum(value * (1 if loss.summed else count / total) for value, count in losses)
        return cls(first, blames, gradients, np.concatenate(outputs), mean, reached, head)


def last_operation(output: Any) -> tuple[str, int]:
    """Return the operation that made an output's numbers, and its axis counted from the last (−1 where it has none).

    Operations that hand on what they are given do not count.
    """
    node = output
    while (
        isinstance(node, Node)
        and node.operation in HANDING_ON
        and node.parents
        and node.parents[0].value.shape[-1:] == node.value.shape[-1:]
    ):
        node = node.parents[0]
    if not isinstance(node, Node):
        return "", -1
    axis = node.settings.get("axis", -1)
    axis = axis if isinstance(axis, int) else -1
    return node.operation, axis if axis < 0 else axis - node.value.ndim


def _leaves(taps: list[Tap]) -> list[Tap]:
    """Return the taps of layers without layers inside, each once."""
    seen: dict[str, Tap] = {}
    for tap in taps:
        if not list(tap.layer.children()) and tap.path not in seen:
            seen[tap.path] = tap
    return list(seen.values())


def layer_facts(network: Layer, optimizer: Optimizer, look: LayerLook) -> tuple[LayerFacts, ...]:
    """Return the facts of each layer that computes something itself, in the order of computation."""
    maker: dict[Node, str] = {}
    next_kind: dict[str, str] = {}
    follows = []
    for tap in look.taps:
        inputs = [each for each in tap.inputs if isinstance(each, Node)]
        before = maker.get(inputs[0]) if len(inputs) == 1 else None
        follows.append(before)
        if before is not None:
            next_kind.setdefault(before, type(tap.layer).__name__)
        if isinstance(tap.output, Node):
            maker[tap.output] = tap.path
    params = network.parameters()
    found = []
    for tap, blame, before in zip(look.taps, look.blames, follows, strict=True):
        output = np.asarray(value_of(tap.output), np.float64)
        kind = type(tap.layer).__name__
        operation, axis = last_operation(tap.output)
        relu = next_kind.get(tap.path) in RECTIFIERS
        own = [join(tap.path, name) for name in tap.layer._declared if join(tap.path, name) in params]
        with np.errstate(all="ignore"):
            found.append(
                LayerFacts(
                    path=tap.path,
                    kind=kind,
                    follows=before,
                    units=int(output.shape[-1]) if output.ndim > 1 else 1,
                    output_mean=float(output.mean()),
                    output_std=float(output.std()),
                    output_low=float(output.min()),
                    output_high=float(output.max()),
                    blame_rms=0.0 if blame is None else float(np.sqrt(np.mean(np.square(blame)))),
                    settings=_settings(tap.layer),
                    parameters=tuple(parameter_facts(path, params[path], look, optimizer, relu) for path in own),
                    shape=tuple(output.shape[1:]),
                    softmax=axis if operation == "softmax" else None,
                )
            )
    return tuple(found)


def parameter_facts(path: str, array: np.ndarray, look: LayerLook, optimizer: Optimizer, relu: bool) -> ParameterFacts:
    """Return the facts of one parameter."""
    fan_in, fan_out = fans(array.shape)
    wanted = 0.0
    if array.ndim > 1:
        wanted = float(np.sqrt(2 / fan_in)) if relu else float(np.sqrt(2 / (fan_in + fan_out)))
    gradients = [part[path] for part in look.gradients]
    return ParameterFacts(
        path=path,
        shape=tuple(array.shape),
        fan_in=fan_in,
        fan_out=fan_out,
        mean=float(array.mean()),
        std=float(array.std()),
        wanted=wanted,
        alike=alike(array, gradients[0]),
        gradient=float(np.sqrt(np.mean([np.mean(np.square(gradient, dtype=np.float64)) for gradient in gradients]))),
        moved=factor(optimizer.learning_rate_factors, path) != 0,
        reached=path in look.reached,
    )


def alike(array: np.ndarray, gradient: np.ndarray) -> float:
    """Return the share of units (last axis) that coincide with another one in weights and in gradient."""
    units = array.shape[-1] if array.ndim > 1 else 1
    if units < 2 or array.size > MOST_COMPARED or not np.isfinite(gradient).all():
        return 0.0
    if len(set(array.reshape(-1, units)[0].tolist())) == units:  # they differ in their first weight already
        return 0.0
    size = float(np.abs(gradient).max()) or 1.0
    both = np.concatenate([array.reshape(-1, units), np.round(gradient.reshape(-1, units) / (SAME * size)) * SAME])
    _, back, counts = np.unique(both.T, axis=0, return_inverse=True, return_counts=True)
    return float((counts[back.ravel()] > 1).mean())


def _settings(layer: Layer) -> dict[str, Any]:
    """Return the layer's arguments that are numbers or words."""
    try:
        arguments = layer.arguments()
    except AttributeError:
        return {}
    return {
        name: value if isinstance(value, str) else float(value)
        for name, value in arguments.items()
        if isinstance(value, (str, int, float, bool, np.number))
    }
