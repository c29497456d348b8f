"""`cutaway capacity`: bias and variance of networks on a table, and what would help."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from cutaway.cli.values import whole
from cutaway.errors import InputError

if TYPE_CHECKING:
    from rich.console import Console

    from cutaway.runs.capacity import Capacity

ENDINGS = (".svg", ".png", ".pdf")
WIDEST = 100  # longer lines are hard to read, however wide the terminal
Whole = Annotated[int, Parameter(converter=whole)]
Several = Annotated[list[str] | None, Parameter(negative="")]


def capacity(
    data: Path,
    /,
    *,
    target: str,
    vary: Literal["width", "depth", "epochs", "weight-decay", "rows"] = "width",
    values: str | None = None,
    widths: str | None = None,
    width: Whole = 32,
    resamples: Whole = 10,
    seeds: Whole = 3,
    epochs: Whole = 100,
    rows: Whole = 2000,
    noise: str | None = None,
    task: Literal["classification", "regression"] | None = None,
    drop: Several = None,
    category: Several = None,
    learning_curve: Annotated[bool, Parameter(negative="--no-learning-curve")] = True,
    weight_decay: float = 0.3,
    out: Annotated[Path | None, Parameter(name=["--out", "-o"])] = None,
    seed: Whole = 0,
    engine: Literal["auto", "numpy", "xla"] = "auto",
    on: str | None = None,
    json_: Annotated[bool, Parameter(name="--json", negative="", show_default=False)] = False,
    quiet: Annotated[bool, Parameter(negative="", show_default=False)] = False,
) -> int:
    """Measure bias and variance of networks on a table: is it more data, capacity or regularisation that would help?

    For each width (or depth, epochs, weight decay, number of rows) many small networks learn from rows drawn again
    with replacement, from several first weights, side by side. How they differ is variance, what they have wrong
    together is bias; for classes it is decisions that are right or wrong. The best is also trained on fewer rows and
    with weight decay.

    Example: `cutaway capacity houses.csv --target price`

    Parameters
    ----------
    data
        The table: csv, tsv, parquet or JSON lines, packed or not.
    target
        The column to predict.
    vary
        What to vary.
    values
        The values to try, such as 1,4,16.
    widths
        The same, for widths.
    width
        Neurons of a hidden layer, where the width is not varied.
    resamples
        How many training sets are drawn.
    seeds
        Networks for each of them.
    epochs
        How often each network sees its rows.
    rows
        Rows of each training set at most.
    noise
        The part of the target's variance that is noise, where that is known, such as 0.1; or neighbours or repeats, to
        estimate it from rows that are near each other or have the same inputs.
    task
        Told from the target's values when not given.
    drop
        A column to leave out; may be repeated.
    category
        A column to take as categories, whatever it holds; may be repeated.
    learning_curve
        Whether the best is trained on fewer rows, too.
    weight_decay
        The weight decay that the best is trained with, too: whether regularisation would help. 0: not asked.
    out
        A picture: .svg, or .png and .pdf (with cutaway[plot]).
    seed
        The same seed gives the same figures.
    engine
        Which engine trains; auto takes the one that is done sooner.
    on
        Train on a Ray cluster: ray for one on this machine, host:port or ray://host:port for one that is there.
    json_
        Print the figures as JSON.
    quiet
        Print nothing but errors.
    """
    from cutaway.atomic import write_complete
    from cutaway.runs.capacity import capacity as measure
    from cutaway.training.callbacks.progress import counting

    if out is not None and (out.is_dir() or out.suffix.lower() not in ENDINGS):
        raise InputError(f"--out is {out}; expected a file that ends in {', '.join(ENDINGS)}")
    if widths is not None and (values is not None or vary != "width"):
        raise InputError("--widths says which widths to try; leave out --values and --vary")
    if out is not None and out.suffix.lower() != ".svg":
        from cutaway.explain.plots import empty_figure

        empty_figure(1, 1)  # refused now rather than after the training
    with counting("networks", None if not json_ and not quiet else False) as told:
        found = measure(
            data, target, vary=vary.replace("-", "_"), values=_numbers(values or widths), width=width,
            resamples=resamples, seeds=seeds, epochs=epochs, rows=rows, noise=_noise(noise), task=task,
            drop=drop or (), category=category or (), learning_curve=learning_curve,
            weight_decay=weight_decay, seed=seed, engine=engine, told=told, on=on,
        )  # fmt: skip
    if out is not None:
        from cutaway.explain.plots import as_file

        kind = out.suffix.lower()[1:]
        content = found.found.svg().encode() if kind == "svg" else as_file(found.found.figure(), kind)
        write_complete(out, content)
    if json_:
        sys.stdout.write(json.dumps(found.to_json(), ensure_ascii=False, indent=1) + "\n")
    elif not quiet:
        from rich.console import Console

        console = Console(file=sys.stdout, highlight=False)
        console.width = min(console.width, WIDEST) if console.is_terminal else WIDEST
        _show(console, found, data, out)
    return 0


def _numbers(typed: str | None) -> list[float] | None:
    """Return numbers typed as 1,4,16.

    >>> _numbers("1, 4"), _numbers(None)
    ([1.0, 4.0], None)
    """
    if typed is None:
        return None
    try:
        return [float(part) for part in typed.split(",")]
    except ValueError:
        raise InputError(f"--values is '{typed}'; expected numbers with commas between, such as 1,4,16") from None


def _noise(typed: str | None) -> float | str | None:
    if typed is None or typed in ("neighbours", "repeats"):
        return typed
    try:
        return float(typed)
    except ValueError:
        raise InputError(f"--noise is '{typed}'; expected a share such as 0.1, neighbours or repeats") from None


def _show(console: Console, shown: Capacity, data: Path, out: Path | None) -> None:
    """Print the figures as a table, the learning curve and the verdict."""
    from rich.text import Text

    from cutaway.cli.layout import facts, show
    from cutaway.cli.printable import printable
    from cutaway.explain.figures import shown as figure
    from cutaway.explain.verdict import noun

    found = shown.found
    said = "the mean" if shown.variance is not None else "the commonest class"
    pairs = [
        ("data", f"{data.name}: {shown.rows:,} rows, {shown.columns} columns learned from"),
        (
            "networks",
            f"{found.networks:,} in {found.seconds:.0f} s: for each {noun(found.vary)} {found.resamples} "
            f"draws of {found.rows:,} rows × {found.seeds} first weights, tested on {found.tested:,} rows",
        ),
        (
            "error",
            f"of '{shown.target}': {found.up}; always saying {said} costs {figure(shown.baseline, 3)}; in brackets are "
            "95 % intervals",
        ),
        ("noise", found.noise),
        *(("note", note) for note in (*found.notes, *shown.notes)),
    ]
    show(console, "", facts(pairs), "")
    rows = found.table()
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    for place, row in enumerate(rows):
        line = "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        style = "dim" if not place else "bold" if row[-1] == "best" else ""
        console.print(Text(printable(line), style), soft_wrap=True)  # a line of figures is not to be cut
    show(console, "")
    sentence = found.verdict.sentence
    what, _, why = sentence.partition(": ")
    show(console, facts([*found.besides(), ("verdict", f"{what.capitalize()}: {why}.")]))
    if out is not None:
        console.print(f"{'picture':10}{printable(str(out))}", soft_wrap=True, markup=False)
