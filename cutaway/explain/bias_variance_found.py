"""What was measured of bias and variance: figures, table, pictures, words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cutaway.errors import InputError
from cutaway.explain.decomposition import Parts
from cutaway.explain.figures import shown
from cutaway.explain.intervals import Figure
from cutaway.explain.plots import HEIGHT, WIDTH, Chart, Line
from cutaway.explain.verdict import Verdict, noun


@dataclass(frozen=True)
class BiasVariance:
    """What the error of networks is made of, for each value of what was varied.

    vary, values  what was varied, and its values
    kind      "squared error" or "0–1 loss"
    parts     for each value the error and its parts, on rows that no network learned from
    learned   for each value the mean error on the rows learned from
    states    for each value "best", "as good", "too small" or "too large"
    curve     (rows, Parts, error on rows learned from) of the best value with fewer rows, from few to all; empty where
              it was not asked for
    decayed   (weight decay, Parts) of the best value with weight decay; None where that was not asked for
    verdict   what would help
    noise     how the noise is known, in words
    resamples, seeds, rows, tested   of how many resamples and seeds, rows learned from in each, rows tested on
    seconds, engine, programs, networks   what it took
    unit      what the error is a share of, in words, where it is one
    """

    vary: str
    values: tuple[float, ...]
    kind: str
    parts: tuple[Parts, ...]
    learned: tuple[float, ...]
    states: tuple[str, ...]
    curve: tuple[tuple[int, Parts, float], ...]
    decayed: tuple[float, Parts] | None
    verdict: Verdict
    noise: str
    resamples: int
    seeds: int
    rows: int
    tested: int
    seconds: float
    engine: str
    programs: int
    networks: int
    notes: tuple[str, ...] = ()
    unit: str = ""

    @property
    def best(self) -> float:
        """The value with the least error; of numbers of rows the largest."""
        if self.vary == "rows":
            return self.values[-1]
        return self.values[min(range(len(self.parts)), key=lambda place: self.parts[place].error.value)]

    @property
    def names(self) -> tuple[str, str]:
        """What the bias and the variance are called here."""
        squared = self.kind == "squared error"
        bias = "bias²" if squared else "bias"
        noiseless = self.parts[0].noise is None and squared
        return (f"{bias} + noise" if noiseless else bias), ("variance" if squared else "net variance")

    @property
    def up(self) -> str:
        """What stands beside the axis of a picture: the kind of error, and what it is a share of."""
        return f"{self.kind}, {self.unit}" if self.unit else self.kind

    def chart(self) -> Chart:
        """Return the curves of error, bias and variance over what was varied, with their intervals.

        Intervals end at twice the largest figure, so that one that is hardly known does not flatten the others.
        """
        bias, variance = self.names
        most = 2 * max(part.error.value for part in self.parts)

        def line(name: str, what: str, colour: int, dots: bool = True) -> Line:
            figures = [getattr(part, what) for part in self.parts]
            low, high = [f.low for f in figures], [min(f.high, most) for f in figures]
            return Line(name, self.values, [f.value for f in figures], low, high, dots=dots, colour=colour)

        lines = [line("error", "error", 0), line(bias, "bias", 1), line(variance, "variance", 2)]
        lines.append(Line("on rows learned from", self.values, self.learned, dashed=True, dots=False, colour=3))
        if self.parts[0].noise is not None:
            lines.append(line("noise", "noise", 4, dots=False))
        spread = self.values[0] > 0 and self.values[-1] / self.values[0] >= 8
        title = f"{self.resamples} × {self.seeds} networks for each {noun(self.vary)}"
        title += "" if self.vary == "rows" else f", {self.rows:,} rows"
        return Chart(title, self.vary.replace("_", " "), self.up, lines, log_across=spread)

    def learning_curve(self) -> Chart:
        """Return the error over the number of rows; raises `InputError` where it was not measured."""
        if not self.curve:
            raise InputError("bias_variance: the learning curve was not asked for; give learning_curve=True")
        rows = [rows for rows, _, _ in self.curve]
        figures = [part.error for _, part, _ in self.curve]
        test = Line(
            "rows not learned from", rows, [f.value for f in figures], [f.low for f in figures],
            [f.high for f in figures], colour=0,
        )  # fmt: skip
        learned = Line("rows learned from", rows, [value for _, _, value in self.curve], dashed=True, colour=3)
        at = "" if self.vary == "rows" else f" at {self.vary.replace('_', ' ')} {shown(self.best)}"
        return Chart(f"Learning curve{at}", "rows", self.up, [test, learned], log_across=True)

    def charts(self) -> list[Chart]:
        """Return the parts of the error, and the learning curve where it was measured besides."""
        return [self.chart(), *([self.learning_curve()] if self.curve and self.vary != "rows" else [])]

    def figure(self) -> Any:
        """Return a matplotlib figure: the parts of the error beside the learning curve; needs `cutaway[plot]`."""
        from cutaway.explain.plots import draw, empty_figure

        charts = self.charts()
        made = empty_figure(6.6 * len(charts), 4.4)
        for axes, chart in zip(made.subplots(1, len(charts), squeeze=False)[0], charts, strict=True):
            draw(axes, chart)
        return made

    def svg(self) -> str:
        """Return the parts of the error beside the learning curve as an <svg> that needs nothing else."""
        charts = self.charts()
        width = WIDTH * len(charts)
        parts = [
            f'<g transform="translate({WIDTH * place},0)">\n{chart.svg()}</g>\n' for place, chart in enumerate(charts)
        ]
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {HEIGHT}" width="{width}" '
            f'height="{HEIGHT}">\n{"".join(parts)}</svg>\n'
        )

    def _repr_html_(self) -> str:
        return self.svg()

    def to_json(self) -> dict[str, Any]:
        """Return everything as plain data."""
        rows = zip(self.values, self.parts, self.learned, self.states, strict=True)
        return {
            "vary": self.vary,
            "kind": self.kind,
            "values": [
                {self.vary: value, **parts.to_json(), "learned": learned, "state": state}
                for value, parts, learned, state in rows
            ],
            "best": self.best,
            "learning_curve": [
                {"rows": rows, **parts.to_json(), "learned": learned} for rows, parts, learned in self.curve
            ],
            "decayed": None if self.decayed is None else {"weight_decay": self.decayed[0], **self.decayed[1].to_json()},
            "verdict": self.verdict.to_json(),
            "noise": self.noise,
            "notes": list(self.notes),
            **{
                name: getattr(self, name)
                for name in ("resamples", "seeds", "rows", "tested", "seconds", "engine", "programs", "networks")
            },
        }

    def table(self) -> list[list[str]]:
        """Return the figures as rows of text, the first row the head; in brackets are the 95 % intervals.

        Of the variance its part that comes of seeds is told in percent; noise only where it differs from row to row.
        """
        bias, variance = self.names
        several = self.parts[0].from_seeds is not None
        noisy = len({part.noise.value for part in self.parts if part.noise is not None}) > 1
        head = [self.vary.replace("_", " "), "error", bias, variance]
        head += [*(["of seeds"] if several else []), *(["noise"] if noisy else []), "learned", ""]
        found = [head]
        for value, each, learned, state in zip(self.values, self.parts, self.learned, self.states, strict=True):
            cells = [bracketed(figure) for figure in (each.error, each.bias, each.variance)]
            if each.from_seeds is not None:
                part = each.from_seeds.value / each.variance.value if each.variance.value > 0 else 0.0
                cells.append(f"{100 * min(1.0, part):.0f} %")
            if noisy and each.noise is not None:
                cells.append(bracketed(each.noise))
            found.append([shown(value), *cells, shown(learned, 3), state])
        return found

    def __str__(self) -> str:
        rows = self.table()
        widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
        lines = ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
        return "\n".join(
            [
                f"{self.up} on {self.tested:,} rows; {self.resamples} resamples of {self.rows:,} rows × "
                f"{self.seeds} seeds for each {noun(self.vary)}; in brackets the 95 % interval",
                *lines, *(f"{told.capitalize()}." for _, told in self.besides()), self.noise, *self.notes,
                f"Verdict: {self.verdict.sentence}.",
            ]
        )  # fmt: skip

    def besides(self) -> list[tuple[str, str]]:
        """Return in words what else the best was measured with, each with a name: fewer rows, and weight decay."""
        found: list[tuple[str, str]] = []
        best = f"{noun(self.vary)} {shown(self.best)}"
        if self.curve and self.vary != "rows":
            steps = ", ".join(f"{shown(part.error.value, 3)} with {rows:,} rows" for rows, part, _ in self.curve)
            found.append(("learning", f"error at {best}: {steps}"))
        if self.decayed is not None:
            decay, part = self.decayed
            without = self.parts[self.values.index(self.best)].error.value
            told = f"error at {best}: {shown(part.error.value, 3)} with weight decay {shown(decay)}"
            found.append(("decay", f"{told}, {shown(without, 3)} without"))
        return found


def bracketed(figure: Figure) -> str:
    """Return a figure with its interval.

    >>> bracketed(Figure(0.02418, 0.0207, 0.02829))
    '0.0242 [0.021, 0.028]'
    """
    return f"{shown(figure.value, 3)} [{shown(figure.low, 2)}, {shown(figure.high, 2)}]"
