"""What `cutaway train` says when it is done, for a person to read."""

from __future__ import annotations

import shlex
from math import floor, log10
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cutaway.cli.printable import printable
from cutaway.data.columns import Column
from cutaway.runs.scores import Scores
from cutaway.runs.table_run import TableRun

MOST_COLUMNS = 20  # more are counted, not listed
WIDEST_NAME = 28


def show(run: TableRun, console: Console, folder: Path, data: Path, replaced: bool) -> None:
    """Print what was read, how it was taken, what was trained, how good it is, and what to type next."""
    console.print()
    console.print(_facts(before(run, data)))
    console.print()
    console.print(columns_table(run.columns))
    console.print()
    console.print(_facts(training(run)))
    console.print()
    if run.scores is not None:
        console.print(Text(f"On {run.scores.rows:,} rows that training never saw", style="bold"))
        console.print(score_table(run, run.scores))
        if not run.scores.better:
            console.print(
                Text("This is no better than chance would make it: there may be nothing to learn here,", "yellow")
            )
            console.print(Text("or too few rows to tell.", "yellow"))
    else:
        console.print(Text("No rows were set aside, so how good it is on new rows is not known.", "yellow"))
    console.print()
    ask = f"cutaway predict {shlex.quote(str(folder))} {shlex.quote(str(data))} -o predictions.csv"
    told = f"{folder}" + (" (in place of the earlier run)" if replaced else "")
    # A command to copy must not be broken into lines by us.
    for name, value in (("saved", told), ("next", ask)):
        console.print(Text.assemble((f"{name:10}", "bold"), printable(value)), soft_wrap=True)


def before(run: TableRun, data: Path) -> list[tuple[str, str]]:
    """Return what was read, and what is to be predicted."""
    about = run.data
    facts = [
        ("data", f"{data.name}: {about['rows']:,} rows, {about['columns']:,} columns"),
        ("predict", run.target.column),
        ("task", run.task_reason),
    ]
    return (
        facts
        + [("repaired" if not place else "", note) for place, note in enumerate(run.notes[:12])]
        + ([("", f"… and {len(run.notes) - 12} more, all in run.json")] if len(run.notes) > 12 else [])
    )


def training(run: TableRun) -> list[tuple[str, str]]:
    """Return what was trained, on what, and how long it took."""
    about, summary = run.data, run.summary()
    best = f", the best of them kept by {about['watched']:,} rows to watch" if about["watched"] else ""
    each = " each" if summary["members"] > 1 else ""
    engine = {"numpy": "NumPy", "xla": "XLA"}.get(run.engine, run.engine)
    facts = [
        ("network", f"{run.settings['recipe']}; {summary['weights']:,} weights{each}"),
        ("trained", f"{summary['epochs']} epochs of {about['trained']:,} rows{best}"),
        ("engine", f"{engine} in {run.seconds:.1f} s: {run.reason}"),
    ]
    return facts + [(event.what, event.message) for event in run.events if event.what != "engine"]


def _facts(facts: list[tuple[str, str]]) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="bold", min_width=8, no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in facts:
        grid.add_row(Text(name), Text(printable(value)))
    return grid


def columns_table(columns: list[Column]) -> Table:
    """Return the columns as they were taken; those left out first where there are too many to list."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("column", overflow="ellipsis", no_wrap=True, max_width=WIDEST_NAME)
    table.add_column("taken as", no_wrap=True)
    table.add_column("missing", justify="right", no_wrap=True)
    table.add_column("why", overflow="fold")
    shown = columns
    if len(columns) > MOST_COLUMNS:
        unused = [column for column in columns if not column.kind.used]
        used = [column for column in columns if column.kind.used]
        chosen = {column.name for column in (unused + used)[: MOST_COLUMNS - 1]}
        shown = [column for column in columns if column.name in chosen]
    for column in shown:
        style = "" if column.kind.used else "dim"
        missing = f"{column.missing:,}" if column.missing else ""
        table.add_row(
            Text(printable(column.name)), column.kind.value, missing, Text(printable(column.reason)), style=style
        )
    if len(shown) < len(columns):
        kinds: dict[str, int] = {}
        names = {column.name for column in shown}
        for column in columns:
            if column.name not in names:
                kinds[column.kind.value] = kinds.get(column.kind.value, 0) + 1
        counted = ", ".join(f"{kind} × {count}" for kind, count in kinds.items())
        table.add_row(f"… {len(columns) - len(shown)} more", "", "", f"{counted}; all in run.json", style="dim")
    return table


def score_table(run: TableRun, scores: Scores) -> Table:
    """Return the score with its interval, beside the baseline."""
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    table.add_column(no_wrap=True, overflow="ellipsis", max_width=34)
    table.add_column(justify="right", no_wrap=True, style="bold")
    table.add_column(overflow="fold")
    low, high = scores.interval
    if scores.metric == "accuracy":
        table.add_row("right", percent(scores.value), f"95 % interval {percent(low)} to {percent(high)}")
        table.add_row(Text(printable(f"right by always saying {scores.always}")), percent(scores.baseline), "")
    else:
        table.add_row("typical error", figure(scores.value), f"RMSE, 95 % interval {figure(low)} to {figure(high)}")
        table.add_row(Text(f"by always saying {figure(float(scores.always))}"), figure(scores.baseline), "RMSE")
    for name, value in scores.others.items():
        table.add_row(name, figure(value, 3), "", style="dim")
    return table


def percent(share: float) -> str:
    """Return a share in per cent, with one decimal.

    >>> percent(0.98551)
    '98.6 %'
    """
    return f"{100 * share:.1f} %"


def figure(value: float, digits: int = 4) -> str:
    """Return a number with so many significant digits, and thousands set apart.

    >>> figure(45812.37), figure(0.0123456), figure(3.0)
    ('45,810', '0.01235', '3')
    """
    if value == 0 or value != value or abs(value) == float("inf"):
        return f"{value:g}"
    rounded = round(value, digits - 1 - floor(log10(abs(value))))
    return f"{rounded:,.0f}" if abs(rounded) >= 10 ** (digits - 1) else f"{rounded:.{digits}g}"
