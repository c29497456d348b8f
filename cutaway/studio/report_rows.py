"""The rows that a run on a table set aside, cut once more from its file, and what the run says of them."""

from __future__ import annotations

from dataclasses import dataclass
from math import isclose
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutaway.backends.random import generator
from cutaway.data.several_targets import LabelsTarget, NumbersTarget
from cutaway.data.table import Table, as_texts
from cutaway.data.targets import ClassTarget, NumberTarget, with_target_present
from cutaway.errors import InputError
from cutaway.metrics import BY_NAME
from cutaway.runs.comparison import in_range
from cutaway.runs.decoding import mean_answers
from cutaway.runs.judging import decided
from cutaway.runs.landscape import rows_again
from cutaway.runs.parts import Division, divide
from cutaway.runs.table_run import TableRun

MOST = 4_000  # rows that are looked at; of more so many are drawn
AGREES = 1e-4  # how far the score of the rows may be from the run's, as a share of it: sums in another order


@dataclass(frozen=True)
class SetAside:
    """Rows that no step of the training saw, and the run's answers.

    table    the rows, with their target
    places   where each stands in the file, counted from 0; None where the rows are not those of a file, in its order
    target   what is predicted
    encoded  the rows as the network takes them, (rows, width)
    answer   probabilities (rows, classes), or numbers (rows,)
    truth    codes of the classes (rows,), or numbers (rows,)
    weight   how much each row counts, None where all count the same
    whole    how many rows were set aside, of which these are some
    """

    table: Table
    places: NDArray[np.int64] | None
    target: ClassTarget | NumberTarget
    encoded: NDArray[np.float32]
    answer: NDArray[np.float64]
    truth: NDArray[Any]
    weight: NDArray[np.float64] | None
    whole: int

    @property
    def words(self) -> str:
        """Which rows they are."""
        if len(self.truth) < self.whole:
            return f"{len(self.truth):,} rows, drawn from the {self.whole:,} that were set aside"
        return f"the {self.whole:,} rows that were set aside"


def set_aside(run: TableRun, data: Any = None) -> SetAside:
    """Return the rows that a run set aside, with its answers.

    data   what the run learned from, where that is not in its file any more; it is checked by the run's score

    Raises `InputError`, in words for the report, where there are none, where they cannot be read again, and where the
    run's score on them is not the one that it was given when it was trained.
    """
    target = run.target
    if isinstance(target, (LabelsTarget, NumbersTarget)):
        raise InputError("the run predicts several columns at once, and rows are shown of one")
    if run.scores is None:
        raise InputError("no rows were set aside")
    table, places = _rows(run, data)
    whole = table.rows
    if whole > MOST:
        drawn = np.sort(generator(run.settings["seed"], "report").permutation(whole)[:MOST])
        table, places = table.select(drawn), None if places is None else places[drawn]
    encoded, _ = run.preprocessing.transform_counted(table)
    found = mean_answers(run.network, target, encoded)
    column = table.column(target.column)
    truth: NDArray[Any] = column.astype(np.float64) if isinstance(target, NumberTarget) else target.encode(column)
    answer = target.decode(found) if isinstance(target, NumberTarget) else found
    name = run.settings.get("weight")
    weight = table.column(name).astype(np.float64) if name is not None and name in table.names else None
    aside = SetAside(table, places, target, encoded, answer, truth, weight, whole)
    if whole != run.scores.rows or (whole <= MOST and not _as_scored(run, aside)):
        raise InputError("the rows that were set aside cannot be found again: the run's score on them is another one")
    return aside


def score(aside: SetAside, metric: str, answer: NDArray[np.float64] | None = None) -> float:
    """Return the score by a metric of the run's answers, or of others for the same rows."""
    judge = BY_NAME[metric]
    judged = decided(aside.answer if answer is None else answer, aside.target, judge)
    (judged, truth), unit = in_range(judge, judged, aside.truth)
    return float(unit * judge(judged, truth, aside.weight))


def _as_scored(run: TableRun, aside: SetAside) -> bool:
    assert run.scores is not None
    size = max(abs(run.scores.value), abs(run.scores.baseline))
    return isclose(score(aside, run.scores.metric), run.scores.value, rel_tol=AGREES, abs_tol=AGREES * size)


def _rows(run: TableRun, data: Any) -> tuple[Table, NDArray[np.int64] | None]:
    """Return the rows that were set aside, and where they stand in the file."""
    settings = run.settings
    if settings.get("sample"):
        raise InputError("the run learned from disk, in parts, and what it set aside is not drawn again")
    share = settings.get("test")
    if not isinstance(share, (int, float)):
        return _own_rows(run, Path(str(share))), None
    table = rows_again(run, data, "report")
    number = "number of the row"
    while number in table.names:
        number += "'"
    numbered = Table(
        {**{name: table.column(name) for name in table.names}, number: np.arange(table.rows, dtype=np.float64)},
        table.source, [], table.european,
    )  # fmt: skip
    present, _ = with_target_present(numbered, run.target.column)
    if run.preprocessing.series is not None:
        present = run.preprocessing.series.looked_back(present.without([number]))
    weight = settings.get("weight")
    if weight is not None and present.column(weight).dtype.kind == "f":
        present = present.select(present.column(weight) != 0)
    how = Division(
        test=float(share), group=settings.get("group"), time=settings.get("time_column"), seed=settings["seed"]
    )
    tested = divide(present, run.target, [], how, 1).tested  # type: ignore[arg-type]
    if tested is None:
        raise InputError("no rows were set aside")
    if number not in tested.names:
        return tested, None
    return tested.without([number]), tested.column(number).astype(np.int64)


def _own_rows(run: TableRun, place: Path) -> Table:
    """Return the rows of a person's own table that the run was tested on."""
    if not place.is_file():
        raise InputError(f"the rows set aside were a table of their own, {place.name}, which is not there any more")
    table, _ = with_target_present(rows_again(run, place, "report"), run.target.column)
    if run.preprocessing.series is not None:
        table = run.preprocessing.series.after(table)
    if isinstance(run.target, ClassTarget):
        known = {str(text) for text in as_texts(np.array(run.target.labels, dtype=object))}
        table = table.select(np.array([text in known for text in as_texts(table.column(run.target.column))], np.bool_))
    return table
