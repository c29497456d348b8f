"""Universal approximation, measured: how near networks of growing width come to a function, and what depth buys."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from inspect import isclass
from typing import Any

import numpy as np

from cutaway.errors import InputError
from cutaway.explain.figures import shown
from cutaway.explain.plots import Chart, Line
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


@dataclass(frozen=True)
class Approximated:
    """One kind of network and how near it came.

    depth, width, parameters   hidden layers, neurons in each, weights and biases in all
    error, worst   root of the mean squared error, and the largest, in units of the function, between the points learned
    errors     of each seed; the best is delivered
    fitted     what the best one says, at the points of the picture
    """

    depth: int
    width: int
    parameters: int
    error: float
    worst: float
    errors: tuple[float, ...]
    fitted: np.ndarray


@dataclass(frozen=True)
class Approximation:
    """How near networks come to a function.

    x         points of the picture (points, variables); y, the function there
    by_width  one hidden layer, width by width
    by_depth  as many parameters as the widest, or a few less, in one layer and in several
    """

    name: str
    domain: tuple[tuple[float, float], ...]
    activation: str
    x: np.ndarray
    y: np.ndarray
    by_width: tuple[Approximated, ...]
    by_depth: tuple[Approximated, ...]

    @property
    def power(self) -> float:
        """p in error ≈ c · width⁻ᵖ, by least squares in the logarithms; NaN for fewer than two widths."""
        found = [(each.width, each.error) for each in self.by_width if each.error > 0]
        if len({width for width, _ in found}) < 2:
            return float("nan")
        widths, errors = np.log(np.array(found).T)
        return float(-np.polyfit(widths, errors, 1)[0])

    def chart(self) -> Chart:
        """Return the error over the width."""
        widths = [each.width for each in self.by_width]
        lines = [
            Line("root mean square", widths, [each.error for each in self.by_width]),
            Line("largest", widths, [each.worst for each in self.by_width], dashed=True),
        ]
        title = f"Error of one hidden layer ({self.activation}): about width^−{self.power:.1f}"
        return Chart(title, "neurons", "error", lines, log_across=True, log_up=True)

    def depth_chart(self) -> Chart:
        """Return the error over the depth, for about the same number of parameters."""
        parts = self.by_depth
        words = [f"{each.depth} × {each.width}" for each in parts]
        places = list(range(len(parts)))
        lines = [
            Line("root mean square", places, [each.error for each in parts]),
            Line("largest", places, [each.worst for each in parts], dashed=True),
        ]
        most = max((each.parameters for each in parts), default=0)
        title = f"Layers × neurons, with at most {most} parameters"
        return Chart(title, "layers × neurons", "error", lines, log_up=True, words=words)

    def curves(self) -> Chart:
        """Return the function and the fitted curves of up to five widths; of one variable only."""
        if len(self.domain) != 1:
            raise InputError("approximate: of two variables there are surfaces, not curves; see figure() or fitted")
        x = self.x[:, 0].tolist()
        count = len(self.by_width)
        some = sorted({round(place) for place in np.linspace(0, count - 1, min(5, count))})
        lines = [Line(self.name, x, self.y.tolist(), dots=False, colour=3, dashed=True)]
        for colour, place in enumerate(some):
            each = self.by_width[place]
            shade = (0, 1, 2, 4, 5)[colour]
            lines.append(Line(f"{each.width} neurons", x, each.fitted.tolist(), dots=False, colour=shade))
        return Chart(f"What {self.activation} networks make of {self.name}", "x", "", lines)

    def figure(self) -> Any:
        """Return a matplotlib figure: the function and what networks make of it, the errors; needs `cutaway[plot]`."""
        from cutaway.explain.plots import draw, empty_figure

        charts = [self.chart(), *([self.depth_chart()] if self.by_depth else [])]
        flat = len(self.domain) == 1
        shown_too = 1 if flat else 3
        made = empty_figure(5.4 * len(charts) + (5.4 if flat else 0), 4.2 if flat else 7.6)
        if flat:
            for axes, chart in zip(made.subplots(1, 1 + len(charts)), [self.curves(), *charts], strict=True):
                draw(axes, chart)
            return made
        above, below = made.subfigures(2, 1)
        self._surfaces(above, above.subplots(1, shown_too))
        for axes, chart in zip(below.subplots(1, len(charts), squeeze=False)[0], charts, strict=True):
            draw(axes, chart)
        return made

    def _surfaces(self, figure: Any, axes: Any) -> None:
        """Draw the function of two variables, and the narrowest and the widest network's."""
        from matplotlib.colors import LinearSegmentedColormap

        from cutaway.explain.plots import COLOURS, INK

        colours = LinearSegmentedColormap.from_list("cutaway", list(COLOURS))
        side = round(len(self.x) ** 0.5)
        titles = [self.name, *(f"{each.width} neurons" for each in (self.by_width[0], self.by_width[-1]))]
        drawn: Any = None
        for axis, title, values in zip(
            axes, titles, (self.y, self.by_width[0].fitted, self.by_width[-1].fitted), strict=True
        ):
            (left, right), (bottom, top) = self.domain
            drawn = axis.imshow(
                values.reshape(side, side), origin="lower", extent=(left, right, bottom, top), aspect="auto",
                cmap=colours, vmin=self.y.min(), vmax=self.y.max(),
            )  # fmt: skip
            axis.set_title(title, loc="left", fontsize=11, fontweight="bold", color=INK)
        figure.colorbar(drawn, ax=list(axes), fraction=0.03).outline.set_visible(False)

    def svg(self) -> str:
        """Return the error over the width as an <svg> that needs nothing else."""
        return self.chart().svg()

    def _repr_html_(self) -> str:
        parts = [self.curves().svg()] if len(self.domain) == 1 else []
        parts += [self.svg(), *([self.depth_chart().svg()] if self.by_depth else [])]
        return "\n".join(parts)

    def to_json(self) -> dict[str, Any]:
        """Return everything as plain data."""

        def plain(each: Approximated) -> dict[str, Any]:
            return {**vars(each), "errors": list(each.errors), "fitted": each.fitted.tolist()}

        return {
            "name": self.name, "domain": [list(side) for side in self.domain], "activation": self.activation,
            "power": self.power if np.isfinite(self.power) else None, "x": self.x.tolist(), "y": self.y.tolist(),
            "by_width": [plain(each) for each in self.by_width], "by_depth": [plain(each) for each in self.by_depth],
        }  # fmt: skip

    def __str__(self) -> str:
        def line(each: Approximated) -> str:
            return (
                f"{f'{each.depth} × {each.width}':>10} {each.parameters:>11,} {shown(each.error):>11} "
                f"{shown(each.worst):>11}"
            )

        head = f"{'layers':>10} {'parameters':>11} {'error':>11} {'largest':>11}"
        lines = [f"{self.name} by {self.activation} networks", head, *(line(each) for each in self.by_width)]
        if np.isfinite(self.power):
            lines.append(f"The error falls about as width^−{self.power:.2f}.")
        if self.by_depth:
            lines += ["With about as many parameters, deeper:", *(line(each) for each in self.by_depth)]
        return "\n".join(lines)


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
