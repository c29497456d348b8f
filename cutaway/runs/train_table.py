"""The main job on a table: from its file to trained and tested networks."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from cutaway.data.columns import Column, ColumnKind, describe_columns
from cutaway.data.reading import table_from
from cutaway.data.series import Series, time_like
from cutaway.data.streaming import StoredTable
from cutaway.data.table import Table
from cutaway.data.targets import ClassTarget, NumberTarget, Task, choose_target, with_target_present
from cutaway.errors import InputError
from cutaway.recipes.table import MEMBERS
from cutaway.runs.fingerprint import fingerprint
from cutaway.runs.going_on import members_of, same_target, told_of_start
from cutaway.runs.keeping import keeping_of, put_away
from cutaway.runs.learn_table import learn_table
from cutaway.runs.parts import Division, divide
from cutaway.runs.scores import metric_for
from cutaway.runs.settings import check_settings
from cutaway.runs.sharing import check_shared
from cutaway.runs.streamed import Streamed, read
from cutaway.runs.table_run import TableRun
from cutaway.storage.run_folder import check_place
from cutaway.training.fits import check_on, fits_on

FEWEST_ROWS = 10  # with a value of the target: of fewer, next to nothing can be learned, nor tested


def train_table(
    data: Any,
    target: str,
    *,
    test: Any = 0.2,
    validation: Any = None,
    effort: str = "standard",
    limit: float | None = None,
    epochs: int | None = None,
    task: Task | None = None,
    metric: str | None = None,
    seed: int = 0,
    engine: str = "auto",
    precision: str = "float32",
    devices: int | None = None,
    category: Sequence[str] = (),
    number: Sequence[str] = (),
    text: Sequence[str] = (),
    date: Sequence[str] = (),
    drop: Sequence[str] = (),
    group: str | None = None,
    time_column: str | None = None,
    lag: int = 0,
    weight: str | None = None,
    compare: bool = True,
    start: TableRun | None = None,
    out: str | Path | None = None,
    resume: bool = False,
    progress: bool | None = None,
    callbacks: Sequence[Callable[[Any], None]] = (),
    told: Callable[[TableRun], None] | None = None,
    on: str | None = None,
) -> TableRun:
    """Train networks that predict one column of a table from the others, and test them on rows set aside.

    data      a path (csv, tsv, parquet, JSON, packed or not; a folder or pattern of such files that are one table), a
              data frame of any make, columns by name, a `Table`
    target    the column to predict
    test      the share of rows set aside before anything is learned, for the score, 0 for no test; or a table of them
    validation  a table of rows to choose the best weights by (None: some of those learned from take turns)
    effort    "standard", several networks averaged; "quick", one network in a quarter of the steps, for a first look;
              "best", several kinds of network, and the mixture of them that is best out of fold
    limit     seconds that the whole command may take: fewer epochs and networks then have to do
    epochs    how often every row is seen (None: what the recipe says for so many rows)
    task      "classification" or "regression" (None: told from the target's values)
    metric    what to score by: a name among `cutaway.metrics.BY_NAME` (None: accuracy, or RMSE)
    seed      of the split, the initial weights, the order and the dropout; the same seed gives the same run
    engine    "numpy", "xla" or "auto"
    precision "float32", or "bf16": matrix products of bfloat16 numbers, added in float32, on XLA: for a GPU
    devices   how many devices of this process share the work of engine "xla" (None: one; where networks are trained
              side by side as many as they can be divided among)
    category  columns to take as categories, whatever they hold
    number    columns to take as numbers, whatever they look like
    text, date  columns to take as running text, or as dates
    drop      columns to leave out
    group     a column: rows of one group (a patient, a shop) stay on one side of every cut, and it is no input
    time_column  a column: what is tested is later than what is learned from
    lag       for a series in the order of `time_column` (of each `group`, if given): the last so many values of each
              column of numbers, the target among them, become further inputs
    weight    a column that says how much each row counts; it is no input
    compare   whether boosted trees are grown on the same rows, to compare with
    start     a run to go on from: its networks, columns and target are kept, and learn on from these rows
    out       a folder for the run (None: it is not written; `run.save(folder)` does it later); while training goes on,
              its `checkpoint` is written there now and then
    resume    go on with the training that was begun there, with the same data and settings, from its last checkpoint
    progress  whether to show a bar (None: where the output is a terminal)
    callbacks  functions that hear every record of the training; a `Follower` sees its weights, too
    told      hears of the run before training begins: its data, columns, task and settings are decided then
    on        where networks are trained, each as a fit of its own: "ray", "host:port" or "ray://host:port", on a Ray
              cluster; "here", one after another; see `fits_on`. None: here, all of them as one program. The same seed
              gives the same run wherever the fits run

    What each column is, classification or regression, preprocessing, network and schedule are chosen and told in the
    run: `run.columns`, `run.task_reason`, `run.summary()`. Ctrl-C ends the training and keeps what was learned; where
    a finished run is at `out`, that stays, and the interrupted one goes beside it, to `run.path`. Raises `InputError`
    for data or settings that cannot be used.

    >>> import numpy as np
    >>> x = np.linspace(0, 1, 60)
    >>> run = train_table({"x": x, "y": 3 * x + 1}, "y", effort="quick", seed=1)
    >>> run.task, run.scores.better
    ('regression', True)
    """
    began = time.perf_counter()
    check_settings(test, effort, limit, epochs, seed, engine, precision, devices)
    check_shared(effort, limit, devices, on)
    _check_on(on, limit, resume, callbacks)
    asked = {"category": category, "number": number, "text": text, "date": date, "drop": drop}
    if any(isinstance(names, str) for names in asked.values()):
        raise InputError(f"train: {', '.join(asked)} are lists of column names, such as ['zip']")
    if lag and time_column is None:
        raise InputError(
            "train: lag looks back along a series; name the column that orders it (time_column, --time-column)"
        )
    if not isinstance(target, str):
        raise InputError(f"train: the target is {target!r}, expected the name of one column")
    if target in (*drop, group, weight, time_column):
        raise InputError(f"train: '{target}' is the target and can be nothing else; choose another target or column")
    if out is not None:
        check_place(Path(out))
    words = {*category, *text, *((target,) if task == "classification" else ())}
    table = _read(data, progress, start, words)
    # Before training, which may take hours: the file is to be the one that was read, and may be gone afterwards.
    digest = fingerprint(data, table)
    columns_read, rows_read = len(table.names), table.rows
    whole = {
        "group": group, "time_column": time_column, "weight": weight, "effort 'best'": effort == "best", "on": on,
    }  # fmt: skip
    streamed = Streamed.of(table, target, int(seed), [name for name, asked in whole.items() if asked])
    if streamed is not None:
        table = streamed.sample
    elif on is not None and isinstance(table, StoredTable):
        table = table.in_memory()  # its rows go where the fits run
    goal, task_reason = choose_target(table, target, task=task)
    table, without_target = with_target_present(table, target)
    series = None if start is None else start.preprocessing.series
    if series is None and time_column is not None and lag:
        series = Series.of(table, time_column, lag, group, without=(*drop, weight))
    if series is not None:
        table = series.looked_back(table)
        time_column, lag, group = series.time, series.lags, series.group
    table = _with_weight(table, weight)
    if start is None and table.rows < FEWEST_ROWS:
        that = f"a value of '{target}'" + (f" and {lag} rows before them" if lag else "")
        raise InputError(
            f"{table.source}: {table.rows} rows with {that} are too few to learn from and to test on; expected at "
            f"least {FEWEST_ROWS}: add rows"
        )
    columns = _described(table, target, group=group, weight=weight, **asked)
    if isinstance(goal, ClassTarget):
        judged_by = metric_for(metric, "classification").name
    else:
        judged_by = metric_for(metric, "regression", table.column(target).astype(np.float64)).name
    how = Division(
        test=float(test) if isinstance(test, (int, float, np.number)) else _own(test, table, series),
        validation=None if validation is None else _own(validation, table, series),
        group=group, time=time_column, weight=weight, seed=int(seed), together=streamed is not None,
    )  # fmt: skip
    members = MEMBERS[effort] if start is None else members_of(start)
    parts = divide(table, goal, [column.name for column in columns if column.kind.used], how, members)
    notes = [*table.notes, *parts.notes]
    if time_column is None and (named := time_like(columns)) and parts.tested is not None:
        notes.append(
            f"{', '.join(map(repr, named))}: the rows have a time, and those set aside are drawn at random; to test on "
            f"the latest ones: time_column='{named[0]}'"
        )
    if isinstance(goal, NumberTarget):
        for rows in (parts.rows, parts.tested):
            if rows is not None:  # a figure that they do not allow is refused now, not after the training
                metric_for(metric, "regression", rows.column(target).astype(np.float64))
        goal = NumberTarget.fit(target, parts.rows.column(target)[parts.learned])
    if start is not None:
        goal = same_target(start, goal)
    begun = TableRun(
        network=None,  # type: ignore[arg-type]
        preprocessing=None,  # type: ignore[arg-type]
        target=goal,
        columns=columns,
        task_reason=task_reason,
        notes=notes,
        data={
            "source": table.source,
            "path": str(Path(data).absolute()) if isinstance(data, (str, os.PathLike)) else None,
            "fingerprint": digest,
            "columns": columns_read,
            "rows": rows_read,
            "without_target": without_target,
            "trained": parts.rows.rows,
            "watched": int(parts.watched.sum()),
            "tested": 0 if parts.tested is None else parts.tested.rows,
        },
        settings={
            "test": how.test if isinstance(how.test, (int, float)) else how.test.source,
            "validation": None if how.validation is None else how.validation.source,
            "effort": effort,
            "metric": judged_by,
            "seed": int(seed),
            "engine": engine,
            "precision": precision,
            **{name: list(names) for name, names in asked.items()},
            "group": group,
            "time_column": time_column,
            "lag": lag,
            "weight": weight,
            "members": members,
            "limit": limit,
            "sample": None if streamed is None else streamed.sample.rows,
        },
    )
    if start is not None:
        begun.notes.extend(told_of_start(start, begun))
    with keeping_of(out, begun, resume) as keeping, fits_on(on) as fits:
        result = learn_table(
            begun, parts, start=start, series=series, effort=effort, epochs=epochs, engine=engine, compare=compare,
            progress=progress, listeners=callbacks, told=told, keeping=keeping, streamed=streamed,
            fits=None if on is None else fits, devices=devices,
            limit=None if limit is None else limit - (time.perf_counter() - began),
        )  # fmt: skip
        return put_away(result, keeping)


def _check_on(on: str | None, limit: float | None, resume: bool, callbacks: Sequence[Any]) -> None:
    """Raise `InputError` for what networks cannot have that are trained apart."""
    if on is None:
        return
    check_on(on)
    for name, asked, why in (
        ("limit (--time)", limit is not None, "epochs are planned by the speed of one machine; give epochs"),
        ("resume", resume, "networks that are trained apart leave no checkpoint; train anew"),
        ("callbacks (--page)", bool(callbacks), "they would hear of it only when all is done; train without them"),
    ):
        if asked:
            raise InputError(f"train: {name} cannot be used with on={on!r}: {why}, or leave on out")


def _read(data: Any, progress: bool | None, start: TableRun | None, words: set[str]) -> Table:
    """Return the rows, read as those of a run to go on from were; of columns of `words` no word is taken as missing."""
    table = read(data, progress, None if start is None else start.preprocessing.european)
    if start is None and words & table.european.keys():
        table = read(data, progress, {name: way for name, way in table.european.items() if name not in words})
    return table


def _own(data: Any, table: Table, series: Series | None) -> Table:
    """Return a table of a person's own, read as the table was, and looking back as it does."""
    found = table_from(data, table.european)
    return found if series is None else series.after(found)


def _with_weight(table: Table, weight: str | None) -> Table:
    """Return the rows that count at all: one of weight 0 is to change nothing."""
    if weight is None or table.column(weight).dtype.kind != "f" or (table.column(weight) != 0).all():
        return table
    counted = table.column(weight) != 0
    if not counted.any():
        raise InputError(f"{table.source}: the weight '{weight}' is 0 in every row")
    kept = table.select(counted)
    kept.notes.append(f"{int((~counted).sum()):,} row(s) of weight 0 left out")
    return kept


def _described(
    table: Table, target: str, *, group: str | None, weight: str | None, **asked: Sequence[str]
) -> list[Column]:
    """Return what each column is; those that say how rows belong together or count are no inputs."""
    roles = {group: "says which rows belong together", weight: "says how much each row counts"}
    named = {name: words for name, words in roles.items() if name is not None}
    described = describe_columns(table, target, **{**asked, "drop": [*asked["drop"], *named]})
    return [
        replace(column, kind=ColumnKind.DROPPED, reason=f"{named[column.name]}: no input")
        if column.name in named and column.name not in asked["drop"]
        else column
        for column in described
    ]
