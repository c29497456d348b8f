"""Drawings of measured curves and surfaces: one style, as matplotlib figures and as SVG from the same numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from io import BytesIO
from math import ceil, floor, isfinite, log10
from typing import Any

import numpy as np

from cutaway.errors import InputError
from cutaway.explain.figures import shown

# From low to high: as light grows evenly, it reads in gray and by the colour-blind.
COLOURS = ("#152a4e", "#1f5673", "#2a8281", "#5aa978", "#a5c967", "#f3e07c", "#fff6d5")
LINES = ("#2a6fb0", "#c2571a", "#3b8a5a", "#8a4fa3", "#8a6d1d", "#b23a5e")
INK, SOFT, FAINT = "#33363b", "#6a6c72", "#d9d6cf"
WIDTH, HEIGHT = 640, 400
LEFT, RIGHT, TOP, BOTTOM = 74, 22, 42, 52


@dataclass(frozen=True)
class Line:
    """One curve: its name, places and values, and where it has one the interval of each."""

    name: str
    x: Sequence[float]
    y: Sequence[float]
    low: Sequence[float] = ()
    high: Sequence[float] = ()
    dots: bool = True
    dashed: bool = False
    colour: int | None = None


@dataclass(frozen=True)
class Chart:
    """Curves over one axis."""

    title: str
    across: str
    up: str
    lines: Sequence[Line]
    log_across: bool = False
    log_up: bool = False
    note: str = ""
    words: Sequence[str] = field(default=())  # what stands at the places of the axis, where these are no numbers

    def figure(self) -> Any:
        """Return a matplotlib figure of it."""
        made = empty_figure(6.6, 4.2)
        axes = made.add_subplot()
        draw(axes, self)
        return made

    def svg(self) -> str:
        """Return it as an <svg> that needs nothing else."""
        return chart_svg(self)

    def _repr_html_(self) -> str:
        return self.svg()


def ramp(values: np.ndarray) -> np.ndarray:
    """Return values from 0 to 1 as colours (..., 3), each part from 0 to 1.

    >>> ramp(np.array([0.0, 1.0])).round(2)
    array([[0.08, 0.16, 0.31],
           [1.  , 0.96, 0.84]])
    """
    stops = np.array([[int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)] for colour in COLOURS])
    places = np.linspace(0, 1, len(stops))
    return np.stack([np.interp(values, places, stops[:, part]) for part in range(3)], axis=-1)


def hex_of(colour: np.ndarray) -> str:
    """Return a colour as text.

    >>> hex_of(np.array([1.0, 0.5, 0.0]))
    '#ff8000'
    """
    return "#" + "".join(f"{round(255 * float(part)):02x}" for part in colour)


# ---- matplotlib -----------------------------------------------------------------------------------------------------


def empty_figure(width: float, height: float) -> Any:
    """Return an empty matplotlib figure, in inches; raises `InputError` where matplotlib is not installed."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise InputError(
            "a figure needs matplotlib, which is not installed; run: pip install 'cutaway[plot]'; an .svg needs nothing"
        ) from None
    return Figure(figsize=(width, height), layout="constrained")


def as_file(figure: Any, kind: str) -> bytes:
    """Return a figure as the content of a file: "png", "pdf" or "svg"."""
    held = BytesIO()
    figure.savefig(held, format=kind, dpi=160)
    return held.getvalue()


def draw(axes: Any, chart: Chart) -> None:
    """Draw a chart on the axes of a matplotlib figure."""
    for place, line in enumerate(chart.lines):
        colour = LINES[(place if line.colour is None else line.colour) % len(LINES)]
        style = {"marker": "o" if line.dots else "", "markersize": 4, "linestyle": "--" if line.dashed else "-"}
        axes.plot(line.x, line.y, color=colour, label=line.name, linewidth=1.8, **style)
        if len(line.low):
            axes.fill_between(line.x, line.low, line.high, color=colour, alpha=0.15, linewidth=0)
    if chart.log_across:
        axes.set_xscale("log", base=2)
        places = ticks_of(chart)[0]
        axes.set_xticks([at for at, _ in places], [text for _, text in places])
        axes.minorticks_off()
    elif chart.words:
        axes.set_xticks(range(len(chart.words)), chart.words)
    if chart.log_up:
        axes.set_yscale("log")
    elif all(value >= 0 for line in chart.lines for value in line.y if isfinite(value)):
        axes.set_ylim(bottom=0)
    axes.set_title(chart.title, loc="left", fontsize=11, fontweight="bold", color=INK)
    axes.set_xlabel(f"{chart.across}\n{chart.note}" if chart.note else chart.across, color=SOFT)
    axes.set_ylabel(chart.up, color=SOFT)
    tidy(axes)
    if len(chart.lines) > 1:
        axes.legend(frameon=False, fontsize=9)


def tidy(axes: Any) -> None:
    """Take from matplotlib's axes what tells nothing."""
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(FAINT)
    axes.tick_params(colors=SOFT, labelsize=9)
    axes.grid(True, color=FAINT, linewidth=0.6, alpha=0.6)
    axes.set_axisbelow(True)


# ---- SVG ------------------------------------------------------------------------------------------------------------


def chart_svg(chart: Chart) -> str:
    """Return a chart as an <svg>."""
    across, up = ticks_of(chart)
    x_low, x_high, y_low, y_high = bounds_of(chart)

    def scaled(value: float, low: float, high: float, log: bool) -> float:
        if log:
            value, low, high = log10(value), log10(low), log10(high)
        return (value - low) / ((high - low) or 1)

    def at(x: float) -> float:
        return LEFT + scaled(x, x_low, x_high, chart.log_across) * (WIDTH - LEFT - RIGHT)

    def height(y: float) -> float:
        return HEIGHT - BOTTOM - scaled(y, y_low, y_high, chart.log_up) * (HEIGHT - TOP - BOTTOM)

    def usable(y: float) -> bool:
        return isfinite(y) and (y > 0 or not chart.log_up)

    parts = [
        f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{height(y):.1f}" y2="{height(y):.1f}" stroke="{FAINT}"/>'
        f'<text x="{LEFT - 8}" y="{height(y) + 4:.1f}" text-anchor="end">{escape(text)}</text>'
        for y, text in up
    ]
    parts += [
        f'<text x="{at(x):.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{escape(text)}</text>'
        for x, text in across
    ]
    begin = LEFT
    for place, line in enumerate(chart.lines):
        colour = LINES[(place if line.colour is None else line.colour) % len(LINES)]
        if len(line.low):
            both = [(x, low, high) for x, low, high in zip(line.x, line.low, line.high, strict=True) if usable(high)]
            least = y_low if chart.log_up else -np.inf
            edge = [(x, high) for x, _, high in both] + [(x, max(low, least)) for x, low, _ in reversed(both)]
            parts.append(
                f'<polygon fill="{colour}" fill-opacity="0.15" points="'
                + " ".join(f"{at(x):.1f},{min(max(height(y), TOP), HEIGHT - BOTTOM):.1f}" for x, y in edge)
                + '"/>'
            )
        points = [(at(x), height(y), y) for x, y in zip(line.x, line.y, strict=True) if usable(y)]
        dashes = ' stroke-dasharray="5 4"' if line.dashed else ""
        parts.append(
            f'<polyline fill="none" stroke="{colour}" stroke-width="2"{dashes} points="'
            + " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in points)
            + '"/>'
        )
        if line.dots:
            parts += [
                f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}">'
                f"<title>{escape(f'{line.name}: {shown(value)}')}</title></circle>"
                for x, y, value in points
            ]
        if len(chart.lines) > 1:
            parts.append(
                f'<rect x="{begin}" y="27" width="14" height="3" fill="{colour}"/>'
                f'<text x="{begin + 19}" y="32">{escape(line.name)}</text>'
            )
            begin += 34 + round(6.4 * len(line.name))
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(f'<text x="{middle}" y="{HEIGHT - 12}" text-anchor="middle">{escape(chart.across)}</text>')
    parts.append(
        f'<text transform="translate(16,{(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)" text-anchor="middle">'
        f"{escape(chart.up)}</text>"
    )
    return framed("\n".join(parts), WIDTH, HEIGHT, chart.title, LEFT)


def framed(content: str, width: int, height: int, title: str, left: int) -> str:
    """Return the whole <svg> of a drawing with its title."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-label="{escape(title)}" font-family="system-ui, sans-serif" font-size="12" fill="{SOFT}">'
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>'
        f'<text x="{left}" y="18" font-size="14" font-weight="600" fill="{INK}">{escape(title)}</text>\n'
        f"{content}\n</svg>\n"
    )


def bounds_of(chart: Chart) -> tuple[float, float, float, float]:
    """Return the ends of both axes: left, right, bottom, top."""
    xs = [x for line in chart.lines for x in line.x]
    ys = [y for line in chart.lines for y in (*line.y, *line.high) if isfinite(y) and (y > 0 or not chart.log_up)]
    low, high = (min(ys), max(ys)) if ys else (0.0, 1.0)
    if chart.log_up:
        return min(xs), max(xs), 10 ** floor(log10(low)), 10 ** ceil(log10(high * 1.0001))
    bottom = 0.0 if low >= 0 else low - 0.05 * (high - low)
    return min(xs), max(xs), bottom, high + 0.05 * (high - bottom) or 1.0


def ticks_of(chart: Chart) -> tuple[list[tuple[float, str]], list[tuple[float, str]]]:
    """Return the places that are labelled along each axis, with what stands there."""
    x_low, x_high, y_low, y_high = bounds_of(chart)
    if chart.words:
        across = [(float(place), word) for place, word in enumerate(chart.words)]
    elif chart.log_across:
        given = sorted({float(x) for line in chart.lines for x in line.x})
        step = -(-len(given) // 10)
        across = [(x, shown(x)) for x in given[::-1][::step]][::-1]
    else:
        across = [(x, shown(x)) for x in even(x_low, x_high)]
    if chart.log_up:
        exponents = range(round(log10(y_low)), round(log10(y_high)) + 1)
        return across, [(10.0**exponent, shown(10.0**exponent)) for exponent in exponents]
    return across, [(y, shown(y)) for y in even(y_low, y_high)]


def even(low: float, high: float) -> list[float]:
    """Return four to nine round numbers between two.

    >>> even(0.0, 1.0)
    [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    """
    size = (high - low) or 1.0
    unit = 10 ** floor(log10(size))
    step = (
        next(unit * part for part in (0.1, 0.2, 0.5, 1) if size / (unit * part) <= 8) if size / unit < 8 else 2 * unit
    )
    first = ceil(low / step - 1e-9)
    return [round(place * step, 12) for place in range(first, floor(high / step + 1e-9) + 1)]
