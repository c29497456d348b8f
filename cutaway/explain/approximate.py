"""Universal approximation, measured: how near networks of growing width come to a function, and what depth buys."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from inspect import isclass
from typing import Any

import numpy as np

from cutaway.errors import InputError
from cutaway.explain.approximation import Approximated, Approximation
from cutaway.explain.figures import shown
from cutaway.explain.sweep import train_kinds
from cutaway.layers import Dense, He, Layer, LeCun, Normal, ReLU, Sequential, Tanh, Uniform
from cutaway.losses import SquaredError
from cutaway.optimizers import Adam
from cutaway.schedules import Cosine
from cutaway.training.step import Batch

ACTIVATIONS: dict[str, type[Layer]] = {"tanh": Tanh, "relu": ReLU}
POINTS = {1: 256, 2: 32}  # along each variable, to learn from
FINER = {1: 4, 2: 2}  # times as many to measure on
RATE = 0.02
STEEPEST = 8.0  # first weights, in units of half the domain: steeper ones only make ripples
Function = Callable[..., Any]


def approximate(
    function: Function,
    *,
    widths: Sequence[int] = (1, 2, 4, 8, 16, 32, 64),
    domain: Sequence[Any] = (-1.0, 1.0),
    depths: Sequence[int] = (1, 2, 3),
    activation: str = "tanh",
    epochs: int = 1500,
    seeds: int = 3,
    points: int | None = None,
    seed: int = 0,
    engine: str = "auto",
) -> Approximation:
    """Train networks of growing width to be a function of one or two variables, and measure how near they come.

        f(x) ≈ c + Σⱼ vⱼ σ(wⱼ·x + bⱼ)        j = 1 … width

    One hidden layer comes as near as one likes to any continuous function on a bounded domain, with neurons enough;
    how many are enough, and whether descent finds them, is what is measured here.

    function   a Python function of one number, or of two; of arrays where it can
    widths     neurons of one hidden layer
    domain     (low, high), or ((low, high), (low, high)) for two variables
    depths     hidden layers to compare, with at most as many parameters as the widest network; () for none
    activation "tanh" or "relu"
    epochs     steps of Adam on all points at once
    seeds      networks of each kind; the best on the points learned from is told
    points     learned from along each variable (None: 256, or 32 of two variables)

    Errors are measured between those points too. Inputs and outputs are scaled for training, errors are in the
    function's own units; first weights spread the bends over the domain. Raises `InputError` for a function that is
    not finite somewhere in its domain.

    Reference: Cybenko, 1989; Hornik, Stinchcombe, White, 1989 (the theorem); Nguyen, Widrow, IJCNN 1990 (the first
    weights); Telgarsky, COLT 2016, arXiv 1602.04485 (what depth buys).

    >>> import math
    >>> found = approximate(math.sin, widths=(1, 8), domain=(-3, 3), depths=(), epochs=200, seeds=1, points=32)
    >>> [each.width for each in found.by_width], found.by_width[1].error < found.by_width[0].error
    ([1, 8], True)
    """
    sides = _domain(domain)
    wide, deep = _whole("widths", widths), _whole("depths", depths) if len(depths) else []
    for name, value in (("epochs", epochs), ("seeds", seeds), ("points", 4 if points is None else points)):
        _whole(name, [value])
    if activation not in ACTIVATIONS:
        raise InputError(f"approximate: activation is {activation!r}, expected 'tanh' or 'relu'")
    if engine not in ("auto", "numpy", "xla"):
        raise InputError(f"approximate: engine is {engine!r}, expected 'auto', 'numpy' or 'xla'")
    variables = len(sides)
    count = points or POINTS[variables]
    learned_from, measured_on = _grid(sides, count), _grid(sides, FINER[variables] * (count - 1) + 1)
    y, exact = _values(function, learned_from), _values(function, measured_on)
    middle, half = (np.array(part) for part in ([(a + b) / 2 for a, b in sides], [(b - a) / 2 for a, b in sides]))
    mean, size = float(y.mean()), float(y.std()) or 1.0
    rows = Batch(
        ((learned_from - middle) / half).astype(np.float32), ((y - mean) / size).astype(np.float32)[:, None], None
    )
    asked = ((measured_on - middle) / half).astype(np.float32)

    def found(kinds: Sequence[tuple[int, int]]) -> tuple[Approximated, ...]:
        networks = [_network(variables, depth, width, activation) for depth, width in kinds]
        for network in networks:
            network.build(rows.x[:1], seed)
        answers = train_kinds(
            networks, SquaredError(), Adam(Cosine(RATE)), rows, [np.arange(len(y))] * seeds,
            np.concatenate([asked, rows.x]), epochs=epochs, batch_size=len(y), seed=seed, engine=engine,
        )  # fmt: skip
        parts = []
        for (depth, width), network, outputs in zip(kinds, networks, answers.outputs, strict=True):
            values = outputs[..., 0].astype(np.float64) * size + mean
            fitted, seen = values[:, : len(asked)], values[:, len(asked) :]
            errors = np.sqrt(np.mean((fitted - exact) ** 2, axis=1))
            best = int(np.argmin(np.mean((seen - y) ** 2, axis=1)))
            parameters = sum(array.size for array in network.parameters().values())
            worst = float(np.abs(fitted[best] - exact).max())
            errors_of, drawn = tuple(errors.tolist()), fitted[best]
            parts.append(Approximated(depth, width, parameters, float(errors[best]), worst, errors_of, drawn))
        return tuple(parts)

    by_width = found([(1, width) for width in wide])
    budget = by_width[-1].parameters
    kinds = [(depth, _width(variables, depth, budget)) for depth in deep]
    by_depth: tuple[Approximated, ...] = ()
    for kind in kinds:
        # The widest network is there already.
        by_depth += (by_width[-1],) if kind == (1, wide[-1]) else found([kind])
    name = getattr(function, "__name__", type(function).__name__)
    name = "f" if name == "<lambda>" or isclass(function) else name
    return Approximation(name, sides, activation, measured_on, exact, by_width, by_depth)


def _network(variables: int, depth: int, width: int, activation: str) -> Sequential:
    """Return an unbuilt network whose first bends are spread over −1 … 1, the steeper the more of them there are."""
    steep = max(1.0, min(STEEPEST, 0.7 * width ** (1 / variables)))
    layers: list[Layer] = []
    for place in range(depth):
        first = place == 0
        layers += [
            Dense(
                width,
                initializer=Normal(steep) if first else LeCun() if activation == "tanh" else He(),
                bias_initializer=Uniform(-steep, steep) if first else Uniform(-0.5, 0.5),
            ),
            ACTIVATIONS[activation](),
        ]
    return Sequential(*layers, Dense(1, initializer=LeCun()))


def _parameters(variables: int, depth: int, width: int) -> int:
    return (variables + 1) * width + (depth - 1) * (width + 1) * width + width + 1


def _width(variables: int, depth: int, budget: int) -> int:
    """Return the largest width with which so many layers have at most `budget` parameters; at least 1."""
    width = 1
    while _parameters(variables, depth, width + 1) <= budget:
        width += 1
    return width


def _domain(domain: Any) -> tuple[tuple[float, float], ...]:
    try:
        numbers = np.asarray(domain, np.float64)
    except (TypeError, ValueError):
        numbers = np.zeros(0)
    sides = numbers[None] if numbers.shape == (2,) else numbers
    if sides.shape not in ((1, 2), (2, 2)) or not np.isfinite(sides).all() or (sides[:, 0] >= sides[:, 1]).any():
        raise InputError(
            f"approximate: domain is {domain!r}; expected (low, high), or ((low, high), (low, high)) for two variables"
        )
    return tuple((float(low), float(high)) for low, high in sides)


def _whole(name: str, values: Sequence[Any]) -> list[int]:
    fits = [isinstance(value, (int, np.integer)) and not isinstance(value, bool) and value >= 1 for value in values]
    if not len(values) or not all(fits):
        raise InputError(f"approximate: {name} is {values!r}; expected whole numbers of at least 1")
    return sorted({int(value) for value in values})


def _grid(sides: tuple[tuple[float, float], ...], count: int) -> np.ndarray:
    """Return evenly spaced points (points, variables); the first variable runs fastest."""
    axes = np.meshgrid(*[np.linspace(low, high, count) for low, high in sides])
    return np.stack([axis.ravel() for axis in axes], axis=1)


def _values(function: Function, points: np.ndarray) -> np.ndarray:
    """Return the function at points: of all at once where it takes arrays, else one by one."""
    values: Any = None
    try:
        with np.errstate(all="ignore"):
            values = np.asarray(function(*points.T), np.float64)
    except Exception:  # a function of single numbers may fail in any way when given many
        values = None
    if values is None or values.shape != (len(points),):
        try:
            values = np.array([float(function(*map(float, point))) for point in points])
        except Exception as fault:
            raise InputError(
                f"approximate: the function cannot be computed for {points.shape[1]} number(s): {fault}"
            ) from fault
    if not np.isfinite(values).all():
        place = points[int(np.argmin(np.isfinite(values)))]
        at = ", ".join(shown(float(part)) for part in place)
        raise InputError(f"approximate: the function is not finite at ({at}); choose a domain without that")
    return np.asarray(values)
