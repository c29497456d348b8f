"""What a run was made with, for a report: versions, seed, and the command that makes it again."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

from cutaway.runs.picture_run import PictureRun
from cutaway.runs.run import Run
from cutaway.runs.table_run import TableRun
from cutaway.runs.text_run import TextRun
from cutaway.storage.run_folder import RUN, read_facts
from cutaway.studio.report_words import cut
from cutaway.version import __version__

OPTIONS = {"limit": "--time", "time_column": "--time-column"}
USUAL: dict[str, Any] = {
    "effort": "standard", "engine": "auto", "tokens": "characters", "lag": 0, "test": 0.2, "limit": None, "group": None,
    "time_column": None, "weight": None, "size": None, "vocabulary": None, "validation": None,
}  # fmt: skip
LISTS = ("category", "number", "text", "date", "drop")


def made(run: Run) -> dict[str, Any]:
    """Return facts by name, and the command; "" where the run is not one of `cutaway train`."""
    facts = {} if run.path is None or not (run.path / RUN).is_file() else read_facts(run.path)
    versions: dict[str, Any] = facts.get("versions") or {"cutaway": __version__}
    settings: dict[str, Any] = getattr(run, "settings", {})
    told: list[tuple[str, Any]] = [
        ("made", facts.get("created")),
        ("with", ", ".join(f"{name} {number}" for name, number in versions.items())),
        ("engine", f"{'XLA' if run.engine == 'xla' else 'NumPy'}: {run.reason}" if run.reason else run.engine),
        ("threads", facts.get("threads")),
        ("seed", settings.get("seed")),
        ("network", settings.get("recipe")),
        ("optimizer", settings.get("optimizer")),
        ("batch size", settings.get("batch_size")),
        ("data", getattr(run, "data", {}).get("fingerprint")),
        *((event.what, event.message) for event in run.events if event.what != "engine"),
    ]
    return {
        "facts": [[name, cut(str(value), 600)] for name, value in told if value not in (None, "")],
        "command": command(run),
        "report": __version__,
    }


def command(run: Run) -> str:
    """Return the command that trains such a run again, from data of the same name in the folder where it is typed."""
    if not isinstance(run, (TableRun, PictureRun, TextRun)):
        return ""
    if "go on from an earlier run" in str(run.settings.get("recipe")) or not run.data.get("path"):
        return ""
    settings, words = run.settings, ["cutaway", "train", Path(str(run.data["path"])).name]
    if isinstance(run, TableRun):
        words += ["--target", run.target.column, "--task", run.task]
        if settings.get("metric"):
            words += ["--metric", str(settings["metric"])]
        if run.rival is None:
            words.append("--no-compare")
    usual = {**USUAL, "test": 0.1 if isinstance(run, TextRun) else 0.2}
    for name, value in usual.items():
        asked = settings.get(name, value)
        if asked == value or asked is None:
            continue
        if name == "limit":
            words += ["--time", f"{asked:g}s"]
        elif isinstance(asked, str) and name in ("test", "validation"):
            words += [f"--{name}", Path(asked).name]
        else:
            words += [OPTIONS.get(name, f"--{name}"), f"{asked:g}" if isinstance(asked, float) else str(asked)]
    for name in LISTS:
        for column in settings.get(name) or [] if isinstance(run, TableRun) else []:
            words += [f"--{name}", str(column)]
    if isinstance(run, TextRun):
        words += ["--context", str(run.context)]
        epochs = settings.get("epochs_asked")
    else:
        epochs = settings.get("epochs")
    if settings.get("limit") is None and epochs is not None:
        words += ["--epochs", f"{epochs:g}"]
    return shlex.join([*words, "--seed", str(settings.get("seed", 0))])
