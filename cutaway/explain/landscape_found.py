"""What a landscape is: the loss on a grid over a plane, the way through it, the picture and the files."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import numpy as np

from cutaway.atomic import write_complete
from cutaway.errors import InputError
from cutaway.explain.curvature import Curvature
from cutaway.explain.figures import shown
from cutaway.explain.planes import Plane
from cutaway.storage.way import Judged


@dataclass(frozen=True)
class Landscape:
    """The loss on a grid over a plane of weight space.

    plane      where it lies; its `names` say what moves along each axis
    across, up  the places of the grid along the first and the second axis, as they are shown
    losses     the loss at each, (up, across); NaN and infinity are what was found there
    centre     where the network is, as it is shown
    loss       the network's own
    path       the trajectory in the plane, (points, 2), as it is shown; empty where there is none
    path_losses  its true loss, at its own weights and not at what lies below it in the plane; see `judged`
    off_plane  how far it is from the plane, in units of weight
    explained  the share of its squared distance from the network that lies in the plane, 0 to 1; NaN without one
    curvature  how the loss bends at the network; None where it was not asked for
    rows       how many rows the loss is over
    of, engine which network, where there are several; what computed it
    epochs     after how many epochs each point of the path was
    recorded   whether the path's losses are those that were recorded while the run learned, the mean of all its
               networks as they were with dropout, rather than the loss over these rows
    judged     what the path's losses are, where they are true but not of this loss over these rows; else None
    dotted     which points of the path have a loss (None: all of them)
    unit       what a row is, in words
    """

    plane: Plane
    across: np.ndarray
    up: np.ndarray
    losses: np.ndarray
    centre: tuple[float, float]
    loss: float
    loss_name: str
    path: np.ndarray
    path_losses: np.ndarray
    off_plane: np.ndarray
    explained: float
    curvature: Curvature | None
    rows: int
    engine: str
    of: str = ""
    epochs: np.ndarray = field(default_factory=lambda: np.zeros(0, int))
    recorded: bool = False
    judged: Judged | None = None
    dotted: np.ndarray | None = None
    unit: str = "rows"

    @property
    def lowest(self) -> tuple[float, float, float]:
        """The lowest point of the grid: across, up, loss; NaN where no loss is finite."""
        if not np.isfinite(self.losses).any():
            return float("nan"), float("nan"), float("nan")
        row, column = np.unravel_index(
            np.nanargmin(np.where(np.isfinite(self.losses), self.losses, np.nan)), self.losses.shape
        )
        return float(self.across[column]), float(self.up[row]), float(self.losses[row, column])

    @property
    def bends(self) -> tuple[float, ...]:
        """The second derivative of the loss along each axis at the network, in units of that axis: dᵀ H d."""
        along = () if self.curvature is None else self.curvature.along
        return tuple(float(bend * (axis @ axis)) for bend, axis in zip(along, self.plane.axes, strict=False))

    def figure(self) -> Any:
        """Return a matplotlib figure; needs the extra `cutaway[plot]`."""
        from cutaway.explain.landscape_picture import figure

        return figure(self)

    def svg(self) -> str:
        """Return the picture as an <svg> that needs nothing else, for a page."""
        from cutaway.explain.landscape_picture import svg

        return svg(self)

    def _repr_html_(self) -> str:
        return self.svg()

    def sentences(self) -> list[str]:
        """Return what is to be said beside the picture."""
        found = [
            f"{self.loss_name} over {self.rows:,} {self.unit}{f', {self.of}' if self.of else ''}: {shown(self.loss)}"
        ]
        finite = np.isfinite(self.losses)
        if finite.any():
            low, high = self.losses[finite].min(), self.losses[finite].max()
            found.append(f"on the grid from {shown(float(low))} to {shown(float(high))}")
        if not finite.all():
            found.append(f"not finite at {int((~finite).sum()):,} of {finite.size:,} points, which stay blank")
        if len(self.path):
            found.append(
                f"{100 * self.explained:.1f} % of the training's way lies in this plane; it is up to "
                f"{shown(float(self.off_plane.max()))} away from it"
            )
        if self.recorded:
            mean = ", the mean of all its networks" if self.of else ""
            found.append(f"the dots have the losses that were recorded while the run learned{mean}")
        if self.judged is not None:
            found.append(
                f"the dots have {self.judged.loss} over {self.judged.count:,} rows that the run learned from, each at "
                "its own weights, as measured when the training ended"
            )
        if self.curvature is not None:
            bent = self.curvature
            largest = ", ".join(shown(value) for value in bent.largest)
            found.append(f"largest curvatures {largest}, smallest {shown(bent.smallest)}")
            if not bent.converged:
                found.append(
                    f"these curvatures had not settled after {bent.steps} steps: the true largest may be larger, the "
                    f"true smallest smaller; each is within {shown(max(bent.within), 2)} of a true one"
                )
            found.append(f"along the two axes {' and '.join(shown(bend) for bend in self.bends)}, in their units")
        return found

    def __str__(self) -> str:
        return "\n".join([f"Loss over {self.plane.names[0]} and {self.plane.names[1]}", *self.sentences()])

    # ---- data -------------------------------------------------------------------------------------------------

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the numbers as arrays, for NumPy."""
        return {
            "across": self.across, "up": self.up, "losses": self.losses, "path": self.path,
            "path_losses": self.path_losses, "off_plane": self.off_plane, "centre": np.array(self.centre),
            "path_epochs": self.epochs,
        }  # fmt: skip

    def to_json(self) -> dict[str, Any]:
        """Return everything as plain data; a loss that is not finite is the text "NaN", "Infinity" or "-Infinity"."""
        bent = self.curvature
        return {
            "plane": self.plane.kind,
            "axes": list(self.plane.names),
            **{name: _plain(array) for name, array in self.arrays().items()},
            "loss": _plain(np.array(self.loss)),
            "loss_name": self.loss_name,
            "explained": _number(self.explained),
            "explained_along": [_number(share) for share in self.plane.explained],
            "curvature": None
            if bent is None
            else {
                "largest": list(bent.largest),
                "smallest": bent.smallest,
                "along": list(bent.along),
                "within": list(bent.within),
                "steps": bent.steps,
                "converged": bent.converged,
            },
            "bends": list(self.bends),
            "rows": self.rows,
            "unit": self.unit,
            "path_losses_recorded": self.recorded,
            "path_losses_of_these_rows": bool(len(self.path)) and not self.recorded and self.judged is None,
            "of": self.of,
            "engine": self.engine,
        }

    def save(self, path: str | Path) -> Path:
        """Write the picture (.svg, .png, .pdf) or the data (.json, .npz), by the file's ending, and return the path.

        An .svg needs nothing else; .png and .pdf need the extra `cutaway[plot]`. Raises `InputError` for other endings.
        """
        place = Path(path)
        kind = place.suffix.lower()
        if kind == ".svg":
            write_complete(place, self.svg().encode())
        elif kind == ".json":
            write_complete(place, (json.dumps(self.to_json(), ensure_ascii=False, allow_nan=False) + "\n").encode())
        elif kind == ".npz":
            from io import BytesIO

            held = BytesIO()
            np.savez_compressed(held, **cast(dict[str, Any], self.arrays()))
            write_complete(place, held.getvalue())
        elif kind in (".png", ".pdf"):
            from cutaway.explain.plots import as_file

            write_complete(place, as_file(self.figure(), kind[1:]))
        else:
            raise InputError(f"{place}: a landscape is written as .svg, .png, .pdf, .json or .npz; choose one of these")
        return place


def _plain(array: np.ndarray) -> Any:
    if array.ndim:
        return [_plain(part) for part in array]
    return _number(float(array), words=True)


def _number(value: float, words: bool = False) -> float | str | None:
    if np.isfinite(value):
        return value
    return ("NaN" if np.isnan(value) else "Infinity" if value > 0 else "-Infinity") if words else None
