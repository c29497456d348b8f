"""The rows of a run as the studio shows them: those of its table, its pictures, or its text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from cutaway.errors import InputError
from cutaway.layers import Ensemble
from cutaway.studio.material import ColumnTold, Material
from cutaway.studio.sources import of_encoded

MOST_PICTURES, MOST_WINDOWS, FEWEST_WINDOWS = 2_000, 500, 32  # of a run, that are shown
# Multiplications that all windows together may take to be read once: about a third of a second, which each edit costs.
READ = 5e9


def rows_of_run(run: Any, data: Any = None, notes: Sequence[str] = ()) -> Material:
    """Return the rows of a job, its network trained or not yet.

    data   where they are, if not where they were

    Raises `InputError` where they are gone or have changed, and for a run of arrays, which keeps none.
    """
    from cutaway.runs.picture_run import PictureRun
    from cutaway.runs.table_run import TableRun
    from cutaway.runs.text_run import TextRun

    kinds = {TableRun: _table, PictureRun: _pictures, TextRun: _text}
    read = next((made for kind, made in kinds.items() if isinstance(run, kind)), None)
    if read is None:
        raise InputError(
            f"{run.path or 'studio'}: learned from arrays, which a run does not keep; in Python, "
            "ca.studio(network, X, y) takes them"
        )
    return read(run, data, list(notes))


def _table(run: Any, data: Any, notes: list[str]) -> Material:
    from cutaway.data.several_targets import LabelsTarget, NumbersTarget
    from cutaway.data.targets import with_target_present
    from cutaway.runs.landscape import rows_again

    if isinstance(run.target, (LabelsTarget, NumbersTarget)):
        raise InputError("studio: the run predicts several columns at once, which is not shown yet; choose one target")
    table, _ = with_target_present(rows_again(run, data, "studio"), run.target.column)
    if run.preprocessing.series is not None:
        table = run.preprocessing.series.after(table)
    y = run.target.encode(table.columns[run.target.column])
    told = {column.name: column for column in run.columns}
    columns = tuple(
        ColumnTold(
            each, told[each].kind.value if each in told else "dropped", told[each].reason if each in told else ""
        )
        for each in table.names
        if each != run.target.column
    )
    every = np.arange(table.rows)
    return of_encoded(
        table, run.target, columns, run.preprocessing, y, every, every[:0],
        [*notes, "all rows of the file are shown as training rows, those that were set aside too"], np.float32,
    )  # fmt: skip


def _pictures(run: Any, data: Any, notes: list[str]) -> Material:
    from cutaway.runs.landscape import picture_rows

    x, y = picture_rows(run, data, MOST_PICTURES, 0)
    labels = tuple(map(str, run.classes))
    every = np.arange(len(x))
    return Material(
        name="pictures", kind="pictures", x=x, y=y, training=every, held_out=every[:0], inputs=(), outputs=labels,
        target="class", classes=labels, notes=tuple(notes),
    )  # fmt: skip


def _text(run: Any, data: Any, notes: list[str]) -> Material:
    from cutaway.runs.landscape import text_rows

    x, y = text_rows(run, data, windows(run), 0)
    notes = [*notes, f"{len(x):,} passages of {x.shape[1]} tokens are shown as rows, and losses are over them"]
    letters = tuple(run.tokens.decode([number]) for number in range(run.tokens.outputs))
    every = np.arange(len(x))
    return Material(
        name="text", kind="text", x=x, y=y, training=every, held_out=every[:0], inputs=("token",), outputs=letters,
        target="the next token", classes=letters, letters=letters, notes=tuple(notes),
    )  # fmt: skip


def windows(run: Any) -> int:
    """Return how many passages of a text are shown: fewer of a large network, so that the page need not wait."""
    network = run.network[0] if isinstance(run.network, Ensemble) else run.network
    weights = sum(array.size for array in network.parameters().values())
    return int(np.clip(READ / max(1, weights * run.context), FEWEST_WINDOWS, MOST_WINDOWS))
