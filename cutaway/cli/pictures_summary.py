"""What `cutaway train` says of pictures before and after training, for a person to read."""

from __future__ import annotations

import shlex
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cutaway.cli.layout import facts, show, show_saved
from cutaway.cli.printable import engine_name, printable
from cutaway.cli.summary import MOST_NOTES
from cutaway.cli.summary import because as because
from cutaway.metrics import BY_NAME
from cutaway.metrics.figures import between, measured, percent
from cutaway.runs.judging import CALIBRATION
from cutaway.runs.picture_run import PictureRun
from cutaway.runs.scores import Scores
from cutaway.storage.run_folder import FILTERS, MISTAKES

MOST_CLASSES = 12  # a larger matrix does not fit beside the rest
MOST_PAIRS = 6
NAME = 14  # characters of a class in the matrix
NEW = "NEW_PICTURES/"  # to be typed over: of the pictures learned from the classes are known


def show_before(run: PictureRun, console: Console, data: Path) -> None:
    """Print what was read, how it was taken, and what is to be trained."""
    show(console, "", facts(before(run, data)), "")


def show_after(run: PictureRun, console: Console, folder: Path, data: Path, replaced: bool) -> None:
    """Print what was trained, how good it is, what it confuses, and what to type next."""
    show(console, facts(training(run)), "")
    scores = run.scores or run.estimate
    if scores is not None:
        tested = "set aside" if run.scores is not None else "held out of the training"
        show(console, Text(f"on {scores.rows:,} pictures {tested}", style="bold"), "", facts(scored(run, scores)))
        if 2 <= len(run.confusion) <= MOST_CLASSES:
            show(console, "", confusion_table(run))
    else:
        show(console, facts([("score", untested(run))]))
    sheets = sheets_of(run, run.path or folder)
    if sheets:
        show(console, "", facts(sheets))
    place = shlex.quote(str(run.path or folder))
    ask = f"cutaway predict {place} {NEW} -o predictions.csv"
    show_saved(console, run.path or folder, folder, replaced, ask)


def before(run: PictureRun, data: Path) -> list[tuple[str, str]]:
    """Return what was read, in which classes, of which size, and by what it is told apart."""
    about, encoder = run.data, run.preprocessing
    classes = about["classes"]
    counted = [f"{name} {count:,}" for name, count in classes.items()]
    if len(counted) > MOST_CLASSES:
        counted = [*counted[: MOST_CLASSES - 1], f"… and {len(counted) - MOST_CLASSES + 1} more"]
    pairs = [
        ("data", f"{data.name or data}: {about['pictures']:,} pictures in {len(classes):,} classes"),
        ("classes", ", ".join(counted)),
        ("size", _size(run)),
        ("colours", "gray" if encoder.channels == 1 else "red, green, blue"),
        *(("notes" if not place else "", note) for place, note in enumerate(run.notes[:MOST_NOTES])),
    ]
    if len(run.notes) > MOST_NOTES:
        pairs.append(("", f"… and {len(run.notes) - MOST_NOTES} more, all in run.json"))
    return [*pairs, ("mirrored", _mirrored(run)), ("network", run.settings["recipe"])]


def _size(run: PictureRun) -> str:
    """Return the size that arrived and the size that all were given."""
    sizes = run.data["sizes"]
    encoder = run.preprocessing
    given = f"{encoder.height} × {encoder.width} pixels"
    if len(sizes) == 1:
        height, width, _ = sizes[0]
        if (height, width) == (encoder.height, encoder.width):
            return given
        return f"{given}, made to fit from {height} × {width}"
    (lowest, highest), (narrowest, widest) = run.data["sides"]
    height, width, count = sizes[0]  # the commonest
    return (
        f"{given}; they were {_span(lowest, highest)} high and {_span(narrowest, widest)} wide, most often {height} × "
        f"{width} ({count:,} pictures), made to fit inside with the ratio of their sides kept, and the pixels of the "
        "edge go on where room is left"
    )


def _span(least: int, most: int) -> str:
    return f"{least}" if least == most else f"{least} to {most}"


def _mirrored(run: PictureRun) -> str:
    share = run.settings["told_from_mirrored"]
    if share is None:
        return "no: there are too few pictures to say whether mirror images are as good examples"
    told = f"a line tells {percent(share)} of them from their mirror images"
    return f"yes: {told}, little better than a guess" if run.settings["mirrored"] else f"no: {told}"


def training(run: PictureRun) -> list[tuple[str, str]]:
    """Return what was trained, on what, and how long it took."""
    about, summary = run.data, run.summary()
    members = summary["members"]
    weights = f"{summary['weights']:,} weights"
    size = f"one network of {weights}" if members == 1 else f"{members} networks of {weights} each, averaged"
    done, wanted = summary["epochs"], run.settings["epochs_wanted"]
    epochs = f"{done} epoch{'' if done == 1 else 's'} of {about['learned']:,} pictures"
    if hurried(run):
        epochs = f"{done} of {wanted} epochs of {about['learned']:,} pictures, all that the time allowed"
    held = f"; {about['watched']:,} more held out for the temperature" if about["watched"] else ""
    pairs = [
        ("trained", f"{size}; {epochs}{held}"),
        ("engine", f"{engine_name(run.engine)} in {run.seconds:.1f} s{because(run.reason)}"),
    ]
    return pairs + [(event.what, event.message) for event in run.events if event.what != "engine"]


def hurried(run: PictureRun) -> bool:
    """Whether a limit of time left fewer epochs than the pictures want."""
    settings = run.settings
    return settings["limit"] is not None and settings["epochs"] < settings["epochs_wanted"] and not run.interrupted


def untested(run: PictureRun) -> str:
    """Return why there is no score."""
    if run.settings["test"] == 0:
        return "not tested: no pictures were to be set aside"
    return f"not tested: too few pictures, {run.data['pictures']:,}, to set some of each class aside"


def scored(run: PictureRun, scores: Scores) -> list[tuple[str, str]]:
    """Return the score beside the baseline, how far probabilities can be trusted, and what is confused."""
    metric = scores.metric
    pairs = [
        (
            BY_NAME[metric].shown,
            f"{measured(metric, scores.value)}, with 95 % confidence {between(metric, scores.interval)}",
        ),
        ("baseline", f"{measured(metric, scores.baseline)}, by always saying {scores.always}"),
    ]
    error = scores.others.get(CALIBRATION)
    if error is not None:
        pairs.append(("calibration", f"probabilities are off by {100 * error:.1f} points on average"))
    if run.confused:
        told = [f"{true} taken for {predicted} ({count:,} ×)" for true, predicted, count in run.confused[:MOST_PAIRS]]
        pairs.append(("confused", "; ".join(told)))
    if not scores.better:
        more = "give it more time" if hurried(run) else "more pictures may help, or more epochs"
        pairs.append(("verdict", f"no better than the baseline by more than chance: {more}"))
    return pairs


def confusion_table(run: PictureRun) -> Table:
    """Return how many pictures of each class (row) were taken for each class (column)."""
    labels = [name if len(name) <= NAME else f"{name[: NAME - 1]}…" for name in map(printable, map(str, run.classes))]
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="bold")
    table.add_column("is \\ taken for", no_wrap=True)
    for label in labels:
        table.add_column(label, justify="right", overflow="fold")
    for row, counts in enumerate(run.confusion):
        cells = [
            Text(f"{count:,}" if count else "·", style="bold" if row == column else "red" if count else "dim")
            for column, count in enumerate(counts)
        ]
        table.add_row(Text(labels[row]), *cells)
    return table


def sheets_of(run: PictureRun, folder: Path) -> list[tuple[str, str]]:
    """Return where the pictures to look at are."""
    told = {MISTAKES: ("mistakes", "the worst of them"), FILTERS: ("filters", "what the first layer looks for")}
    return [(name, f"{folder / file}: {words}") for file, (name, words) in told.items() if file in run.sheets]
