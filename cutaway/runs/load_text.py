"""A run on a text back from disk."""

from __future__ import annotations

from pathlib import Path

from cutaway.errors import InputError
from cutaway.runs.load import load
from cutaway.runs.text_run import TextRun


def load_text(path: str | Path) -> TextRun:
    """Return a run on a text, as `load` does; raises `InputError` for one that learned from anything else."""
    run = load(path)
    if not isinstance(run, TextRun):
        raise InputError(f"{path}: did not learn from a text; expected a run that `cutaway train book.txt` made")
    return run
