"""`cutaway explain`: why a run answers as it does, and every number on the way."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from cutaway.cli.values import whole
from cutaway.errors import InputError

if TYPE_CHECKING:
    from rich.console import Console

    from cutaway.explain.picture import PictureExplanation
    from cutaway.explain.record import Trace
    from cutaway.explain.row import RowExplanation
    from cutaway.explain.text import TextExplanation

BAR = 8  # letters of the longest bar
Whole = Annotated[int | None, Parameter(converter=whole)]


def explain(
    run: Path,
    picture: Path | None = None,
    /,
    *,
    row: Whole = None,
    data: Path | None = None,
    class_: Annotated[str | None, Parameter(name="--class")] = None,
    against: Whole = None,
    text: str | None = None,
    input_: Annotated[Path | None, Parameter(name="--input")] = None,
    network: Whole = None,
    ledger: Annotated[bool, Parameter(negative="", show_default=False)] = False,
    html: Path | None = None,
    json_: Annotated[bool, Parameter(name="--json", negative="", show_default=False)] = False,
) -> int:
    """Explain one answer of a run: a row of a table, a text, or a picture.

    For a row: what each of your columns contributed to the prediction, so that it adds up, and the arithmetic of one of
    the run's networks with the weights to blame. For a text: how likely each token was and where each head of attention
    looked. For a picture: the pixels that the answer depends on, and the first filters.

    Example: `cutaway explain runs/houses --row 17`

    Parameters
    ----------
    run
        The run's folder, or an .onnx file.
    picture
        The picture to explain, for a run on pictures.
    row
        The row to explain, counted from 1, of the table that the run learned from, of --data or of --input.
    data
        A table that holds the row.
    class_
        The class whose score is explained; the predicted one when not given.
    against
        The row to compare with, counted from 1; the middle of training when not given.
    text
        The text to explain, for a run on text.
    input_
        A file of rows, .npy, for a network that was trained on arrays, or an .onnx file.
    network
        Which of several networks the ledger is of, counted from 1; the first when not given.
    ledger
        Print every operation too, not only the neurons and the weights to blame.
    html
        A file to write the whole explanation to, as one page.
    json_
        Print the explanation as JSON.
    """
    from cutaway.atomic import write_complete

    found = _found(run, picture, row, data, class_, against, text, input_, network)
    if html is not None:
        if html.is_dir() or html.suffix.lower() not in (".html", ".htm"):
            raise InputError(f"--html is {html}; expected a file such as explained.html")
        write_complete(html, found.html().encode())
    if json_:
        sys.stdout.write(json.dumps(found.to_json(), ensure_ascii=False, indent=1) + "\n")
        return 0
    from rich.console import Console

    console = Console(file=sys.stdout, highlight=False)
    _show(console, found, ledger)
    if html is not None:
        console.print(f"\n{'page':10}{html}", soft_wrap=True, markup=False)
    return 0


def _found(
    run: Path,
    picture: Path | None,
    row: int | None,
    data: Path | None,
    class_: str | None,
    against: int | None,
    text: str | None,
    input_: Path | None,
    network: int | None,
) -> RowExplanation | TextExplanation | PictureExplanation | Trace:
    """Return the explanation of what was asked for; raises `InputError` for what does not fit the kind of run."""
    from cutaway.layers import Layer
    from cutaway.runs.explaining import explain_picture, explain_row, explain_rows, explain_text, load_network
    from cutaway.runs.load import load
    from cutaway.runs.run import Run
    from cutaway.runs.table_run import TableRun
    from cutaway.runs.text_run import TextRun

    loaded: Any = load_network(run) if run.suffix.lower() == ".onnx" else load(run)
    member = None if network is None else _from_one("--network", network)
    if type(loaded) is Run or isinstance(loaded, Layer):
        if input_ is None or text is not None or picture is not None or data is not None:
            raise InputError(
                f"{run}: takes arrays; give a file of rows with --input rows.npy, and --row for another one"
            )
        return explain_rows(loaded, input_, 0 if row is None else _from_one("--row", row), class_, member)
    if input_ is not None:
        raise InputError(
            f"--input is for networks that were trained on arrays; {run} takes a table, a text or a picture"
        )
    if isinstance(loaded, TableRun):
        _check_for(run, "a table", {"--text": text, "a picture": picture})
        if row is None:
            raise InputError(f"{run}: learned from a table; say which row to explain with --row, such as --row 1")
        other = None if against is None else _from_one("--against", against)
        return explain_row(loaded, data, _from_one("--row", row), class_=class_, against=other, member=member)
    if isinstance(loaded, TextRun):
        _check_for(run, "a text", {"--row": row, "--data": data, "--against": against, "a picture": picture})
        if text is None:
            raise InputError(f'{run}: learned from a text; give the text to explain with --text "…"')
        return explain_text(loaded, text)
    _check_for(run, "pictures", {"--row": row, "--data": data, "--against": against, "--text": text})
    if picture is None:
        raise InputError(f"{run}: learned from pictures; give the picture's file after the run")
    if picture.is_dir():
        raise InputError(f"{picture}: is a folder; one picture is explained at a time: give its file")
    return explain_picture(loaded, picture, class_, member)


def _check_for(run: Path, source: str, given: dict[str, object]) -> None:
    """Raise `InputError` for the first option given that is not for a run on such data."""
    for option, value in given.items():
        if value is not None:
            raise InputError(f"{option} is not for a run on {source}, as {run} is; leave it out")


def _from_one(option: str, number: int) -> int:
    """Return a place counted from 0 for one counted from 1."""
    if number < 1:
        raise InputError(f"{option} is {number}; rows and networks are counted from 1")
    return number - 1


def _show(console: Console, found: Any, whole: bool) -> None:
    """Print an explanation: a row's with its arithmetic, others as they are."""
    from rich.text import Text

    from cutaway.cli.layout import facts, show
    from cutaway.cli.printable import printable
    from cutaway.explain.record import Trace
    from cutaway.explain.row import RowExplanation, adding_up

    if isinstance(found, Trace):
        return _show_ledger(console, found, whole)
    if not isinstance(found, RowExplanation):
        for line in str(found).splitlines():
            console.print(printable(line), markup=False, soft_wrap=True)
        return None
    from cutaway.explain.figures import shown

    pairs = [("row", found.source), ("predict", found.prediction)]
    pairs += [("truth", found.truth)] if found.truth else []
    pairs += [("note", note) for note in found.notes]
    show(console, "", facts(pairs), "")
    ends = f"{shown(found.shares.at_baseline)} → {shown(found.shares.output)}"
    show(console, Text(printable(f"What moved {found.score}: {ends}"), "bold"))
    show(console, Text(printable(f"compared with {found.baseline}"), "dim"), "")
    show(console, _columns(found, console.width), "")
    show(console, Text(printable(adding_up(found.shares)), "dim"), "")
    return _show_ledger(console, found.trace, whole)


def _show_ledger(console: Console, trace: Trace, whole: bool) -> None:
    """Print the neurons and the blame of a trace, and every operation where the whole is wanted."""
    from rich.text import Text

    from cutaway.cli.printable import printable

    lines = str(trace).splitlines()
    begin = next(place for place, line in enumerate(lines) if line.startswith("Every operation"))
    end = next((place for place, line in enumerate(lines) if line.startswith("Weights on which")), len(lines))
    kept = lines if whole else [*lines[:begin], *lines[end:]]
    for line in kept:
        bold = bool(line) and not line.startswith(" ")
        console.print(Text(printable(line), "bold" if bold else ""), soft_wrap=True)
    if not whole:
        console.print(Text("\n--ledger prints every operation, --html FILE draws it all on a page", "dim"))


def _columns(found: RowExplanation, width: int) -> Any:
    """Return the table of columns with a bar for each contribution."""
    from rich.table import Table
    from rich.text import Text

    from cutaway.cli.printable import printable
    from cutaway.explain.row import signed

    table = Table(box=None, padding=(0, 1), pad_edge=False, header_style="dim")
    table.add_column("column", max_width=max(16, 3 * width // 10), overflow="fold")
    for name, least in (("here", 8), ("network sees", 10), ("against", 8)):
        table.add_column(name, min_width=least, overflow="fold")
    table.add_column("contribution", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    largest = max(abs(each.contribution) for each in found.columns) or 1.0
    for each in found.columns:
        length = round(abs(each.contribution) / largest * BAR)
        style = "blue" if each.contribution > 0 else "dark_orange"
        table.add_row(
            *(Text(printable(cell)) for cell in (each.column, each.value, each.arrow, each.baseline)),
            Text(signed(each.contribution)), Text("█" * length, style),
        )  # fmt: skip
    return table
