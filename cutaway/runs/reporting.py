"""The report of a run: asked for here, drawn by the studio."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from cutaway.errors import InputError
from cutaway.runs.run import Run
from cutaway.training.bystander import RAISES


def report(run: Run, path: str | Path | None = None, *, rows: bool = True, data: Any = None) -> Path:
    """Write the report of a run and return where it is; see `Run.report`.

    What it looks like is the studio's, which knows runs; so this is the one place where a run knows the studio.
    """
    from cutaway.studio.report import write_report

    return write_report(run, path, rows=rows, data=data)


def report_after(run: Run, data: Any = None) -> str:
    """Write the report of a run that was just trained into its folder, and return what went wrong, "" if nothing did.

    The training is done and saved by then: nothing that befalls the report may take it away.
    """
    held = None if data is None or isinstance(data, (str, os.PathLike)) else data
    try:
        report(run, data=held)
    except KeyboardInterrupt:
        return "no report: Ctrl-C ended it; the run is saved"
    except InputError as fault:
        return f"no report: {fault}"
    except Exception as fault:
        if os.environ.get(RAISES):
            raise
        words = " ".join(str(fault).split())[:300]
        return f"no report: it failed itself ({type(fault).__name__}: {words}); the run is saved"
    return ""
