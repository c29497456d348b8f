"""`cutaway train`: from a table to a trained and tested network."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

FINISHED, STOPPED = 0, 130


def train(
    data: Path,
    /,
    *,
    target: str,
    out: Path | None = None,
    test: float = 0.2,
    effort: Literal["quick", "standard"] = "standard",
    epochs: int | None = None,
    task: Literal["classification", "regression"] | None = None,
    seed: int = 0,
    engine: Literal["auto", "numpy", "xla"] = "auto",
    category: Annotated[list[str] | None, Parameter(negative="")] = None,
    drop: Annotated[list[str] | None, Parameter(negative="")] = None,
    json_: Annotated[bool, Parameter(name="--json", negative="", show_default=False)] = False,
    quiet: Annotated[bool, Parameter(negative="", show_default=False)] = False,
) -> int:
    """Train a network that predicts one column of a table from the others.

    The table may be csv, tsv, parquet or JSON lines, packed or not. What each column is, what kind of task it is, the
    network and its training are chosen and said. A share of the rows is set aside before anything is learned, and the
    score on it is shown beside a trivial baseline.

    Example: `cutaway train houses.csv --target price`

    Parameters
    ----------
    data
        The table.
    target
        The column to predict.
    out
        The folder for the run; runs/NAME for NAME.csv when not given. An earlier run there is replaced.
    test
        The share of the rows to set aside for the score; 0 for none.
    effort
        standard: several networks, averaged. quick: one small network, for a first look.
    epochs
        How often every row is seen; by the number of rows when not given.
    task
        Told from the target's values when not given.
    seed
        The same seed gives the same run.
    engine
        Which engine trains; auto takes the one that is done sooner.
    category
        A column to take as categories, whatever it holds; may be repeated.
    drop
        A column to leave out; may be repeated.
    json_
        Print the summary as JSON.
    quiet
        Print nothing but errors.
    """
    from cutaway.runs.train import train as train_table
    from cutaway.storage.run_folder import check_place

    folder = out or Path("runs") / run_name(data)
    replaces = check_place(folder)
    run = train_table(
        data,
        target,
        test=test,
        effort=effort,
        epochs=epochs,
        task=task,
        seed=seed,
        engine=engine,
        category=category or (),
        drop=drop or (),
        out=folder,
        progress=False if quiet or json_ else None,
    )
    if json_:
        sys.stdout.write(json.dumps({**run.summary(), "run": str(folder)}, ensure_ascii=False, indent=1) + "\n")
    elif not quiet:
        from rich.console import Console

        from cutaway.cli.summary import show

        show(run, Console(), folder, data, replaces)
    return STOPPED if run.interrupted else FINISHED


def run_name(data: Path) -> str:
    """Return the name of a run from that of its data, without the endings.

    >>> run_name(Path("data/houses.csv.gz"))
    'houses'
    """
    return re.sub(r"(\.(csv|tsv|txt|parquet|json|jsonl|ndjson|gz|bz2|xz|zip))+$", "", data.name, flags=re.I) or "run"
