"""How good a run is, for a person to read: beside boosted trees, beside no model at all, and whether to trust it."""

from __future__ import annotations

from math import pi, sqrt

from rich.table import Table
from rich.text import Text

from cutaway.cli.printable import printable
from cutaway.data.targets import NumberTarget
from cutaway.metrics import BY_NAME
from cutaway.metrics.figures import between, figure, measured
from cutaway.runs.agreement import agreement
from cutaway.runs.judging import CALIBRATION
from cutaway.runs.scores import Scores
from cutaway.runs.table_run import TableRun

COVERED = 0.9  # the share of new rows that the interval shown is to hold, or the next below that is known
BINS = 15  # of the calibration error
PLAIN = {
    "accuracy": "right answers",
    "balanced_accuracy": "right answers, each class counting the same",
    "rmse": "typical error (RMSE)",
    "mae": "error on average (mean absolute error)",
}


def heading(scores: Scores) -> str:
    """Return what is measured, and which way is better.

    >>> heading(Scores("rmse", 1.0, (0.5, 1.5), 2.0, 3.0, 10))
    'How good it is: typical error (RMSE), lower is better'
    """
    metric = BY_NAME[scores.metric]
    better = "higher" if metric.higher else "lower"
    return f"How good it is: {PLAIN.get(metric.name, metric.shown)}, {better} is better"


def score_table(run: TableRun) -> Table:
    """Return the network, boosted trees and the baseline, each on the rows held out and on those set aside."""
    parts = [scores for scores in (run.estimate, run.scores) if scores is not None]
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("", no_wrap=True, overflow="ellipsis", max_width=32)
    for scores in parts:
        table.add_column(
            f"{scores.rows:,} rows {'held out' if scores is run.estimate else 'set aside'}", overflow="fold"
        )
    ours = "the network" if run.summary()["members"] == 1 else "the networks, averaged"
    rows: list[tuple[str, list[float | None], str]] = [(ours, [scores.value for scores in parts], "bold")]
    if run.rival is not None:
        theirs = [run.rival.estimate if scores is run.estimate else run.rival.value for scores in parts]
        rows.append((run.rival.name, theirs, ""))
    always = parts[-1].always
    words = f"always saying {figure(always) if isinstance(always, float) else always}"
    if isinstance(always, str) and always.startswith("the share of"):
        words = "saying how common each class is"
    rows.append((words, [scores.baseline for scores in parts], ""))
    columns = [_aligned(scores, [values[place] for _, values, _ in rows]) for place, scores in enumerate(parts)]
    for row, (name, _, style) in enumerate(rows):
        table.add_row(Text(printable(name)), *(column[row] for column in columns), style=style)
    return table


def _aligned(scores: Scores, values: list[float | None]) -> list[str]:
    """Return the figures of one column, ending in one place, the first with its interval."""
    shown = ["" if value is None else measured(scores.metric, value) for value in values]
    width = max(map(len, shown))
    first, *others = (text.rjust(width) for text in shown)
    return [f"{first}  ({between(scores.metric, scores.interval)})", *others]


def explained(run: TableRun) -> list[tuple[str, str]]:
    """Return what the figures mean: which rows they are of, whether they agree, and what to expect of new rows."""
    facts = [("in brackets", "where the figure would be on ever more such rows, with 95 % confidence")]
    estimate, scores = run.estimate, run.scores
    if estimate is not None:
        turns = "rows that one network did not learn from, but chose its best weights by; all in turn"
        facts.append(("held out", turns if _take_turns(run) else "rows that only chose the best weights"))
    if scores is not None:
        facts.append(("set aside", "rows that no step of the training saw" + _beside(estimate, scores)))
        others = ", ".join(f"{name} {figure(value, 3)}" for name, value in scores.others.items() if name != CALIBRATION)
        if others:
            facts.append(("also", f"{others}; on the rows set aside"))
        if CALIBRATION in scores.others:
            facts.append(("probability", honest(scores)))
    margins = run.target.margins if isinstance(run.target, NumberTarget) else ()
    known = [pair for pair in margins if pair[0] <= COVERED]
    if known:
        share, margin = max(known)
        of_ten = f"{10 * share:g} of 10 new rows are expected within"
        facts.append(("interval", f"{of_ten} ± {figure(margin, 3)} of the prediction"))
    return facts


def verdict(run: TableRun) -> tuple[str, str]:
    """Return in one sentence whether a network is the tool to take, and the style to print it in."""
    scores = run.scores or run.estimate
    if scores is None:
        return "No rows were held out or set aside, so how good it is on new rows is not known.", "yellow"
    sentence = "" if run.rival is None else run.rival.sentence
    by = ""
    if run.rival is not None and run.rival.better == run.rival.name:
        by = sentence.removeprefix(f"{run.rival.name} is better ")
    if not scores.better:
        why = ": there may be nothing to learn here, or too few rows to tell"
        if by:  # then there is something to learn
            why = f", and boosted trees are better {by}"
        elif run.findings:
            why = "; the findings say why"
        return f"This is no better than chance would make it{why}.", "yellow"
    if run.rival is None:
        return "", ""
    if by:
        return f"Boosted trees are better here: {by}. Use them unless you need a network.", "yellow"
    return f"{sentence[0].upper()}{sentence[1:]}.", ""


def honest(scores: Scores) -> str:
    """Return how far the probabilities are off, and how far chance alone would put them.

    Of n rows in 15 bins of n/15, a bin whose share is p is off by √(2/π) √(15 p (1 − p)/n) on average where all is
    right, and the mean of that over the bins is at most the same with the share of all rows that are right.

    >>> honest(Scores("accuracy", 0.8, (0.7, 0.9), 0.5, "a", 150, {"calibration error": 0.05}))
    'off by 5.0 points on average (calibration error); chance alone makes that up to 10.1 with 150 rows'
    """
    right = scores.value if scores.metric == "accuracy" else scores.others.get(BY_NAME["accuracy"].shown, 0.5)
    chance = sqrt(2 / pi) * sqrt(BINS * right * (1 - right) / scores.rows)
    off = f"off by {100 * scores.others[CALIBRATION]:.1f} points on average (calibration error)"
    if chance == 0:
        return off
    return f"{off}; chance alone makes that up to {100 * chance:.1f} with {scores.rows:,} rows"


def _take_turns(run: TableRun) -> bool:
    """Whether every row was held out by some network, rather than the same few by all."""
    return bool(run.data) and run.data.get("watched") == run.data.get("trained")


def _beside(estimate: Scores | None, scores: Scores) -> str:
    if estimate is None:
        return ""
    found = agreement(estimate, scores)
    if found == "as expected":
        return "; both scores agree, within what chance makes"
    return f"; {found} there than on the rows held out, by more than chance makes: rely on the worse figure"
