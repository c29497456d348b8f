"""`compare`: whether one run on a table is better than another, on rows that neither learned from."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutaway.data.reading import table_from
from cutaway.data.several_targets import LabelsTarget, NumbersTarget
from cutaway.data.table import Table
from cutaway.data.targets import ClassTarget, Target, with_target_present
from cutaway.errors import DataWarning, InputError
from cutaway.metrics import Metric
from cutaway.runs.comparison import Comparison
from cutaway.runs.comparison import compare as compare_predictions
from cutaway.runs.fingerprint import fingerprint
from cutaway.runs.judging import decided
from cutaway.runs.load import load_as
from cutaway.runs.parts import Division, divide
from cutaway.runs.scores import metric_for
from cutaway.runs.table_run import TableRun

# What decides which rows are set aside.
OF_THE_SPLIT = ("test", "seed", "group", "time_column", "lag", "sample")
GIVE = "give rows with a value of the target as data (--data FILE)"


def compare(
    run_a: TableRun | str | Path, run_b: TableRun | str | Path, data: Any = None, *, metric: str | None = None
) -> Comparison:
    """Compare two runs on a table by the same figure, on the same rows.

    run_a, run_b  runs, or their folders
    data          labelled rows that neither learned from: a path, a data frame, columns by name. None: the rows that
                  both set aside, cut once more from the file they learned from
    metric        a name among `cutaway.metrics.BY_NAME` (None: the one that both were scored by)

    The interval is that of the difference, row by row: see `cutaway.runs.comparison`. Rows count by the weight column
    where both runs have the same one and the rows have it. Raises `InputError` where the runs predict different things,
    and, without `data`, where the file changed, the two set different rows aside, or learned from disk in parts. Rows
    that a run learned from flatter it: where `data` is a run's own file, a `DataWarning` says so.

    >>> import numpy as np
    >>> from cutaway.runs.train import train
    >>> x = np.linspace(0, 1, 80)
    >>> short, long = (train({"x": x, "y": 3 * x}, "y", effort="quick", epochs=n, compare=False) for n in (1, 40))
    >>> new = np.linspace(0.05, 0.95, 40)
    >>> compare(short, long, {"x": new, "y": 3 * new}).better
    'run B'
    """
    first, second = _run(run_a), _run(run_b)
    _check_same_question(first, second)
    judged_by = _metric(first, second, metric)
    tables = _set_aside(first, second) if data is None else _given(first, second, data)
    target = _target(first)
    column = tables[0].column(target.column)
    codes = target.encode(column)  # of numbers too: what is none is told
    truth = codes if isinstance(target, ClassTarget) else column.astype(np.float64)
    ours, theirs = (_answer(run, table, judged_by) for run, table in zip((first, second), tables, strict=True))
    return compare_predictions(
        truth, ours, theirs, judged_by, weight=_weight(first, second, tables[0]), names=_names(first, second)
    )


def _run(given: TableRun | str | Path) -> TableRun:
    """Return the run, from its folder where that was given."""
    return given if isinstance(given, TableRun) else load_as(TableRun, given)


def _target(run: TableRun) -> Target:
    """Return what the run predicts, where that is one column."""
    if isinstance(run.target, (NumbersTarget, LabelsTarget)):
        raise InputError(f"compare: the runs predict several columns, '{run.target.column}'; compare runs on one")
    return run.target


def _names(first: TableRun, second: TableRun) -> tuple[str, str]:
    """Return what to call the runs: their folders, or A and B."""
    if first.path is None or second.path is None or first.path == second.path:
        return "run A", "run B"
    return str(first.path), str(second.path)


def _check_same_question(first: TableRun, second: TableRun) -> None:
    """Raise `InputError` unless both predict the same column in the same terms."""
    a, b = first.target, second.target
    names = _names(first, second)
    if a.column != b.column:
        raise InputError(
            f"compare: {names[0]} predicts '{a.column}', {names[1]} '{b.column}'; choose runs of one target"
        )
    if first.task != second.task:
        raise InputError(f"compare: {names[0]} is {first.task}, {names[1]} {second.task}; choose runs of one task")
    if first.classes != second.classes:
        more = sorted({str(label) for label in first.classes} ^ {str(label) for label in second.classes})
        raise InputError(
            f"compare: the two know different classes of '{a.column}': only one has {', '.join(more[:5])}; train both "
            "on rows of the same classes"
        )


def _metric(first: TableRun, second: TableRun, asked: str | None) -> Metric:
    task = "classification" if isinstance(first.target, ClassTarget) else "regression"
    names = [run.settings.get("metric") for run in (first, second)]
    if asked is None and names[0] != names[1]:
        raise InputError(
            f"compare: one run was scored by {names[0] or 'the usual metric'}, the other by "
            f"{names[1] or 'the usual metric'}; name one as metric (--metric NAME)"
        )
    return metric_for(names[0] if asked is None else asked, task)  # type: ignore[arg-type]


def _set_aside(first: TableRun, second: TableRun) -> tuple[Table, Table]:
    """Return the rows that both runs set aside, cut once more from the file."""
    a, b = first.settings, second.settings
    if first.data.get("fingerprint") != second.data.get("fingerprint") or not first.data:
        raise InputError(f"compare: the two runs did not learn from the same data; {GIVE}")
    for name in OF_THE_SPLIT:
        if (a.get(name) or 0) != (b.get(name) or 0):  # earlier runs lack what they could not do
            raise InputError(
                f"compare: the two runs set different rows aside: {name.replace('_', ' ')} is {a.get(name)!r} in one, "
                f"{b.get(name)!r} in the other; train both alike, or {GIVE}"
            )
    if a.get("sample"):
        raise InputError(
            f"compare: the two runs learned from disk and set rows of a sample of {a['sample']:,} aside, which is not "
            f"drawn again; {GIVE}"
        )
    share = a.get("test")
    if not isinstance(share, (int, float)):
        raise InputError(f"compare: the two runs were tested on a table of its own, {share}; give it as data (--data)")
    if not first.data.get("tested"):
        raise InputError(f"compare: the two runs set no rows aside; {GIVE}")
    table = _same_file(first, second)
    table, _ = with_target_present(table, first.target.column)
    if first.preprocessing.series is not None:
        table = first.preprocessing.series.looked_back(table)
    ours, theirs = (_counted(table, run.settings.get("weight")) for run in (first, second))
    if not np.array_equal(ours, theirs):
        raise InputError(
            f"compare: the two runs set different rows aside: those of weight 0 by {a.get('weight')!r} are left out in "
            f"one, by {b.get('weight')!r} in the other; train both alike, or {GIVE}"
        )
    table = table.select(ours)
    how = Division(test=share, group=a.get("group"), time=a.get("time_column"), seed=a["seed"])
    tested = divide(table, _target(first), [], how, 1).tested
    assert tested is not None
    return tested, tested


def _counted(table: Table, weight: str | None) -> NDArray[np.bool_]:
    """Return which rows count at all, (rows,): training leaves out those of weight 0 before rows are set aside."""
    if weight is None or table.column(weight).dtype.kind != "f":
        return np.ones(table.rows, np.bool_)
    counts: NDArray[np.bool_] = table.column(weight) != 0
    return counts


def _same_file(first: TableRun, second: TableRun) -> Table:
    """Return the table that both learned from, if it is still there and still the same."""
    places = [run.data.get("path") for run in (first, second)]
    there = [place for place in places if place is not None and Path(place).is_file()]
    if not there:
        which = f"{places[0]} is not there any more" if places[0] else "the runs learned from a table without a file"
        raise InputError(f"compare: {which}; {GIVE}")
    for place in there:
        table = table_from(place)
        if fingerprint(place, table) == first.data["fingerprint"]:
            return table
    raise InputError(f"compare: {there[0]} is no longer the file that the runs learned from; {GIVE}")


def _given(first: TableRun, second: TableRun, data: Any) -> tuple[Table, Table]:
    """Return the rows with a value of the target, as each run reads a table."""
    tables = []
    for run in (first, second):
        table = table_from(data, run.preprocessing.european)
        if run.target.column not in table.names:
            raise InputError(f"{table.source}: has no column '{run.target.column}' to compare with; give labelled rows")
        if run.data and fingerprint(data, table) == run.data.get("fingerprint"):
            warnings.warn(
                f"{table.source} is what the run on '{run.target.column}' learned from: its figure is too good there",
                DataWarning,
                stacklevel=3,
            )
        tables.append(with_target_present(table, run.target.column)[0])
    if not tables[0].rows:
        raise InputError(f"{tables[0].source}: no row has a value of '{first.target.column}'; give labelled rows")
    return tables[0], tables[1]


def _answer(run: TableRun, table: Table, metric: Metric) -> NDArray[np.float64]:
    """Return what the metric takes; of two classes, the choice is by the run's own threshold."""
    found = run.predictions(table)
    if found.probabilities is None:
        return found.values.astype(np.float64)
    return decided(found.probabilities, _target(run), metric)


def _weight(first: TableRun, second: TableRun, table: Table) -> NDArray[np.float64] | None:
    column = first.settings.get("weight")
    if column is None or column != second.settings.get("weight") or column not in table.names:
        return None
    weights: NDArray[np.float64] = table.column(column).astype(np.float64)
    return weights
