"""What goes into a report, as data: sections that the run can fill with what was measured, and no others."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cutaway.errors import InputError
from cutaway.layers import Blend, Ensemble
from cutaway.metrics import BY_NAME
from cutaway.runs.picture_run import PictureRun
from cutaway.runs.run import Run
from cutaway.runs.table_run import TableRun
from cutaway.runs.text_run import TextRun
from cutaway.studio.report_boundary import boundary
from cutaway.studio.report_calibration import calibration, residuals
from cutaway.studio.report_course import curves, findings, vitals, way
from cutaway.studio.report_explained import explained
from cutaway.studio.report_importance import importance
from cutaway.studio.report_made import made
from cutaway.studio.report_mistakes import mistakes
from cutaway.studio.report_moments import moments
from cutaway.studio.report_pictures import Aside, picture_explained, picture_mistakes, pictures_aside
from cutaway.studio.report_rows import SetAside, set_aside
from cutaway.studio.report_summary import PLAIN, summary
from cutaway.studio.report_text import text_told
from cutaway.studio.report_words import cut
from cutaway.studio.words import said

KINDS = {TableRun: "table", PictureRun: "pictures", TextRun: "text"}


def contents(run: Run, *, rows: bool = True, data: Any = None) -> dict[str, Any]:
    """Return what the report of a run shows, section by section; None for those that it cannot fill.

    rows   whether single rows, pictures and passages are shown
    data   of a run on a table what it learned from, where that is not in its file
    """
    left_out: list[str] = []
    told: dict[str, Any] = {
        "format": 1,
        "kind": KINDS.get(type(run), "network"),
        "title": title(run),
        "summary": summary(run),
        "curves": curves(run),
        "findings": findings(run),
        "observed": run.verdict is not None,
        "mistakes": None, "text": None, "importance": None, "calibration": None, "residuals": None, "explained": None,
    }  # fmt: skip
    aside: SetAside | None = None
    pictured: Aside | None = None
    if isinstance(run, TableRun):
        aside = _table(run, told, rows, data, left_out)
    elif isinstance(run, PictureRun):
        pictured = _pictures(run, told, rows, left_out)
    elif isinstance(run, TextRun):
        told["text"] = text_told(run, rows)
        if told["text"]["absent"]:
            left_out.append(f"the text, letter by letter: {told['text']['absent']}")
    if not rows:
        left_out.append("single rows, as asked")
    told["replay"] = {
        "vitals": vitals(run), "way": way(run), "several": isinstance(run.network, (Ensemble, Blend)),
        "boundary": boundary(run, aside, rows),
        "moments": _tried(lambda: moments(run, pictured, rows), "what it answered while it learned", left_out),
    }  # fmt: skip
    if not any(told["replay"][name] for name in ("vitals", "way", "boundary", "moments")):
        told["replay"] = None
    found: dict[str, Any] = _finite({**told, "made": made(run), "left_out": left_out, "words": words_told(told)})
    return found


def words_told(told: dict[str, Any]) -> dict[str, str]:
    """Return the sentence of each of the field's words that a report shows.

    >>> list(words_told({"summary": {"also": [{"name": "R²"}]}, "replay": None, "curves": None}))
    ['R²']
    """
    summary, curves, replay = told["summary"], told.get("curves") or {}, told.get("replay") or {}
    score, layers = summary.get("score"), (replay.get("vitals") or {}).get("layers", [])
    names = [each["name"] for each in summary.get("also") or []]
    if score:
        names.append(
            next((BY_NAME[name].shown for name, plain in PLAIN.items() if plain == score["name"]), score["name"])
        )
    names += [BY_NAME[name].shown if name in BY_NAME else name for name in curves.get("metrics", {})]
    names += [word for word in ("loss", "held-out rows", "epoch", "batch", "learning rate") if curves]
    names += ["calibration error"] if told.get("calibration") else []
    names += [layer["kind"] for layer in layers]
    names += [name.replace("_", " ") for layer in layers for name in layer]
    return said(dict.fromkeys(names))


def title(run: Run) -> str:
    """Return what a report is called: the run's folder, or else what was learned from."""
    if run.path is not None:
        return cut(run.path.resolve().name)
    return cut(Path(str(getattr(run, "data", {}).get("source", "a training"))).name)


def _table(run: TableRun, told: dict[str, Any], rows: bool, data: Any, left_out: list[str]) -> SetAside | None:
    aside: SetAside | None = _tried(lambda: set_aside(run, data), "mistakes, importance and calibration", left_out)
    if aside is None:
        return None
    told["importance"] = found = _tried(lambda: importance(run, aside), "importance", left_out)
    names = list(run.preprocessing.columns)
    first = [] if found is None else [each["column"] for each in found["columns"]]
    names.sort(key=lambda name: first.index(cut(name)) if cut(name) in first else len(first))
    told["mistakes"] = mistakes(run, aside, names, rows)
    if run.task == "classification":
        told["calibration"] = calibration(aside.answer, aside.truth, aside.weight)
    else:
        told["residuals"] = residuals(aside, rows)
    if rows:
        told["explained"] = _tried(lambda: explained(run, aside), "explanations", left_out)
    if not any((told["mistakes"].get("counts"), told["mistakes"].get("pairs"), told["mistakes"].get("worst"))):
        told["mistakes"] = None
    return aside


def _pictures(run: PictureRun, told: dict[str, Any], rows: bool, left_out: list[str]) -> Aside | None:
    aside: Aside | None = _tried(lambda: pictures_aside(run), "calibration, and single pictures", left_out)
    told["mistakes"] = picture_mistakes(run, aside, rows)
    if aside is not None:
        told["calibration"] = calibration(aside.answer, aside.truth)
        told["explained"] = picture_explained(run, aside) if rows else None
    return aside


def _tried(made: Callable[[], Any], what: str, left_out: list[str]) -> Any:
    """Return what is made, or None where it cannot be, with the reason put down."""
    try:
        return made()
    except InputError as fault:
        left_out.append(f"{what}: {fault}")
        return None


def _finite(value: Any) -> Any:
    """Return data without numbers that JSON has no name for: they become None."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return value
