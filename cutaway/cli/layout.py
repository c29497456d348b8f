"""How what a command says is laid out: facts by name, tables, and where the run is."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from cutaway.cli.printable import as_options, printable
from cutaway.storage.run_folder import CHECKPOINT, REPORT


def show(console: Console, *parts: RenderableType) -> None:
    """Print, without the blanks that fill up the columns of a table where no terminal shows it."""
    for part in parts:
        if console.is_terminal:
            console.print(part)
        else:
            with console.capture() as captured:
                console.print(part)
            console.file.writelines(f"{line.rstrip()}\n" for line in captured.get().splitlines())
    console.file.flush()


def facts(pairs: list[tuple[str, str]]) -> Table:
    """Return names and what there is to say of each, in two columns."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="bold", min_width=8, no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in pairs:
        grid.add_row(Text(name), Text(as_options(printable(value))))
    return grid


def show_saved(console: Console, place: Path, folder: Path, replaced: bool, ask: str) -> None:
    """Print where the run is, if not in the folder asked for why, how to go on if stopped, and what to type next."""
    told = f"{place}"
    if place != folder:
        told += f" (interrupted; the finished run in {folder} stays)"
    elif replaced:
        told += " (in place of the earlier run)"
    show(console, "")
    lines = [("saved", told), ("next", ask)]
    if (place / REPORT).is_file():
        lines.insert(1, ("report", f"{place / REPORT}"))
    if (folder / CHECKPOINT).is_dir():  # it is there until the training is finished
        lines.insert(-1, ("to go on", "the same command with --resume"))
    # A command to copy must not be broken into lines by us.
    for name, value in lines:
        console.print(Text.assemble((f"{name:10}", "bold"), printable(value)), soft_wrap=True)
