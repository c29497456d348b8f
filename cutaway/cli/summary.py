"""What `cutaway train` says before and after training, for a person to read."""

from __future__ import annotations

import shlex
from pathlib import Path

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from cutaway.cli.layout import facts, show, show_saved
from cutaway.cli.printable import as_options, engine_name, printable
from cutaway.cli.scoreboard import explained, heading, score_table, verdict
from cutaway.data.columns import Column, ColumnKind
from cutaway.layers import Blend
from cutaway.runs.table_run import TableRun

MOST_COLUMNS = 20  # more are counted, not listed
MOST_NOTES = 12
NARROWEST_NAME = 16


def show_before(run: TableRun, console: Console, data: Path) -> None:
    """Print what was read, how it was taken, and what is to be trained."""
    show(console, "", facts(before(run, data)), "", columns_table(run.columns, console.width), "")


def show_after(run: TableRun, console: Console, folder: Path, data: Path, replaced: bool) -> None:
    """Print what was trained, how good it is, and what to type next."""
    show(console, facts(training(run)), "")
    scores = run.scores or run.estimate
    if scores is not None:
        show(console, Text(heading(scores), style="bold"), "", score_table(run), "", facts(explained(run)))
    words, style = verdict(run)
    if words:
        show(console, "", Text(printable(words), style))
    ask = f"cutaway predict {shlex.quote(str(run.path or folder))} {shlex.quote(str(data))} -o predictions.csv"
    show_saved(console, run.path or folder, folder, replaced, ask)


def before(run: TableRun, data: Path) -> list[tuple[str, str]]:
    """Return what was read, what is to be predicted, and by what."""
    about = run.data
    facts = [
        ("data", f"{data.name}: {about['rows']:,} rows, {about['columns']:,} columns"),
        ("predict", run.target.column),
        ("task", run.task_reason),
        *(("notes" if not place else "", note) for place, note in enumerate(run.notes[:MOST_NOTES])),
    ]
    if len(run.notes) > MOST_NOTES:
        facts.append(("", f"… and {len(run.notes) - MOST_NOTES} more, all in run.json"))
    return [*facts, ("network", run.settings["recipe"])]


def training(run: TableRun) -> list[tuple[str, str]]:
    """Return what was trained, on what, and how long it took."""
    about, summary = run.data, run.summary()
    rows, watched, members = about["trained"], about["watched"], summary["members"]
    best = ""
    if watched == rows and watched:
        best = "; each kept its best weights by the rows it held out"
    elif watched:
        best = f", the best weights kept by {watched:,} rows held out"
        rows -= watched
    many = f"{members} networks of {summary['weights']:,} weights each"
    if isinstance(run.network, Blend):
        many = f"a mixture of {members} kinds of network, {summary['weights']:,} weights in one with the largest share"
    size = many if members > 1 else f"one network of {summary['weights']:,} weights"
    epochs = f"{summary['epochs']} epoch{'' if summary['epochs'] == 1 else 's'}"
    facts = [
        ("trained", f"{size}; {epochs} of {rows:,} rows{best}"),
        ("engine", f"{engine_name(run.engine)} in {run.seconds:.1f} s{because(run.reason)}"),
    ]
    return facts + [(event.what, event.message) for event in run.events if event.what != "engine"]


def because(reason: str) -> str:
    """Return why an engine was chosen; the seconds in it were expected, not measured.

    >>> because("about 20 s of work on NumPy, about 4.9 s compiled"), because("as asked")
    ('; chosen because it expected about 20 s of work on NumPy, about 4.9 s compiled', ', as asked')
    """
    if reason.startswith("about "):
        return f"; chosen because it expected {reason}"
    return f", {reason}" if reason == "as asked" else f": {reason}"


def columns_table(columns: list[Column], width: int = 80) -> Table:
    """Return the columns as they were taken; those left out first where there are too many to list."""
    shown = columns
    if len(columns) > MOST_COLUMNS:
        unused = [column for column in columns if not column.kind.used]
        used = [column for column in columns if column.kind.used]
        chosen = {column.name for column in (unused + used)[: MOST_COLUMNS - 1]}
        shown = [column for column in columns if column.name in chosen]
    gaps = any(column.missing for column in shown)
    # Names have the room that is left when the ranges of numbers stand in a line each.
    ranges = max((min(len(column.reason), 44) for column in shown if column.kind is ColumnKind.NUMBER), default=30)
    room = width - max((len(column.kind.value) for column in shown), default=0) - ranges - (15 if gaps else 6)
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("column", overflow="ellipsis", no_wrap=True, max_width=max(room, NARROWEST_NAME))
    table.add_column("taken as", no_wrap=True)
    if gaps:
        table.add_column("missing", justify="right", no_wrap=True)
    table.add_column("why", overflow="fold")

    def add(name: str, kind: str, missing: int, reason: str, style: str) -> None:
        cells: list[RenderableType] = [Text(printable(name)), kind]
        if gaps:
            cells.append(f"{missing:,}" if missing else "")
        table.add_row(*cells, Text(as_options(printable(reason))), style=style)

    for column in shown:
        add(column.name, column.kind.value, column.missing, column.reason, "" if column.kind.used else "dim")
    if len(shown) < len(columns):
        kinds: dict[str, int] = {}
        names = {column.name for column in shown}
        for column in columns:
            if column.name not in names:
                kinds[column.kind.value] = kinds.get(column.kind.value, 0) + 1
        counted = ", ".join(f"{kind} × {count}" for kind, count in kinds.items())
        add(f"… {len(columns) - len(shown)} more", "", 0, f"{counted}; all in run.json", "dim")
    return table
