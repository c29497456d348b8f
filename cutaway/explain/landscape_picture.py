"""The picture of a landscape: colours and contours for the loss, the training's way coloured by its own."""

from __future__ import annotations

from base64 import b64encode
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from cutaway.explain.drawing import png
from cutaway.explain.figures import shown
from cutaway.explain.plots import COLOURS, INK, SOFT, empty_figure, even, framed, hex_of, ramp, tidy

if TYPE_CHECKING:
    from cutaway.explain.landscape_found import Landscape

LEVELS = 14  # contours
STEEP = 20.0  # of losses whose largest is so many times the smallest, the logarithm is drawn
SIDE, LEFT, TOP, BAR = 440, 74, 34, 16
APART = 0.018  # of a side, between the dots of the way
FINE = 6  # pixels between two points of the grid


class Shades:
    """How a loss becomes a place on the ramp of colours: linear, or by its logarithm where losses differ much."""

    def __init__(self, found: Landscape) -> None:
        every = np.concatenate([found.losses.ravel(), found.path_losses, [found.loss]])
        finite = every[np.isfinite(every)]
        low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)
        self.log = low > 0 and high > STEEP * low
        self.low, self.high = self.bent(np.array([low, high if high > low else low + 1]))

    def bent(self, losses: np.ndarray) -> np.ndarray:
        """Return what is drawn of losses: themselves, or log₁₀."""
        with np.errstate(all="ignore"):
            return np.log10(losses) if self.log else np.asarray(losses, np.float64)

    def place(self, losses: Any) -> np.ndarray:
        """Return where losses lie between the lowest, 0, and the highest, 1."""
        return np.asarray((self.bent(np.asarray(losses, np.float64)) - self.low) / (self.high - self.low))

    def ticks(self) -> list[tuple[float, str]]:
        """Return places on the scale with their losses."""
        if not self.log:
            return [(float(self.place(loss)), shown(loss)) for loss in even(self.low, self.high)]
        whole = [10.0**power for power in range(int(np.ceil(self.low)), int(np.floor(self.high)) + 1)]
        fine = [
            m * 10.0**power for power in range(int(np.floor(self.low)), int(np.ceil(self.high)) + 1) for m in (1, 2, 5)
        ]
        chosen = whole if len(whole) > 3 else fine
        return [(at, shown(loss)) for loss in chosen if 0 <= (at := float(self.place(loss))) <= 1]


def axes_names(found: Landscape) -> list[str]:
    """Return what stands beside each axis, with the share of the way that lies along it."""
    return [
        name if np.isnan(share) else f"{name} ({100 * share:.1f} % of its way)"
        for name, share in zip(found.plane.names, found.plane.explained, strict=True)
    ]


def title_of(found: Landscape) -> str:
    """Return the title of the picture."""
    return f"{found.loss_name} over {found.rows:,} {found.unit}"


def below(found: Landscape) -> list[str]:
    """Return the lines below the picture: how much of the way is shown, and how sharply the loss bends."""
    parts = []
    if len(found.path):
        parts.append(
            f"{100 * found.explained:.1f} % of the way in this plane, at most {shown(found.off_plane.max())} off"
        )
    if found.curvature is not None:
        across, up = (shown(bend, 3) for bend in found.bends)
        sharpest, steps = shown(found.curvature.largest[0], 3), found.curvature.steps
        if found.curvature.converged:
            parts.append(f"curvature {across} across and {up} up; of all directions of length 1 at most {sharpest}")
        else:
            parts.append(
                f"curvature {across} across, {up} up; largest at least {sharpest}, not settled in {steps} steps"
            )
    return parts


def dots(found: Landscape) -> np.ndarray:
    """Return which points of the way are drawn as dots: those a little apart from the one before, and the ends.

    Of a way of which not every point has a loss, they are among those that have.
    """
    low, high = np.array([found.across[0], found.up[0]]), np.array([found.across[-1], found.up[-1]])
    places = (found.path - low) / (high - low)
    able = np.arange(len(places)) if found.dotted is None else np.flatnonzero(found.dotted)
    kept = [*able[:1]]
    for place in able[1:]:
        if np.linalg.norm(places[place] - places[kept[-1]]) > APART or place == able[-1]:
            kept.append(place)
    return np.array(kept, int)


def figure(found: Landscape) -> Any:
    """Return a landscape as a matplotlib figure."""
    made = empty_figure(7.2, 6.0)
    from matplotlib.colors import LinearSegmentedColormap

    shades, axes = Shades(found), made.add_subplot()
    colours = LinearSegmentedColormap.from_list("cutaway", list(COLOURS))
    drawn = np.ma.masked_invalid(shades.place(found.losses))
    axes.set_facecolor("#eceae5")  # where there is no loss
    if drawn.count() and min(drawn.shape) > 1:
        levels = np.linspace(0, 1, 4 * LEVELS + 1)
        filled = axes.contourf(found.across, found.up, drawn, levels=levels, cmap=colours, vmin=0, vmax=1)
        axes.contour(
            found.across, found.up, drawn, levels=levels[::4], colors="white", linewidths=0.5, alpha=0.45
        )  # fmt: skip
        bar = made.colorbar(filled, ax=axes, fraction=0.046, pad=0.03)
        bar.set_ticks([at for at, _ in shades.ticks()], labels=[text for _, text in shades.ticks()])
        bar.outline.set_visible(False)
        bar.ax.tick_params(colors=SOFT, labelsize=9)
        bar.set_label("loss", color=SOFT)
    if len(found.path):
        kept = dots(found)
        axes.plot(*found.path.T, color="white", linewidth=1.2, alpha=0.9)
        axes.scatter(
            *found.path[kept].T, c=shades.place(found.path_losses[kept]), cmap=colours, vmin=0, vmax=1, s=26,
            plotnonfinite=True, edgecolors=INK, linewidths=0.7, zorder=3,
        )  # fmt: skip
        axes.annotate(
            "start", found.path[0], xytext=(0, 9), textcoords="offset points", ha="center", color="white", fontsize=9,
            path_effects=_outlined(),
        )  # fmt: skip
    axes.plot(*found.centre, marker="*", markersize=15, color="#ffffff", markeredgecolor=INK, zorder=4)
    across, up = axes_names(found)
    axes.set_xlabel("\n".join([across, *below(found)]), color=SOFT)
    axes.set_ylabel(up, color=SOFT)
    axes.set_title(title_of(found), loc="left", fontsize=11, fontweight="bold", color=INK)
    axes.set_xlim(found.across[0], found.across[-1])
    axes.set_ylim(found.up[0], found.up[-1])
    tidy(axes)
    axes.grid(False)
    return made


def _outlined() -> list[Any]:
    from matplotlib.patheffects import withStroke

    return [withStroke(linewidth=2.5, foreground=INK)]


def svg(found: Landscape) -> str:
    """Return a landscape as an <svg> that needs nothing else."""
    shades = Shades(found)
    drawn = shades.place(found.losses)
    fine = np.clip(_finer(drawn, FINE), 0, 1)[::-1]
    pixels = np.concatenate([ramp(np.nan_to_num(fine)), np.isfinite(fine)[..., None]], axis=-1)
    data = b64encode(png(pixels)).decode()
    width, height = SIDE + LEFT + 110, SIDE + TOP + 80

    def at(points: np.ndarray) -> np.ndarray:
        low = np.array([found.across[0], found.up[0]])
        size = np.array([found.across[-1], found.up[-1]]) - low
        share = (np.asarray(points) - low) / size
        return np.stack([LEFT + SIDE * share[..., 0], TOP + SIDE * (1 - share[..., 1])], axis=-1)

    lines = []
    for level in np.linspace(0, 1, LEVELS + 1)[1:-1]:
        segments = contour(found.across, found.up, drawn, float(level))
        if len(segments):
            steps = "".join(f"M{a[0]:.1f} {a[1]:.1f}L{b[0]:.1f} {b[1]:.1f}" for a, b in at(segments))
            lines.append(f'<path d="{steps}" stroke="#ffffff" stroke-opacity="0.45" stroke-width="0.7" fill="none"/>')
    inside = []
    if len(found.path):
        places = at(found.path)
        route = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        inside.append(f'<polyline points="{route}" fill="none" stroke="#ffffff" stroke-width="1.5"/>')
        for place in dots(found).tolist():
            (x, y), loss = places[place], float(found.path_losses[place])
            shade = shades.place(loss)
            colour = hex_of(ramp(np.clip(shade, 0, 1))) if np.isfinite(shade) else "#eceae5"
            told = f"loss {shown(loss)}" if np.isfinite(loss) or not found.recorded else "loss not recorded"
            said = f"after epoch {found.epochs[place]}: {told}, {shown(float(found.off_plane[place]))} off the plane"
            inside.append(
                f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}" stroke="{INK}"><title>{escape(said)}</title>'
                "</circle>"
            )
        x, y = places[0]
        inside.append(
            f'<text x="{x:.1f}" y="{y - 8:.1f}" text-anchor="middle" fill="#ffffff" stroke="{INK}" stroke-width="3" '
            'paint-order="stroke">start</text>'
        )
    x, y = at(np.array(found.centre))
    star = " ".join(
        f"{x + r * np.sin(turn):.1f},{y - r * np.cos(turn):.1f}"
        for r, turn in ((9 if k % 2 == 0 else 3.8, k * np.pi / 5) for k in range(10))
    )
    inside.append(
        f'<polygon points="{star}" fill="#ffffff" stroke="{INK}"><title>the network: loss {shown(found.loss)}'
    )
    inside.append("</title></polygon>")
    parts = [
        f'<clipPath id="grid"><rect x="{LEFT}" y="{TOP}" width="{SIDE}" height="{SIDE}"/></clipPath>',
        f'<rect x="{LEFT}" y="{TOP}" width="{SIDE}" height="{SIDE}" fill="#eceae5"/>',
        f'<image x="{LEFT}" y="{TOP}" width="{SIDE}" height="{SIDE}" preserveAspectRatio="none" '
        f'href="data:image/png;base64,{data}"/>',
        f'<g clip-path="url(#grid)">{"".join(lines)}{"".join(inside)}</g>',
        *_around(found, shades),
    ]
    return framed("\n".join(parts), width, height, title_of(found), LEFT)


def _around(found: Landscape, shades: Shades) -> list[str]:
    """Return the axes' numbers and names, the scale of colours, and the line below."""
    parts = []
    for value in even(float(found.across[0]), float(found.across[-1])):
        x = LEFT + SIDE * (value - found.across[0]) / (found.across[-1] - found.across[0])
        parts.append(f'<text x="{x:.1f}" y="{TOP + SIDE + 16}" text-anchor="middle">{shown(value)}</text>')
    for value in even(float(found.up[0]), float(found.up[-1])):
        y = TOP + SIDE * (1 - (value - found.up[0]) / (found.up[-1] - found.up[0]))
        parts.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{shown(value)}</text>')
    across, up = axes_names(found)
    middle = LEFT + SIDE / 2
    parts.append(f'<text x="{middle}" y="{TOP + SIDE + 34}" text-anchor="middle">{escape(across)}</text>')
    parts.append(
        f'<text transform="translate(14,{TOP + SIDE / 2}) rotate(-90)" text-anchor="middle">{escape(up)}</text>'
    )
    parts += [
        f'<text x="{middle}" y="{TOP + SIDE + 54 + 15 * line}" text-anchor="middle" font-size="11">'
        f"{escape(text)}</text>"
        for line, text in enumerate(below(found))
    ]
    scale = b64encode(png(ramp(np.linspace(1, 0, 64))[:, None])).decode()
    left = LEFT + SIDE + 18
    parts.append(
        f'<image x="{left}" y="{TOP}" width="{BAR}" height="{SIDE}" preserveAspectRatio="none" '
        f'href="data:image/png;base64,{scale}"/><text x="{left}" y="{TOP - 6}">loss</text>'
    )
    parts += [
        f'<text x="{left + BAR + 6}" y="{TOP + SIDE * (1 - at) + 4:.1f}">{escape(text)}</text>'
        for at, text in shades.ticks()
    ]
    return parts


def _finer(values: np.ndarray, times: int) -> np.ndarray:
    """Return a grid with so many points in the place of each, by straight lines; NaN spreads to the next points."""
    values = np.where(np.isfinite(values), values, np.nan)
    for axis in (0, 1):
        count = values.shape[axis]
        places = np.linspace(0, count - 1, times * (count - 1) + 1)
        low = np.minimum(places.astype(int), count - 2)
        share = (places - low).reshape((-1, 1) if axis == 0 else (1, -1))
        first, second = np.take(values, low, axis), np.take(values, low + 1, axis)
        values = np.where(share == 0, first, np.where(share == 1, second, (1 - share) * first + share * second))
    return values


def contour(across: np.ndarray, up: np.ndarray, values: np.ndarray, level: float) -> np.ndarray:
    """Return the line of one level through a grid of values (up, across), as segments (n, 2 ends, 2).

    In each square the places where its four edges pass the level are joined; squares with a value that is not finite
    are left out.

    >>> contour(np.array([0.0, 1.0]), np.array([0.0, 1.0]), np.array([[0.0, 1.0], [0.0, 1.0]]), 0.25)
    array([[[0.25, 0.  ],
            [0.25, 1.  ]]])
    """
    rows, columns = values.shape
    row, column = (part.ravel() for part in np.mgrid[: rows - 1, : columns - 1])
    corners = [(row, column), (row, column + 1), (row + 1, column + 1), (row + 1, column)]
    heights = np.stack([values[corner] for corner in corners])
    heights = np.where(heights == level, level + 1e-12, heights)
    usable = np.isfinite(heights).all(axis=0)
    places = np.stack([np.stack([across[c], up[r]], axis=-1) for r, c in corners])
    passed, where = [], []
    with np.errstate(all="ignore"):
        for edge in (0, 1, 2, 3):
            a, b = heights[edge], heights[(edge + 1) % 4]
            passed.append(usable & ((a > level) != (b > level)))
            share = ((level - a) / (b - a))[:, None]
            where.append(places[edge] + share * (places[(edge + 1) % 4] - places[edge]))
    crossed = np.stack(passed, axis=1)
    points = np.stack(where, axis=1)
    two, four = crossed.sum(axis=1) == 2, crossed.sum(axis=1) == 4
    found = [points[two][crossed[two]].reshape(-1, 2, 2), points[four].reshape(-1, 2, 2)]
    return np.concatenate(found)
