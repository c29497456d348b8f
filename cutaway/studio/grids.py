"""Grids over the person's own columns: where a boundary, a fitted curve and each neuron's response are computed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from cutaway.data.suggestions import did_you_mean
from cutaway.errors import InputError
from cutaway.explain.figures import shown
from cutaway.studio.arguments import Arguments
from cutaway.studio.case import Case, Selected
from cutaway.studio.material import PARTS, Axis, Material
from cutaway.studio.mesh import POINTS, mesh, widened

MOST_ROWS = 2_000  # whose places come along


@dataclass(frozen=True, eq=False)
class Grid:
    """Places over one or two axes, as the network's inputs.

    axes     name, low and high of each, in the person's own units
    points   along each axis
    x        the inputs: row after row of the picture, from low to high
    words    what the other columns are held at; "" where there are none
    rows     where the rows lie: places among all rows, coordinates (rows, axes), parts (0 training, 1 held out),
             examples: their places within their part, which is how a row is selected
    """

    axes: tuple[Axis, ...]
    points: int
    x: np.ndarray
    words: str
    rows: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]

    @property
    def shape(self) -> tuple[int, ...]:
        """(points) of a curve, (up, across) of a plane."""
        return (self.points,) * len(self.axes)

    @property
    def kind(self) -> str:
        """Either "curve" or "plane"."""
        return "curve" if len(self.axes) == 1 else "plane"

    def told(self) -> dict[str, Any]:
        """Return what every answer over a grid says of it."""
        return {
            "kind": self.kind,
            "axes": [{**vars(axis), "points": self.points} for axis in self.axes],
            "words": self.words,
        }


class Grids:
    """Makes grids, and keeps the last few: they depend on the rows and the selection, not on the weights."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self._kept: dict[tuple[Any, ...], Grid] = {}

    def of(self, asked: Arguments, selected: Selected) -> Grid:
        """Return the grid of a command: `axes`, `others`, `points`, `rows`.

        Raises `InputError` for data without columns of numbers, and axes that are not among them.
        """
        material = self.case.material
        axes = asked.raw("axes", None)
        others = asked.choice("others", ("example", "mean"), "example")
        asked.flag("rows")
        if material.table is None or not material.axes:
            raise InputError(
                f"{asked.command}: {material.name} has no columns of numbers to draw over; choose a table or points"
            )
        if axes == "pca":
            if material.x.ndim != 2 or material.x.shape[1] < 2:
                raise InputError(f"{asked.command}: there is one input; a plane by PCA needs two")
            key: tuple[Any, ...] = ("pca", asked.whole("points", POINTS[2], 2, 200))
        else:
            chosen = _chosen(asked, axes, material)
            points = asked.whole("points", POINTS[len(chosen)], 2, 200)
            base = (selected.part, selected.example, str(selected.typed)) if others == "example" else ("mean",)
            alone = len(material.columns) == len(chosen)
            key = (*chosen, points, *(() if alone else base))
        if key not in self._kept:
            if len(self._kept) > 8:
                self._kept.pop(next(iter(self._kept)))
            made = self._plane(key[1]) if axes == "pca" else self._columns(chosen, points, others, selected)
            self._kept[key] = made
        return self._kept[key]

    def _columns(self, chosen: tuple[str, ...], points: int, others: str, selected: Selected) -> Grid:
        material = self.case.material
        assert material.table is not None and material.encode is not None
        axes = tuple(widened(axis) for axis in material.axes if axis.name in chosen)
        axes = tuple(sorted(axes, key=lambda axis: chosen.index(axis.name)))
        flat = np.ascontiguousarray(mesh(axes, points).T)
        base, words = self._base(others, selected)
        count = len(flat[0])
        held = {name: [value] for name, value in base.items() if name not in chosen}
        # What is held is encoded once: a grid has thousands of places.
        first = material.rows_of({**held, **{name: [0.0] for name in chosen}})
        table = type(first)(
            {
                column.name: flat[chosen.index(column.name)]
                if column.name in chosen
                else np.repeat(first.columns[column.name], count)
                for column in material.columns
            },
            "grid",
        )
        used = [column.name for column in material.columns if column.used and column.name not in chosen]
        said = f"the other columns {words}" if used else ""
        return Grid(axes, points, material.encode(table), said, self._rows(chosen))

    def _base(self, others: str, selected: Selected) -> tuple[dict[str, Any], str]:
        material = self.case.material
        if others == "mean":
            return material.usual, "are held at the mean of the training rows, or the commonest value"
        if selected.part == "typed":
            return material.typed(selected.typed or {})[1], "are held at what was typed"
        place = material.place(selected.part, selected.example)
        return material.own(place), f"are held at row {material.number(place)}, one of the {_of(selected.part)} rows"

    def _rows(self, chosen: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        material = self.case.material
        assert material.table is not None
        places, parts, examples = some_places(material)
        return places, np.stack([material.table.columns[name][places] for name in chosen], axis=1), parts, examples

    def _plane(self, points: int) -> Grid:
        """Return the plane through the mean of the training rows in which the inputs vary most."""
        material = self.case.material
        rows = material.x[material.training]
        mean = rows.mean(axis=0)
        _, sizes, axes = np.linalg.svd(rows - mean, full_matrices=False)
        share = sizes**2 / max(float(np.sum(sizes**2)), 1e-300)
        places, parts, examples = some_places(material)
        spots = (material.x[places] - mean) @ axes[:2].T
        named = [
            widened(
                Axis(f"component {n + 1} ({100 * share[n]:.0f} %)", float(spots[:, n].min()), float(spots[:, n].max()))
            )
            for n in range(2)
        ]
        x = mean + mesh(named, points) @ axes[:2]
        words = (
            f"the plane in which the {rows.shape[1]} inputs vary most, through their mean (PCA): "
            f"{shown(100 * float(share[:2].sum()), 3)} % of their variance is in it; rows are drawn where they fall"
        )
        return Grid(tuple(named), points, x.astype(material.x.dtype), words, (places, spots, parts, examples))


def some_places(material: Material) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the rows that are drawn, evenly over each part: places among all rows, parts, places within the part."""
    every = [max(1, -(-len(rows) // (MOST_ROWS // 2))) for rows in (material.training, material.held_out)]
    examples = [np.arange(0, len(material.places(part)), by) for part, by in zip(PARTS, every, strict=True)]
    places = [material.places(part)[chosen] for part, chosen in zip(PARTS, examples, strict=True)]
    parts = np.repeat(np.array([0, 1], np.int32), [len(rows) for rows in places])
    return np.concatenate(places).astype(np.int32), parts, np.concatenate(examples).astype(np.int32)


def _chosen(asked: Arguments, axes: Any, material: Material) -> tuple[str, ...]:
    known = [axis.name for axis in material.axes]
    if axes is None:
        return tuple(known[: 2 if len(known) > 1 else 1])
    if not isinstance(axes, list) or not 1 <= len(axes) <= 2 or len(set(map(str, axes))) != len(axes):
        raise asked.wrong("axes", axes, "one or two different columns, or pca")
    for name in axes:
        if name not in known:
            raise InputError(f"{asked.command}: there is no axis {name!r}; {did_you_mean(str(name), known)}")
    return tuple(axes)


def _of(part: str) -> str:
    return part.replace("_", " ")
