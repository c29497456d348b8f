"""What an approximation came to: errors by width and by depth, the fitted curves, the pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from cutaway.errors import InputError
from cutaway.explain.figures import shown
from cutaway.explain.plots import Chart, Line


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
