"""A finding's picture: on the left the loss with and without the fault, on the right what is measured of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

Points = Sequence[tuple[float, float]]
Range = tuple[float | None, float | None]

WIDTH, HEIGHT = 680, 236
# Left edge, right edge of both halves; top and bottom of the axes.
LEFT, RIGHT = (56.0, 322.0), (398.0, 664.0)
TOP, BOTTOM = 46.0, 190.0
# A loss over more than this factor stands on a logarithmic axis.
WIDE = 30.0
# Points of a line, at most.
MOST = 60

STYLE = """<style>
text { font: 12px system-ui, sans-serif; fill: #33363b }
.soft { fill: #6a6c72 } .end { text-anchor: end } .mid { text-anchor: middle }
.ground { fill: #fdfcfa } .axis { stroke: #b9b6ae; fill: none } .band { fill: #3b8a5a; opacity: .16 }
.well { stroke: #2a6fb0; fill: none; stroke-width: 2 } .well-dot { fill: #2a6fb0 }
.faulty { stroke: #c2571a; fill: none; stroke-width: 2 } .faulty-dot { fill: #c2571a }
@media (prefers-color-scheme: dark) {
text { fill: #e8e6e1 } .soft { fill: #a4a6ad } .ground { fill: #15171a } .axis { stroke: #55585f }
.band { fill: #7fc79b; opacity: .2 } .well { stroke: #6fb1ee } .well-dot { fill: #6fb1ee }
.faulty { stroke: #f08c4f } .faulty-dot { fill: #f08c4f }
}
</style>"""


class Axes:
    """A half of the picture, and where numbers are in it."""

    def __init__(self, span: tuple[float, float], across: Range, up: Range, log: bool) -> None:
        self.span, self.log = span, log
        self.across = (across[0] or 0.0, across[1] or 1.0)
        low, high = (_log(edge or 0.0) if log else edge or 0.0 for edge in up)
        room = (high - low) * 0.06 or abs(high) * 0.1 or 1.0
        self.up = (low - room, high + room)

    def x(self, number: float) -> float:
        low, high = self.across
        return self.span[0] + (number - low) / ((high - low) or 1.0) * (self.span[1] - self.span[0])

    def y(self, number: float) -> float:
        low, high = self.up
        place = ((_log(number) if self.log else number) - low) / (high - low)
        return BOTTOM - min(1.0, max(0.0, place)) * (BOTTOM - TOP)

    def frame(self) -> list[str]:
        """Return the two lines, and the numbers on the upright one."""
        left, right = self.span
        parts = [f'<path class="axis" d="M{left:g} {TOP:g}V{BOTTOM:g}H{right:g}"/>']
        numbers = ticks(*self.up, self.log)
        return parts + [_text(left - 6, self.y(number) + 4, shown(number), "soft end") for number in numbers]

    def line(self, points: Points, kind: str) -> list[str]:
        """Return a curve, dots where there are few points, and a cross where it ends in what is not finite."""
        finite = [(x, y) for x, y in points if math.isfinite(y)]
        parts = []
        thin = finite[:: max(1, -(-len(finite) // MOST))]
        if finite and thin[-1] != finite[-1]:
            thin.append(finite[-1])
        places = [(self.x(x), self.y(y)) for x, y in thin]
        if len(places) > 1:
            way = "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
            parts.append(f'<path class="{kind}" d="M{way}"/>')
        if len(places) < 6:
            parts += [f'<circle class="{kind}-dot" cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in places]
        if len(finite) < len(points):
            x, y = places[-1] if places else (self.span[0], TOP + 10)
            parts.append(f'<path class="{kind}" d="M{x - 5:.1f} {y - 5:.1f}l10 10m0-10l-10 10"/>')
            right = x > sum(self.span) / 2
            parts.append(_text(x + (-9 if right else 9), y + 4, "not finite", "soft end" if right else "soft"))
        return parts

    def band(self, normal: Range) -> list[str]:
        """Return the normal range of the upright axis."""
        top = TOP if normal[1] is None else self.y(normal[1])
        bottom = BOTTOM if normal[0] is None else self.y(normal[0])
        height = max(2.0, bottom - top)
        width = self.span[1] - self.span[0]
        return [f'<rect class="band" x="{self.span[0]:g}" y="{top:.1f}" width="{width:g}" height="{height:.1f}"/>']


def picture(
    title: str, losses: tuple[Points, Points], left: str, measured: tuple[float | Points, float | Points], right: str,
    normal: Range, log: bool,
    unit: str = "step",
) -> str:  # fmt: skip
    """Return an SVG; pairs are (with the fault, without)."""
    wide = _wide(losses)
    axes = _axes(LEFT, losses, (None if wide else 0.0, None), wide)
    parts = axes.frame()
    for points, kind in zip(reversed(losses), ("well", "faulty"), strict=True):
        parts += axes.line(points, kind)
    parts += [_text(LEFT[0], TOP - 12, left), _text(LEFT[1], BOTTOM + 18, f"{unit} {axes.across[1]:,.0f}", "soft end")]
    parts.append(_text(RIGHT[0], TOP - 12, right))
    if isinstance(measured[0], (int, float)) or isinstance(measured[1], (int, float)):
        parts += _dots(measured, normal, log)  # type: ignore[arg-type]
    else:
        axes = _axes(RIGHT, measured, normal, log)  # type: ignore[arg-type]
        parts += axes.band(normal) if normal != (None, None) else []
        parts += axes.frame()
        for course, kind in zip(reversed(measured), ("well", "faulty"), strict=True):
            parts += axes.line(course, kind)  # type: ignore[arg-type]
        parts.append(_text(RIGHT[1], BOTTOM + 18, f"{unit} {axes.across[1]:,.0f}", "soft end"))
    parts += _legend(normal != (None, None))
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">'
    ground = f'<rect class="ground" width="{WIDTH}" height="{HEIGHT}" rx="6"/>'
    return "\n".join([head, f"<title>{escape(title)}</title>", STYLE, ground, *parts, "</svg>"]) + "\n"


def _axes(span: tuple[float, float], courses: Sequence[Points], normal: Range, log: bool) -> Axes:
    numbers = [y for points in courses for _, y in points if math.isfinite(y) and (y > 0 or not log)]
    numbers += [edge for edge in normal if edge is not None and (edge > 0 or not log)]
    steps = [x for points in courses for x, _ in points]
    low, high = (min(numbers), max(numbers)) if numbers else (0.0, 1.0)
    if log:  # beyond ten powers of ten nothing is to be told
        low = max(low, high * 1e-10)
    return Axes(span, (0.0, max(steps, default=1.0)), (low, high), log)


def _dots(measured: tuple[float, float], normal: Range, log: bool) -> list[str]:
    """Return two numbers beside each other as dots with what they are, the normal range behind them."""
    axes = _axes(RIGHT, [[(1.0, number)] for number in measured], normal, log)
    parts = axes.band(normal) if normal != (None, None) else []
    parts += axes.frame()
    for number, kind, place in zip(measured, ("faulty", "well"), (0.3, 0.75), strict=True):
        x = RIGHT[0] + place * (RIGHT[1] - RIGHT[0])
        y = axes.y(number) if math.isfinite(number) else TOP
        parts.append(f'<path class="{kind}" d="M{x:.1f} {BOTTOM:g}V{y:.1f}" stroke-dasharray="2 3"/>')
        parts.append(f'<circle class="{kind}-dot" cx="{x:.1f}" cy="{y:.1f}" r="5"/>')
        parts.append(_text(x + 10, max(y + 4, TOP + 8), shown(number)))
    return parts


def _legend(banded: bool) -> list[str]:
    y = HEIGHT - 14
    parts = [f'<circle class="faulty-dot" cx="{LEFT[0] + 4}" cy="{y - 4}" r="4"/>', _text(LEFT[0] + 14, y, "with it")]
    parts += [f'<circle class="well-dot" cx="{LEFT[0] + 94}" cy="{y - 4}" r="4"/>']
    parts.append(_text(LEFT[0] + 104, y, "without"))
    if banded:
        parts.append(f'<rect class="band" x="{RIGHT[0]}" y="{y - 11}" width="18" height="13"/>')
        parts.append(_text(RIGHT[0] + 26, y, "normal"))
    return parts


def _wide(courses: Sequence[Points]) -> bool:
    numbers = [y for points in courses for _, y in points if math.isfinite(y)]
    return bool(numbers) and min(numbers) > 0 and max(numbers) > WIDE * min(numbers)


def ticks(low: float, high: float, log: bool) -> list[float]:
    """Return two to five round numbers between the ends, which are powers of ten on a logarithmic axis.

    >>> ticks(0.0, 1.1, False), ticks(-2.2, 1.1, True)
    ([0.0, 0.5, 1.0], [0.01, 0.1, 1.0, 10.0])
    """
    if log and math.floor(high) - math.ceil(low) >= 1:
        first, last = math.ceil(low), math.floor(high)
        apart = max(1, -(-(last - first) // 4))
        return [10.0**power for power in range(first, last + 1, apart)]
    if log:
        low, high = 10**low, 10**high
    rough = (high - low) / 3 or 1.0
    power = 10.0 ** math.floor(math.log10(rough))
    apart = next(power * step for step in (1, 2, 5, 10) if power * step >= rough * 0.999)
    first = math.ceil(low / apart)
    return [round(number * apart, 10) for number in range(first, math.floor(high / apart + 1e-9) + 1)]


def shown(number: float) -> str:
    """Return a number in few signs.

    >>> shown(0.0), shown(1234567.0), shown(0.05), shown(1e-9)
    ('0', '1.2e6', '0.05', '1e-9')
    """
    if not math.isfinite(number):
        return "not finite"
    text = f"{number:.3g}" if 1e-3 <= abs(number) < 1e5 or number == 0 else f"{number:.2g}"
    digits, e, power = text.partition("e")
    return f"{digits}e{int(power)}" if e else f"{float(text):g}"


def _log(number: float) -> float:
    return math.log10(number) if number > 0 else -300.0


def _text(x: float, y: float, text: str, kind: str = "") -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}"' + (f' class="{kind}"' if kind else "") + f">{escape(text)}</text>"
