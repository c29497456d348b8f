"""`cutaway train`: from a table, pictures or a text to a trained and tested network."""

from __future__ import annotations

import inspect
import json
import re
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from cutaway.cli.exit_codes import DONE, INTERRUPTED
from cutaway.cli.printable import printable
from cutaway.cli.values import seconds, share_or_table, whole, whole_or_part
from cutaway.errors import InputError

if TYPE_CHECKING:
    from rich.console import Console

    from cutaway.data.sort import Sort
    from cutaway.runs.run import Run
    from cutaway.studio.live import Live

OF_TABLES, OF_PICTURES, OF_TEXTS = "Of tables", "Of pictures", "Of texts"
TABLES, SEVERAL = Parameter(group=OF_TABLES), Parameter(negative="", group=OF_TABLES)
ENDINGS = "csv|tsv|txt|npz|parquet|json|jsonl|ndjson|gz|bz2|xz|zip"
WIDEST = 100  # longer lines are hard to read, however wide the terminal


def train(
    data: Path,
    /,
    *,
    target: str | None = None,
    out: Annotated[Path | None, Parameter(name=["--out", "-o"])] = None,
    test: Annotated[float | Path | None, Parameter(converter=share_or_table)] = None,
    effort: Literal["quick", "standard", "best"] = "standard",
    limit: Annotated[float | None, Parameter(name="--time", converter=seconds)] = None,
    epochs: Annotated[float | None, Parameter(converter=whole_or_part)] = None,
    seed: Annotated[int, Parameter(converter=whole)] = 0,
    engine: Literal["auto", "numpy", "xla"] = "auto",
    precision: Literal["float32", "bf16"] = "float32",
    devices: Annotated[int | None, Parameter(converter=whole)] = None,
    distributed: Annotated[bool, Parameter(negative="", show_default=False)] = False,
    resume: Annotated[bool, Parameter(negative="", show_default=False)] = False,
    json_: Annotated[bool, Parameter(name="--json", negative="", show_default=False)] = False,
    quiet: Annotated[bool, Parameter(negative="", show_default=False)] = False,
    page: Annotated[bool, Parameter(negative="", show_default=False)] = False,
    report: Annotated[bool, Parameter(name="--report", negative="--no-report")] = True,
    validation: Annotated[Path | None, TABLES] = None,
    task: Annotated[Literal["classification", "regression"] | None, TABLES] = None,
    metric: Annotated[str | None, TABLES] = None,
    category: Annotated[list[str] | None, SEVERAL] = None,
    number: Annotated[list[str] | None, SEVERAL] = None,
    text: Annotated[list[str] | None, SEVERAL] = None,
    date: Annotated[list[str] | None, SEVERAL] = None,
    drop: Annotated[list[str] | None, SEVERAL] = None,
    group: Annotated[str | None, TABLES] = None,
    time_column: Annotated[str | None, TABLES] = None,
    lag: Annotated[int, Parameter(converter=whole, group=OF_TABLES)] = 0,
    weight: Annotated[str | None, TABLES] = None,
    compare: Annotated[bool, Parameter(name="--compare", negative="--no-compare", group=OF_TABLES)] = True,
    start: Annotated[Path | None, Parameter(name="--from", group=OF_TABLES)] = None,
    on: Annotated[str | None, TABLES] = None,
    size: Annotated[int | None, Parameter(converter=whole, group=OF_PICTURES)] = None,
    context: Annotated[int | None, Parameter(converter=whole, group=OF_TEXTS)] = None,
    tokens: Annotated[Literal["characters", "byte pairs"] | None, Parameter(group=OF_TEXTS)] = None,
    vocabulary: Annotated[int | None, Parameter(converter=whole, group=OF_TEXTS)] = None,
) -> int:
    """Train a network on a table, on pictures or on a text.

    A table (csv, tsv, parquet or JSON lines, packed or not) needs --target: the column that is predicted from the
    others. A folder of pictures has one folder for each class. Of a text the next character is predicted. What each
    column is, the network and its training are chosen and said. A share is set aside before anything is learned, and
    the score on it is shown, beside what takes no network.

    Examples: `cutaway train houses.csv --target price`, `cutaway train pictures/`, `cutaway train book.txt`

    Parameters
    ----------
    data
        A table, or a folder or pattern of files that are one ('shards/*.parquet'); a folder of pictures (or an .npz or
        IDX file of them); or a text file.
    target
        Of a table: the column to predict.
    out
        The folder for the run; runs/NAME for NAME.csv when not given. An earlier run there is replaced, though not by
        one that is interrupted.
    test
        The share to set aside for the score, 0 for none; for a table also a table of such rows. A fifth when not
        given, of a text the last tenth.
    effort
        standard: the usual. quick: a small network, for a first look. best: takes several times as long.
    limit
        How long the whole command may take, such as 60s, 2m or 1h: fewer epochs then have to do.
    epochs
        How often everything is seen, of a text also 0.5 or 1.5 times; by the size of the data when not given.
    seed
        The same seed gives the same run.
    engine
        Which engine trains; auto takes the one that is done sooner.
    precision
        bf16: matrix products of bfloat16 numbers, added in float32, several times as fast on a GPU.
    devices
        How many devices share the work: each takes a part of every batch, or some of the networks.
    distributed
        Train together with the other processes that SLURM, Open MPI or Kubernetes has started.
    resume
        Go on with a training that was stopped, from its last checkpoint: the same command, with this.
    json_
        Print the summary as JSON.
    quiet
        Print nothing but errors.
    page
        Open the studio's page on the training: curves, findings and weights as they come, then the run. Ctrl-C ends it.
    report
        Whether a page about the run, report.html, is written into its folder.
    validation
        A table of rows to choose the best weights by; rows of the table take turns when not given.
    task
        Told from the target's values when not given.
    metric
        What to score by, such as roc_auc, log_loss or mae; accuracy or rmse when not given.
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
    on
        Train each network on a Ray cluster: ray for one on this machine, host:port or ray://host:port for another.
    size
        Pixels of a side that pictures are brought to; by the pictures when not given.
    context
        How many tokens the network sees of what came before; by the length of the text when not given.
    tokens
        What the text is cut into: characters, or pairs of bytes that are often together (needs cutaway[bpe]).
    vocabulary
        How many different tokens there are at most.
    """
    from cutaway.cli.findings import findings_shown
    from cutaway.data.sort import Sort, sort_of
    from cutaway.distributed import join, together
    from cutaway.runs.reporting import report_after
    from cutaway.runs.train import job_for
    from cutaway.storage.run_folder import check_place

    asked = {name: value for name, value in locals().items() if name in _OPTIONS and value != _OPTIONS[name]}
    if distributed and on is not None:  # before it waits for the others
        raise InputError(
            f"--on {on}: trains each network apart, and --distributed all processes together; leave one of the two out"
        )
    if not join(distributed).first:  # the first speaks and writes; the others train
        quiet, json_, page, report = True, False, False, False
        asked |= {"compare": False} if target is not None else {}
    sort = sort_of(data, target)
    job = job_for(sort)
    known = inspect.signature(job).parameters
    for name in asked:
        if name not in known:
            raise InputError(f"{_option(name)}: is not for {sort.value}, which {data} is; leave it out")
    folder = out or Path("runs") / run_name(data)
    replaces = check_place(folder) and not resume  # who goes on finds there what it wrote itself
    if sort is Sort.TABLE:
        asked |= _checked(asked, data)
        job = partial(job, target=target)
    elif isinstance(test, Path):
        raise InputError(f"--test {test}: is not for {sort.value}; give the share to set aside, such as 0.2")
    loud = not quiet and not json_
    shown = _shown(sort, data, folder, replaces) if loud else {}
    show_after = shown.pop("after", None)
    live, hearing = _on_the_page(asked, shown, loud) if page else (None, nullcontext())
    with findings_shown(_console() if loud else None), hearing, together():
        run = job(data, **asked, **shown, out=folder, progress=None if loud else False)
    complaint = report_after(run) if report else ""
    if json_:
        sys.stdout.write(json.dumps(_told(run), ensure_ascii=False, indent=1) + "\n")
    if show_after is not None:
        show_after(run)
    if complaint and not json_:
        sys.stderr.write(f"cutaway: {printable(complaint)}\n")
    if live is not None:
        live.ends(run)
        live.wait()
    return INTERRUPTED if run.interrupted else DONE


_OPTIONS = {
    name: parameter.default
    for name, parameter in inspect.signature(train).parameters.items()
    if name not in ("data", "target", "out", "json_", "quiet", "report", "page", "distributed")
}
"""What may be handed on to a job, and what each is when a person says nothing."""


def _option(name: str) -> str:
    """Return an option as it is typed.

    >>> _option("time_column"), _option("limit")
    ('--time-column', '--time')
    """
    return {"limit": "--time", "start": "--from"}.get(name, f"--{name.replace('_', '-')}")


def _checked(asked: dict[str, Any], data: Path) -> dict[str, Any]:
    """Return options of a table as its job takes them; `InputError` for a test that would tell nothing."""
    for name in ("test", "validation"):
        table = asked.get(name)
        if isinstance(table, Path) and table.exists() and data.exists() and table.samefile(data):
            raise InputError(f"--{name} {table}: is the table to learn from, which would tell nothing; give other rows")
    if "start" not in asked:
        return {}
    from cutaway.runs.load import load_as
    from cutaway.runs.table_run import TableRun

    return {"start": load_as(TableRun, asked["start"])}


def _told(run: Run) -> dict[str, Any]:
    """Return the summary as data, with what the screen says besides."""
    from cutaway.runs.table_run import TableRun

    told = {**run.summary(), "run": str(run.path)}
    if not isinstance(run, TableRun):
        return told
    from cutaway.cli.scoreboard import verdict
    from cutaway.data.targets import NumberTarget
    from cutaway.runs.agreement import agreement

    return {
        **told,
        "agreement": agreement(run.estimate, run.scores)
        if run.estimate is not None and run.scores is not None
        else None,
        "margins": [list(pair) for pair in run.target.margins] if isinstance(run.target, NumberTarget) else None,
        "verdict": verdict(run)[0],
    }


def _shown(sort: Sort, data: Path, folder: Path, replaces: bool) -> dict[str, Callable[..., None]]:
    """Return what prints what was read before training begins, samples meanwhile, and how it went: by argument."""
    from cutaway.data.sort import Sort

    summaries = {Sort.TABLE: "summary", Sort.PICTURES: "pictures_summary", Sort.TEXT: "text_summary"}
    summary = import_module(f"cutaway.cli.{summaries[sort]}")
    console = _console()
    shown = {
        "told": lambda run: summary.show_before(run, console, data),
        "after": lambda run: summary.show_after(run, console, folder, data, replaces),
    }
    return shown | ({"shown": partial(summary.show_sample, console)} if sort is Sort.TEXT else {})


def _on_the_page(asked: dict[str, Any], shown: dict[str, Any], loud: bool) -> tuple[Live, AbstractContextManager[None]]:
    """Have a job show its training on the studio's page; return what does, and what hears the findings."""
    from cutaway.studio.live import Live

    live, before = Live(partial(print, file=sys.stdout if loud else sys.stderr, flush=True)), shown.get("told")

    def told(run: Run) -> None:
        if before is not None:
            before(run)
        live.of(run)

    asked["callbacks"], shown["told"] = [live], told
    return live, live.hearing()


def _console() -> Console:
    from rich.console import Console

    console = Console()
    console.width = min(console.width, WIDEST)
    return console


def run_name(data: Path) -> str:
    """Return the name of a run from that of its data, without the endings; of a pattern, from that of its folder.

    >>> run_name(Path("data/houses.csv.gz")), run_name(Path("data/shards/*.parquet"))
    ('houses', 'shards')
    """
    named = next((part for part in reversed(data.parts) if not any(sign in part for sign in "*?[")), "")
    return re.sub(rf"(\.({ENDINGS}))+$", "", named, flags=re.IGNORECASE).strip("/.") or "run"
