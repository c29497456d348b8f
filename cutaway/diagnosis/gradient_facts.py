"""Are the gradients of foreign layers and losses right? The slope itself is measured beside them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from cutaway.autodiff import Node, pull, value_of
from cutaway.backends.random import Random, generator
from cutaway.diagnosis.evidence import GradientFacts
from cutaway.layers import Context, Layer
from cutaway.losses import Loss, MeanOverMembers
from cutaway.tensor import Tensor
from cutaway.training.step import Batch

Operands = Mapping[str, np.ndarray]

# Rows that are computed; larger layers are left out.
ROWS, MOST_NUMBERS = 8, 1 << 22
# How far weights and inputs are moved, as a share of their size: first away from where a function may bend, as at the
# zeros of pictures, then along each of so many directions, once so far and once three times as far.
ASIDE, NUDGE, FARTHER, DIRECTIONS = 1e-3, 1e-6, 3.0, 3
# Two measurements of a slope further apart than this share say nothing: there is chance in it, or a jump.
STEADY = 1e-4
# A slope below this share of the result is rounding.
ROUNDING = 1e-5
# What code that somebody else wrote may raise when it is given numbers it did not expect: then it is not checked.
FAULTS = (ArithmeticError, AttributeError, LookupError, NotImplementedError, TypeError, ValueError)


def is_own(part: object) -> bool:
    """Whether a layer or loss is not of this package: its gradient may be anything."""
    return not type(part).__module__.startswith("cutaway.")


def gradient_facts(network: Layer, loss: Loss, rows: Batch) -> tuple[GradientFacts, ...]:
    """Return how right the gradients of foreign layers and of a foreign loss are, inner layers before outer ones."""
    layers = {path: layer for path, layer in network.named_layers() if is_own(layer)}
    judge = loss.loss if isinstance(loss, MeanOverMembers) else loss
    if not layers and not is_own(judge):
        return ()
    some = Batch(*(None if part is None else part[:: -(-len(rows.x) // ROWS)] for part in rows))
    taps: list[Any] = []
    found: list[GradientFacts] = []
    with np.errstate(all="ignore"):
        try:
            exact = network.bind(_exact(network.parameters()), _exact(network.state()))
            outputs = np.asarray(exact(_exact({"x": some.x})["x"], ctx=_context(taps)))
        except FAULTS:
            return ()
        checked: set[str] = set()
        for tap in taps:
            if tap.path in layers and tap.path not in checked:
                checked.add(tap.path)
                facts = _of_layer(tap.path, layers[tap.path], tap.inputs)
                found += [facts] if facts is not None else []
        facts = _of_loss(loss, outputs, some) if is_own(judge) else None
    return tuple(found + ([facts] if facts is not None else []))


def _exact(arrays: Operands) -> dict[str, np.ndarray]:
    return {
        name: np.asarray(array, np.float64) if np.asarray(array).dtype.kind == "f" else np.asarray(array)
        for name, array in arrays.items()
    }


def _context(taps: list[Any] | None = None) -> Context:
    return Context(mode="train", random=Random(np.uint32(0), np.uint32(0)), progress=np.float64(0), taps=taps)


def _of_layer(path: str, layer: Layer, inputs: tuple[Any, ...]) -> GradientFacts | None:
    params, state = _exact(layer.parameters()), _exact(layer.state())
    given = _exact({f"input {place}" if place else "input": np.asarray(each) for place, each in enumerate(inputs)})

    def function(operands: Mapping[str, Any]) -> Any:
        bound = layer.bind({name: operands[name] for name in params}, state)
        return bound(*(operands[name] for name in given), ctx=_context())

    try:
        error, worst = slope_error(function, {**given, **params})
    except FAULTS:
        return None
    return GradientFacts(path, type(layer).__name__, error, worst)


def _of_loss(loss: Loss, outputs: np.ndarray, rows: Batch) -> GradientFacts | None:
    y = _exact({"y": rows.y})["y"]
    weight = None if rows.weight is None else np.asarray(rows.weight, np.float64)

    def function(operands: Mapping[str, Any]) -> Any:
        return loss.value(operands["outputs"], y, weight)

    try:
        error, worst = slope_error(function, {"outputs": outputs})
        leaf = Tensor(outputs)
        blame = pull(function({"outputs": leaf}), [leaf], np.float64(1))[0]
    except FAULTS:
        return None
    return GradientFacts(None, type(loss).__name__, error, worst, _uphill(np.asarray(blame), outputs, y))


def _uphill(blame: np.ndarray, outputs: np.ndarray, y: np.ndarray) -> float:
    """Return the cosine between a loss's gradient and the way from the outputs to the targets."""
    if y.dtype.kind in "iu" and outputs.shape[:-1] == y.shape and outputs.shape[-1] > 1:
        way = (y[..., None] == np.arange(outputs.shape[-1])) - 1 / outputs.shape[-1]
    elif y.shape == outputs.shape:
        way = 2 * y - 1 if np.isin(y, (0, 1)).all() else y - outputs
    else:
        return 0.0
    lengths = float(np.linalg.norm(blame) * np.linalg.norm(way))
    cosine = float(np.sum(blame * way)) / lengths if lengths > 0 else 0.0
    return cosine if np.isfinite(cosine) else 0.0


def slope_error(function: Callable[[Mapping[str, Any]], Any], operands: Operands) -> tuple[float, str]:
    """Return how far the gradient of a function is from its slope, as a share of the two, and in which operand most.

        slope along d = Σ g · (f(x + εd) − f(x − εd)) / 2ε      against      Σ d · (g ∂f/∂x)

    over a few random directions d of all float operands together and one random direction g of the result, in float64.
    Where two lengths ε disagree, or the result is not float64, nothing can be said: then the error is 0.

    >>> slope_error(lambda given: given["x"] ** 2.0, {"x": np.array([1.0, 3.0])})[0] < 1e-6
    True
    """
    floats = [name for name, array in operands.items() if array.dtype.kind == "f"]
    if not floats or sum(operands[name].size for name in floats) > MOST_NUMBERS:
        return 0.0, ""
    random = generator(0, "slope_error")
    sizes = {name: float(np.sqrt(np.mean(np.square(operands[name])))) or 1.0 for name in floats}
    point = dict(operands)
    for name in floats:
        point[name] = operands[name] + ASIDE * sizes[name] * np.abs(random.standard_normal(operands[name].shape))
    leaves = {name: Tensor(point[name]) for name in floats}
    output = function({**point, **leaves})
    value = np.asarray(value_of(output))
    if value.dtype != np.float64 or not np.isfinite(value).all():
        return 0.0, ""
    g = random.standard_normal(value.shape)
    smallest = ROUNDING * float(np.linalg.norm(g) * np.linalg.norm(value))
    shares = pull(output, list(leaves.values()), g) if isinstance(output, Node) else [np.zeros(()) for _ in floats]
    blame = dict(zip(floats, shares, strict=True))

    def measured(names: list[str], direction: Operands, length: float) -> float:
        ends = [
            np.asarray(function({**point, **{name: point[name] + sign * length * direction[name] for name in names}}))
            for sign in (1, -1)
        ]
        return float(np.sum(g * (ends[0] - ends[1]))) / (2 * length)

    def wrong(names: list[str]) -> float:
        apart = size = 0.0
        for _ in range(DIRECTIONS):
            direction = {name: sizes[name] * random.standard_normal(point[name].shape) for name in names}
            near, far = (measured(names, direction, length) for length in (NUDGE, FARTHER * NUDGE))
            least = max(abs(near), abs(far), smallest)
            if np.isfinite([near, far]).all() and abs(near - far) <= STEADY * least:
                told = sum(float(np.sum(direction[name] * blame[name])) for name in names)
                apart += (told - near) ** 2
                size += max(abs(told), least) ** 2
        return float(np.sqrt(apart / size)) if size else 0.0

    error = wrong(floats)
    if error <= STEADY:
        return error, ""
    return error, max(floats, key=lambda name: wrong([name]))
