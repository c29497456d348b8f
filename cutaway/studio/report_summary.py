"""The summary of a report, in plain words: what was trained on what, how good it is, and what to watch out for."""

from __future__ import annotations

from typing import Any

from cutaway.metrics import BY_NAME
from cutaway.metrics.figures import between, figure, measured
from cutaway.runs.agreement import agreement
from cutaway.runs.picture_run import PictureRun
from cutaway.runs.run import Run
from cutaway.runs.scores import Scores
from cutaway.runs.table_run import TableRun
from cutaway.runs.text_run import TextRun
from cutaway.studio.report_words import cut, named, several

PLAIN = {
    "accuracy": "right answers",
    "rmse": "typical error (RMSE)",
    "mae": "average error",
}
FEW = 100  # rows to score by, of which fewer leave much to chance
MOST_NOTES = 12


def summary(run: Run) -> dict[str, Any]:
    """Return the summary as data: a title, sentences, the score, a board of figures, what to watch out for, notes."""
    scores: Any = getattr(run, "scores", None) or getattr(run, "estimate", None)
    notes = list(getattr(run, "notes", []))
    told: dict[str, Any] = {"trained": trained(run), "watch": watch(run), "notes": notes[:MOST_NOTES], "score": None}
    told["more_notes"] = max(0, len(notes) - MOST_NOTES)
    if isinstance(run, TextRun):
        if scores is not None:
            told |= _of_text(run, scores)
    elif isinstance(scores, Scores):
        told |= _of_scores(run, scores)
    elif not isinstance(run, (TableRun, PictureRun)):
        told |= _of_losses(run)
    return told


def trained(run: Run) -> str:
    """Return what was trained on what, in a sentence."""
    told = run.summary()
    members, weights = told.get("members", 1), told["weights"]
    networks = f"{several(members, 'network')} of {weights:,} weights" + (" each" if members > 1 else "")
    took = f"{run.seconds:.1f} s on {'XLA' if run.engine == 'xla' else 'NumPy'}"
    if isinstance(run, TableRun):
        read = len(run.preprocessing.columns)
        return (
            f"{networks} learned to predict {cut(run.target.column)!r} from {several(read, 'column')} of "
            f"{several(int(run.data.get('trained', 0)), 'row')} of {cut(str(run.data.get('source', 'a table')))}, in "
            f"{several(told['epochs'], 'epoch')} and {took}."
        )
    if isinstance(run, PictureRun):
        return (
            f"{networks} learned to tell {several(len(run.classes), 'class', 'classes')} apart ({named(run.classes)}) "
            f"from {several(int(run.data.get('learned', 0)), 'picture')} of "
            f"{cut(str(run.data.get('source', 'a folder')))}, in {several(told['epochs'], 'epoch')} and {took}."
        )
    if isinstance(run, TextRun):
        learned = run.data.get("learned", {})
        return (
            f"{networks} learned to go on with {cut(str(run.data.get('source', 'a text')))}, from "
            f"{int(learned.get('characters', 0)):,} characters, in {several(told['steps'], 'step')} and {took}."
        )
    return f"{networks} learned from arrays, in {several(told['epochs'], 'epoch')} and {took}."


def watch(run: Run) -> list[str]:
    """Return what a person should know before they rely on the run, the gravest first."""
    found = [f"{finding.sentence[:1].upper()}{finding.sentence[1:]}." for finding in run.findings]
    if run.interrupted:
        found.append("The training was interrupted; what was learned until then is judged here.")
    scores: Any = getattr(run, "scores", None)
    estimate: Any = getattr(run, "estimate", None)
    judged = scores or estimate
    kinds = (TableRun, PictureRun, TextRun)
    if isinstance(run, kinds) and judged is None:
        found.append("Nothing was held out or set aside: how good it is on what is new is not known.")
    elif isinstance(run, kinds) and scores is None:
        found.append("Nothing was set aside: the score is of what the best weights were chosen by, and a little kind.")
    if judged is not None and not judged.better:
        found.append(
            "It expects the text no better than counting does, as far as this much text can tell."
            if isinstance(run, TextRun)
            else "The score is no better than the simplest guess by more than chance: there may be nothing to learn "
            "here, or too little to learn from."
        )
    if isinstance(judged, Scores) and judged.rows < FEW:
        thing = "pictures" if isinstance(run, PictureRun) else "rows"
        found.append(f"Only {judged.rows:,} {thing} were there to score by: read the interval, not the figure alone.")
    if isinstance(run, TableRun):
        found += _of_table(run)
    return found


def _of_table(run: TableRun) -> list[str]:
    found = []
    if run.rival is not None and run.rival.better == run.rival.name:
        found.append(f"{_rival(run)} Use them unless you need a network.")
    if run.estimate is not None and run.scores is not None:
        agrees = agreement(run.estimate, run.scores)
        if agrees != "as expected":
            found.append(
                f"The score on rows set aside is {agrees} than on rows held out, by more than chance makes: rely on "
                "the worse figure."
            )
    out = [column.name for column in run.columns if not column.kind.used]
    if out:
        found.append(f"Left out of what the network reads: {named(out)}.")
    return found


def _of_scores(run: Run, scores: Scores) -> dict[str, Any]:
    """Return the score of a table or of pictures, in a sentence and beside what takes no network."""
    metric = BY_NAME[scores.metric]
    aside: Any = getattr(run, "scores", None)
    where = "set aside before anything was learned" if aside is not None else "held out"
    thing = "picture" if isinstance(run, PictureRun) else "row"
    always = "the share of each class" if str(scores.always).startswith("the share") else scores.always
    guess = measured(scores.metric, always) if isinstance(always, float) else cut(str(always), 40)
    rival = run.rival if isinstance(run, TableRun) else None
    estimate: Any = getattr(run, "estimate", None)
    parts = [part for part in (aside, estimate) if part is not None]
    heads = [f"{several(part.rows, thing)} {'set aside' if part is aside else 'held out'}" for part in parts]
    board: dict[str, Any] = {
        "columns": ["", *heads],
        "rows": [["the network", *(_cell(part.metric, part.value, part.interval) for part in parts)]],
    }  # fmt: skip
    if rival is not None:
        theirs = [rival.value if part is aside else rival.estimate for part in parts]
        board["rows"].append(
            [rival.name, *(_cell(part.metric, value) for part, value in zip(parts, theirs, strict=True))]
        )
    board["rows"].append([f"always saying {guess}", *(_cell(part.metric, part.baseline) for part in parts)])
    return {
        "score": _score(PLAIN.get(metric.name, metric.shown), metric.name, scores.value, scores.interval, metric.higher)
        | {
            "of": f"{several(scores.rows, thing)} {where}",
            "verdict": "better than the simplest guess by more than chance" if scores.better
            else "no better than the simplest guess, as far as can be told",
        },
        "board": board,
        "also": [
            {"name": name, "value": float(value)} for name, value in scores.others.items()
        ],
        "rival": _rival(run),
    }  # fmt: skip


def _of_text(run: TextRun, scores: Any) -> dict[str, Any]:
    where = "set aside" if run.scores is not None else "watched"
    parts = [(name, part) for name, part in (("set aside", run.scores), ("watched", run.estimate)) if part is not None]
    simple = f"counting what follows {several(scores.order - 1, 'token')}"
    rows: list[list[Any]] = []
    for name, measure in (("the network", "loss"), (simple, "ngram"), ("how often each comes", "frequency")):
        cells = []
        for _, part in parts:
            nats = getattr(part, measure)
            ends = [part.bits(end) for end in part.interval] if measure == "loss" and part.decides else None
            cells.append(_cell(None, part.bits(nats), ends))
        rows.append([name, *cells])
    low, high = (scores.bits(end) for end in scores.interval)
    return {
        "score": {
            **_score("bits a character", None, scores.bits(scores.loss), (low, high), False),
            "of": f"{scores.characters:,} characters {where}",
            "verdict": "better than counting by more than chance" if scores.better
            else "no better than counting, as far as can be told",
            "interval": [low, high] if scores.decides else None,
        },
        "board": {"columns": ["bits a character", *(name for name, _ in parts)], "rows": rows},
        "also": [{"name": f"nats a token, {name}", "value": part.loss} for name, part in parts],
        "rival": "",
    }  # fmt: skip


def _of_losses(run: Run) -> dict[str, Any]:
    """Return what is known of a run of `fit`: its losses."""
    best = run.best
    if best is None:
        return {}
    held = best.validation is not None
    value = best.validation if best.validation is not None else best.loss
    others = [{"name": name, "value": float(number)} for name, number in best.metrics.items()]
    return {
        "score": {
            **_score("loss", None, value, None, False),
            "of": f"the {'rows held out' if held else 'training rows'}, after epoch {best.epoch:,}", "verdict": "",
        },
        "also": ([{"name": "loss on the training rows", "value": best.loss}] if held else []) + others,
        "rival": "",
    }  # fmt: skip


def _score(name: str, metric: str | None, value: float, interval: Any, higher: bool) -> dict[str, Any]:
    ends = None if interval is None else list(interval)
    percent = metric is not None and BY_NAME[metric].percent
    return {"name": name, **_cell(metric, value, interval), "interval": ends, "higher": higher, "percent": percent}


def _cell(metric: str | None, value: float | None, interval: Any = None) -> dict[str, Any]:
    """Return a figure and its interval in words; bits and losses are of no metric."""
    shown = "–" if value is None else figure(value) if metric is None else measured(metric, value)
    ends = "" if interval is None else between(metric, interval) if metric else " to ".join(map(figure, interval))
    return {"value": value, "shown": shown, "between": ends}


def _rival(run: Run) -> str:
    """Return how boosted trees do on the same rows, in a sentence; "" where they were not asked."""
    rival = run.rival if isinstance(run, TableRun) else None
    if rival is None:
        return ""
    if rival.better == rival.name:
        return f"Boosted trees are better here: {rival.sentence.removeprefix(f'{rival.name} is better ')}."
    return f"{rival.sentence[:1].upper()}{rival.sentence[1:]}."
