"""Retraining: a run on a table, pictures or a text trained once more, with other options of its job, to repair it."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from cutaway.data.shards import is_there
from cutaway.diagnosis import thresholds as at
from cutaway.diagnosis.gain import matters
from cutaway.diagnosis.repair import ROUNDS, Attempt
from cutaway.diagnosis.verdict import named
from cutaway.errors import DataWarning, FindingWarning, InputError, TrainingWarning
from cutaway.metrics import BY_NAME as METRICS
from cutaway.records import Event, Finding
from cutaway.runs.run import Run
from cutaway.runs.table_run import TableRun
from cutaway.runs.text_scores import TextScores
from cutaway.runs.train import train

# Options of a job that its settings keep under the same name.
KEPT = {
    "table": (
        "test", "validation", "effort", "metric", "seed", "engine", "precision", "category", "number", "text", "date",
        "drop", "group", "time_column", "lag", "weight", "limit",
    ),
    "pictures": ("test", "effort", "seed", "engine", "precision", "size", "limit"),
    "text": ("test", "effort", "seed", "engine", "precision", "tokens", "vocabulary", "context", "limit"),
}  # fmt: skip
# What the recipe decides, for a person, by the action of the fix.
DECIDED = {
    "learning_rate": "the learning rate", "weight_decay": "the weight decay", "batch_size": "the batch size",
    "clip": "whether gradients are clipped", "class_weight": "how much each class counts", "dropout": "dropout",
    "default_optimizer": "the optimizer", "shuffle": "the order of the rows",
    "standardise_inputs": "how columns are scaled", "standardise_targets": "how the target is scaled",
    "widen": "how wide the network is",
}  # fmt: skip
# Where a recipe's own answer can still be moved by a person, by the kind of run and the action, or the finding.
BY_HAND = {
    ("table", "class_weight"): "name a column that says how much each row counts (--weight)",
    ("table", "widen"): "take --effort best",
    ("pictures", "widen"): "take --effort best",
    ("text", "widen"): "take --effort best",
    ("table", "rows_repeated"): "take repeated rows out of the table, or say which belong together (--group)",
    ("pictures", "rows_repeated"): "take repeated pictures out of the folders",
}


@dataclass
class Retrained:
    """What came of it.

    run       the best run, the one that was given where nothing helped
    log       one attempt after another, with the run's own figure before and after
    by_hand   what could not be done, and what a person can do, a sentence for each finding
    measure   what the figures are
    before, after   figure of the given run and of the best
    remark    what is to be known of the two, "" for nothing
    """

    run: Run
    log: list[Attempt] = field(default_factory=list)
    by_hand: list[str] = field(default_factory=list)
    measure: str = ""
    before: float | None = None
    after: float | None = None
    remark: str = ""


def retrained(run: Any, findings: Sequence[Finding], data: Any = None, progress: bool | None = False) -> Retrained:
    """Return the run that other options of its job lead to, first cause first.

    run        a `TableRun`, `PictureRun` or `TextRun`
    findings   what is wrong with it
    data       what it learned from, where that is not where it was

    What can be done: leave out a column that is the target itself, train for longer, and of effort "quick" take the
    wider network of "standard". A leaking column is left out whatever the score then is; all else is undone where the
    figure on rows held out is not better by something that matters. Raises `InputError` for data that is gone or is
    not what it learned from.
    """
    kind = run.summary()["kind"]
    figure = figure_of(run)
    found = Retrained(run, measure="" if figure is None else figure.name)
    found.before = found.after = None if figure is None else figure.value
    options: dict[str, Any] = {}
    for finding in named(findings):
        change = _change(found.run, kind, finding, options)
        if change is None or len(found.log) == ROUNDS:
            found.by_hand.append(_by_hand(kind, finding))
            continue
        leaking = finding.check == "leakage"
        before = figure_of(found.run)
        done = _trained(run, kind, {**options, **change}, data, progress)
        after = figure_of(done)
        kept = leaking or (before is not None and after is not None and after.better_than(before))
        value, came = (float("nan") if each is None else each.value for each in (before, after))
        sentence = ", ".join(f"{name}={value!r}" for name, value in change.items())
        found.log.append(Attempt((finding.check,), (sentence,), value, came, kept))
        if kept:
            options |= change
            found.run, found.after = done, None if after is None else after.value
            if leaking:
                found.remark = "the first is what a column that is the target itself told; rely on the second"
            done.events.append(Event(0, "repaired", f"{finding.check}: {sentence}"))
    return found


@dataclass(frozen=True)
class Figure:
    """How good a run is on what it held out.

    name, value   of a metric
    score         the same as a number of which 1 is perfect: the value, where higher is better, else
                  1 − value / value of the trivial baseline
    count         of the rows, pictures or tokens that it is of
    """

    name: str
    value: float
    score: float
    count: int

    def better_than(self, other: Figure) -> bool:
        """Whether it is better by something that matters, in the same measure of as many rows."""
        same = (self.name, self.count) == (other.name, other.count)
        return same and self.score > other.score + matters(other.score)


def figure_of(run: Any) -> Figure | None:
    """Return the figure of a run on what it held out, else on what it set aside; None where it did neither."""
    scores = run.estimate or run.scores
    where = "held out" if run.estimate else "set aside"
    if scores is None:
        return None
    if isinstance(scores, TextScores):
        return Figure(f"nats a token, on text {where}", scores.loss, 1 - scores.loss / scores.frequency, scores.tokens)
    metric = METRICS[scores.metric]
    rows = "pictures" if not isinstance(run, TableRun) else "rows"
    share = scores.value / scores.baseline if scores.baseline else float(np.inf)
    score = scores.value if metric.higher else 1 - share
    return Figure(f"{metric.shown} on {rows} {where}", scores.value, score, scores.rows)


def _change(run: Any, kind: str, finding: Finding, options: dict[str, Any]) -> dict[str, Any] | None:
    """Return the options of the job that the finding's fix changes; None where none does."""
    settings, fix = run.settings, finding.fix
    if _goes_on(run) or fix is None:
        return None
    if finding.check == "leakage" and kind == "table":
        column = _column(run)
        dropped = [*options.get("drop", settings.get("drop") or [])]
        return None if column is None or column in dropped else {"drop": [*dropped, column]}
    factor = float(fix.settings.get("factor", 2.0)) if fix.action == "epochs" else 0.0
    if finding.check == "too_few_updates":  # smaller batches would make more steps, and so do more epochs
        factor = float(np.ceil(2 * at.FEWEST_UPDATES / max(1.0, finding.measured)))
    if factor and settings.get("limit") is None:
        if kind != "text":
            return {"epochs": max(1, round(factor * settings["epochs"]))}
        seen = settings["steps"] * settings["batch_size"] * settings["context"] / run.data["learned"]["tokens"]
        return {"epochs": factor * seen}
    if fix.action == "widen" and settings.get("effort") == "quick":
        return {"effort": "standard"}
    return None


def _column(run: TableRun) -> str | None:
    """Return the column that the feature comes from which is the target itself."""
    copied = "" if run.evidence is None else run.evidence.references.copied
    features = [(name, encoder.column) for encoder in run.preprocessing.encoders for name in encoder.names]
    named = next((column for name, column in features if name == copied), None)
    if named is None and copied.isdigit() and int(copied) < len(features):  # told by its place
        named = features[int(copied)][1]
    return named


def _goes_on(run: Any) -> bool:
    """Whether a run went on from an earlier one, whose weights its own settings do not lead to."""
    return "go on from an earlier run" in str(run.settings.get("recipe"))


def _by_hand(kind: str, finding: Finding) -> str:
    """Return why nothing was done about a finding, and what a person can do."""
    fix = finding.fix
    if fix is None:
        return f"{finding.check}: no fix is known"
    if fix.action == "epochs" or finding.check == "too_few_updates":
        return f"{finding.check}: the time limit, or the run that it went on from, decides how long; give it more time"
    decided = DECIDED.get(fix.action, "the network and its first weights")
    way = BY_HAND.get((kind, fix.action)) or BY_HAND.get((kind, finding.check))
    if fix.action == "":
        return f"{finding.check}: only a person can do it: {way or fix.sentence}"
    return f"{finding.check}: the recipe decides {decided}; " + (
        way or f"with a network of your own (ca.fit) you can {fix.sentence}"
    )


def _trained(run: Any, kind: str, change: dict[str, Any], data: Any, progress: bool | None) -> Run:
    """Return the job of a run done once more with some options changed, on what it learned from and nothing else."""
    place = run.data.get("path") if data is None else data
    if place is None or (isinstance(place, (str, Path)) and not is_there(place)):
        which = "it learned from data without a file" if place is None else f"{place} is not there"
        raise InputError(f"diagnose: {which}; give what it learned from (data=…, --data)")
    options = {name: run.settings[name] for name in KEPT[kind] if name in run.settings}
    if options.get("validation") == "data frame":
        raise InputError(
            f"{run.path}: its weights were chosen on a data frame of its own, which a run does not keep; train again "
            "with ca.train(..., validation=frame)"
        )
    if kind == "table":
        options |= {"target": run.target.column, "task": run.task, "compare": run.rival is not None}
        if isinstance(options.get("test"), str) and not Path(options["test"]).exists():
            raise InputError(
                f"diagnose: the rows set aside were a table of their own, {options['test']}, and it is not there; put "
                "it back"
            )
    if "effort" not in change:  # another effort has other epochs
        options |= _as_long(run, kind)
    with warnings.catch_warnings():
        for category in (FindingWarning, TrainingWarning, DataWarning):
            warnings.simplefilter("ignore", category)
        done = train(place, **{**options, **change, "told": _same(run, place), "progress": progress})
    if done.interrupted:
        raise KeyboardInterrupt
    return done


def _as_long(run: Any, kind: str) -> dict[str, Any]:
    """Return for how long the run was asked to train, where that does not follow from its effort."""
    if run.settings.get("limit") is not None:
        return {}
    if kind == "text":
        return {"epochs": run.settings.get("epochs_asked")}
    return {"epochs": run.settings["epochs"]}


def _same(run: Any, place: Any) -> Callable[[Any], None]:
    """Return what refuses, before any step, data that the run did not learn from."""

    def told(begun: Any) -> None:
        if begun.data["fingerprint"] != run.data.get("fingerprint"):
            which = place if isinstance(place, (str, Path)) else "the data"
            raise InputError(
                f"diagnose: {which} is not, or no longer, what the run learned from: a score on it would not be "
                "comparable; give that (data=…, --data)"
            )

    return told
