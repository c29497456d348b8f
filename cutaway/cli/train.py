"""`cutaway train`: from a table to a trained and tested network."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from cutaway.cli.values import seconds, share_or_table, whole
from cutaway.errors import InputError

if TYPE_CHECKING:
    from cutaway.runs.table_run import TableRun

FINISHED, STOPPED = 0, 130
WIDEST = 100  # longer lines are hard to read, however wide the terminal


def train(
    data: Path,
    /,
    *,
    target: str,
    out: Annotated[Path | None, Parameter(name=["--out", "-o"])] = None,
    test: Annotated[float | Path, Parameter(converter=share_or_table)] = 0.2,
    validation: Path | None = None,
    effort: Literal["quick", "standard", "best"] = "standard",
    limit: Annotated[float | None, Parameter(name="--time", converter=seconds)] = None,
    epochs: Annotated[int | None, Parameter(converter=whole)] = None,
    task: Literal["classification", "regression"] | None = None,
    metric: str | None = None,
    seed: Annotated[int, Parameter(converter=whole)] = 0,
    engine: Literal["auto", "numpy", "xla"] = "auto",
    category: Annotated[list[str] | None, Parameter(negative="")] = None,
    number: Annotated[list[str] | None, Parameter(negative="")] = None,
    text: Annotated[list[str] | None, Parameter(negative="")] = None,
    date: Annotated[list[str] | None, Parameter(negative="")] = None,
    drop: Annotated[list[str] | None, Parameter(negative="")] = None,
    group: str | None = None,
    time_column: str | None = None,
    lag: Annotated[int, Parameter(converter=whole)] = 0,
    weight: str | None = None,
    compare: Annotated[bool, Parameter(name="--compare", negative="--no-compare")] = True,
    start: Annotated[Path | None, Parameter(name="--from")] = None,
    json_: Annotated[bool, Parameter(name="--json", negative="", show_default=False)] = False,
    quiet: Annotated[bool, Parameter(negative="", show_default=False)] = False,
) -> int:
    """Train a network that predicts one column of a table from the others.

    The table may be csv, tsv, parquet or JSON lines, packed or not. What each column is, what kind of task it is, the
    network and its training are chosen and said. A share of the rows is set aside before anything is learned, and the
    score on it is shown beside that of boosted trees and of always giving the same answer.

    Example: `cutaway train houses.csv --target price`

    Parameters
    ----------
    data
        The table.
    target
        The column to predict.
    out
        The folder for the run; runs/NAME for NAME.csv when not given. An earlier run there is replaced, though not by
        one that is interrupted.
    test
        The share of the rows to set aside for the score, 0 for none; or a table of such rows.
    validation
        A table of rows to choose the best weights by; rows of the table take turns when not given.
    effort
        standard: several networks, averaged. quick: one small network, for a first look. best: many
        kinds of network tried, the best of them mixed; takes several times as long.
    limit
        How long the whole command may take, such as 60s, 2m or 1h: fewer epochs then have to do.
    epochs
        How often every row is seen; by the number of rows when not given.
    task
        Told from the target's values when not given.
    metric
        What to score by, such as roc_auc, log_loss or mae; accuracy or rmse when not given.
    seed
        The same seed gives the same run.
    engine
        Which engine trains; auto takes the one that is done sooner.
    category
        A column to take as categories, whatever it holds; may be repeated.
    number
        A column to take as a number, whatever it looks like; may be repeated.
    text
        A column to take as text, whose words are counted; may be repeated.
    date
        A column to take as dates; may be repeated.
    drop
        A column to leave out; may be repeated.
    group
        A column: rows of one group, such as a patient, stay on one side of every cut.
    time_column
        A column: what is tested is later than what is learned from.
    lag
        For a series in the order of the time column: the last so many values of each column are further inputs.
    weight
        A column that says how much each row counts.
    compare
        Whether boosted trees are grown on the same rows, to compare with.
    start
        A run to go on from: its networks learn on, from these rows.
    json_
        Print the summary as JSON.
    quiet
        Print nothing but errors.
    """
    from cutaway.runs.load import load_table
    from cutaway.runs.train_table import train_table
    from cutaway.storage.run_folder import check_place

    for option, table in (("--test", test), ("--validation", validation)):
        if isinstance(table, Path) and table.exists() and data.exists() and table.samefile(data):
            raise InputError(f"{option} {table}: is the table to learn from, which would tell nothing; give other rows")
    folder = out or Path("runs") / run_name(data)
    replaces = check_place(folder)
    show_before, show_after = (None, None) if quiet or json_ else _shown(data, folder, replaces)
    run = train_table(
        data,
        target,
        test=test,
        validation=validation,
        effort=effort,
        limit=limit,
        epochs=epochs,
        task=task,
        metric=metric,
        seed=seed,
        engine=engine,
        category=category or (),
        number=number or (),
        text=text or (),
        date=date or (),
        drop=drop or (),
        group=group,
        time_column=time_column,
        start=None if start is None else load_table(start),
        lag=lag,
        weight=weight,
        compare=compare,
        out=folder,
        progress=False if quiet or json_ else None,
        told=show_before,
    )
    if json_:
        sys.stdout.write(json.dumps(_told(run), ensure_ascii=False, indent=1) + "\n")
    if show_after is not None:
        show_after(run)
    return STOPPED if run.interrupted else FINISHED


def _told(run: TableRun) -> dict[str, Any]:
    """Return the summary as data, with what the screen says besides."""
    from cutaway.cli.agreement import agreement
    from cutaway.cli.scoreboard import verdict
    from cutaway.data.targets import NumberTarget

    both = run.estimate is not None and run.scores is not None
    return {
        **run.summary(),
        "agreement": agreement(run.estimate, run.scores) if both else None,  # type: ignore[arg-type]
        "margins": [list(pair) for pair in run.target.margins] if isinstance(run.target, NumberTarget) else None,
        "verdict": verdict(run)[0],
        "run": str(run.path),
    }


def _shown(data: Path, folder: Path, replaces: bool) -> tuple[Callable[[TableRun], None], Callable[[TableRun], None]]:
    """Return what prints what was read, before training begins, and what prints how it went."""
    from rich.console import Console

    from cutaway.cli.summary import show_after, show_before

    console = Console()
    console.width = min(console.width, WIDEST)
    return (
        lambda run: show_before(run, console, data),
        lambda run: show_after(run, console, folder, data, replaces),
    )


def run_name(data: Path) -> str:
    """Return the name of a run from that of its data, without the endings.

    >>> run_name(Path("data/houses.csv.gz"))
    'houses'
    """
    return re.sub(r"(\.(csv|tsv|txt|parquet|json|jsonl|ndjson|gz|bz2|xz|zip))+$", "", data.name, flags=re.I) or "run"
