"""The loss landscape of a saved run on a table, over the rows that it learned from or over others."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from cutaway.backends.random import generator
from cutaway.data.reading import table_from
from cutaway.data.several_targets import LabelsTarget, NumbersTarget, encoded_target
from cutaway.data.table import Table
from cutaway.data.targets import with_target_present
from cutaway.errors import InputError
from cutaway.explain.answers import loss_of
from cutaway.explain.landscape import landscape
from cutaway.explain.landscape_found import Landscape
from cutaway.layers import Blend, Ensemble, MemberDense
from cutaway.losses import MeanOverMembers
from cutaway.runs.fingerprint import fingerprint
from cutaway.runs.run import Run
from cutaway.runs.table_run import TableRun

ROWS = 2048  # that the loss is over, of more


def run_landscape(
    run: Run,
    data: Any = None,
    *,
    plane: str | Sequence[Any] | None = None,
    points: int = 41,
    span: float | tuple[float, float] | None = None,
    member: int = 0,
    rows: int = ROWS,
    curvature: bool = True,
    engine: str = "auto",
    seed: int = 0,
) -> Landscape:
    """Return the landscape of a run on a table; see `cutaway.explain.landscape.landscape` for the plane and the rest.

    data   rows with the target, as `predict` takes them; the file that the run learned from, if not said
    rows   how many of them the loss is over, at most; more are drawn from at random

    The first network of a run that was written to a folder as it was trained has its training's own plane, with the
    path drawn; others, and those gone on with or of effort "best", a "random" one.
    Raises `InputError` for a run on arrays, pictures or text, and where the file is gone or has changed.
    """
    if not isinstance(run, TableRun):
        raise InputError(
            "landscape: the run is not of a table; in Python, ca.landscape(run, X, y, loss=…) takes the rows as arrays"
        )
    table = rows_again(run, data, "landscape")
    target = run.target
    if run.preprocessing.series is not None:
        table = run.preprocessing.series.after(table)
    if not isinstance(target, (NumbersTarget, LabelsTarget)):
        table = with_target_present(table, target.column)[0]
    if table.rows > rows:
        table = table.select(np.sort(generator(seed, "landscape rows").permutation(table.rows)[:rows]))
    encoded, _ = run.preprocessing.transform_counted(table)
    loss = loss_of(target)
    network: Any = run.network
    while isinstance(network, (Blend, Ensemble)):
        network = network.largest if isinstance(network, Blend) else network.network
    if any(isinstance(layer, MemberDense) for _, layer in network.named_layers()):
        loss = MeanOverMembers(loss)
    return landscape(
        run, encoded, encoded_target(table, target), loss=loss, plane=plane, points=points, span=span, member=member,
        curvature=curvature, engine=engine, seed=seed,
    )  # fmt: skip


def rows_again(run: TableRun, data: Any, what: str) -> Table:
    """Return the table that a run learned from, or another; raises `InputError` where it is gone or has changed.

    what   what asks for it, for the message
    """
    if data is not None:
        table = table_from(data, run.preprocessing.european)
        known = run.preprocessing.columns
        if not any(name in table.columns for name in known):
            raise InputError(
                f"{table.source}: none of the columns that the run learned from is there; expected "
                f"{', '.join(map(repr, known[:8]))}, got {', '.join(map(repr, table.names[:8]))}"
            )
        return table
    place = run.data.get("path")
    if not place or not Path(place).is_file():
        which = f"{place} is not there any more" if place else "the run learned from a table without a file"
        raise InputError(f"{what}: {which}; give the table with such rows (--data)")
    table = table_from(place, run.preprocessing.european)
    if fingerprint(place, table) != run.data.get("fingerprint"):
        raise InputError(
            f"{what}: {place} is no longer the file that the run learned from; give the table with such rows (--data)"
        )
    return table
