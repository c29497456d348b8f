"""`cutaway train`: from a table to a trained and tested network."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter, Token

if TYPE_CHECKING:
    from cutaway.runs.table_run import TableRun

FINISHED, STOPPED = 0, 130


def whole(_: Any, tokens: Sequence[Token]) -> int:
    """Return the whole number that was typed; 1.5 is none, though it could be rounded."""
    word = tokens[0].value
    if re.fullmatch(r"[+-]?[0-9]{1,1000}", word) is None:
        raise ValueError(f"'{word}' is not a whole number.")
    return int(word)


def train(
    data: Path,
    /,
    *,
    target: str,
    out: Annotated[Path | None, Parameter(name=["--out", "-o"])] = None,
    test: float = 0.2,
    effort: Literal["quick", "standard"] = "standard",
    epochs: Annotated[int | None, Parameter(converter=whole)] = None,
    task: Literal["classification", "regression"] | None = None,
    seed: Annotated[int, Parameter(converter=whole)] = 0,
    engine: Literal["auto", "numpy", "xla"] = "auto",
    category: Annotated[list[str] | None, Parameter(negative="")] = None,
    number: Annotated[list[str] | None, Parameter(negative="")] = None,
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
        The folder for the run; runs/NAME for NAME.csv when not given. An earlier run there is replaced, though not by
        one that is interrupted.
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
    number
        A column to take as a number, whatever it looks like; may be repeated.
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
    show_before, show_after = (None, None) if quiet or json_ else _shown(data, folder, replaces)
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
        number=number or (),
        drop=drop or (),
        out=folder,
        progress=False if quiet or json_ else None,
        told=show_before,
    )
    if json_:
        sys.stdout.write(json.dumps({**run.summary(), "run": str(run.path)}, ensure_ascii=False, indent=1) + "\n")
    if show_after is not None:
        show_after(run)
    return STOPPED if run.interrupted else FINISHED


def _shown(data: Path, folder: Path, replaces: bool) -> tuple[Callable[[TableRun], None], Callable[[TableRun], None]]:
    """Return what prints what was read, before training begins, and what prints how it went."""
    from rich.console import Console

    from cutaway.cli.summary import show_after, show_before

    console = Console()
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
