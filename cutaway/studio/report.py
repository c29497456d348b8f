"""The report of a run: one page that opens from disk without a network, the studio's bundle with the records in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cutaway.atomic import write_complete
from cutaway.errors import InputError
from cutaway.runs.run import Run
from cutaway.storage.run_folder import REPORT, is_run
from cutaway.studio.page import STATIC
from cutaway.studio.report_contents import contents
from cutaway.studio.standalone import LARGEST, standalone

# What goes, one after another, where a page would be too large: the largest that can be missed first.
MISSED = ("replay", "explained", "mistakes", "text", "importance", "curves", "residuals", "calibration")
ENTRY = "cutaway-report"  # id of the element that holds the records; the bundle starts where there is one


def write_report(run: Run, path: str | Path | None = None, *, rows: bool = True, data: Any = None) -> Path:
    """Write the report of a run and return where it is.

    path   a file, or a folder to write `report.html` into (None: the run's folder)
    rows   whether single rows, pictures and passages are shown
    data   of a run on a table what it learned from, where that is not in its file

    Raises `InputError` where there is no place to write to, and where the page is not built.
    """
    place = None if path is None else Path(path)
    if place is None:
        if run.path is None or not is_run(run.path):
            raise InputError("report: the run has no folder; say where it is to be written: run.report('report.html')")
        place = run.path / REPORT
    elif place.is_dir():
        place = place / REPORT
    elif place.suffix.lower() not in (".html", ".htm"):
        missing = "" if place.exists() else "there is no such folder; "
        raise InputError(f"report: {place}: {missing}expected a folder, or a file such as report.html")
    elif not place.parent.is_dir():  # said before the work, not after it
        raise InputError(f"report: {place}: there is no folder {place.parent}; make it or choose another place")
    write_complete(place, report_page(run, rows=rows, data=data).encode())
    return place


def report_page(run: Run, *, rows: bool = True, data: Any = None) -> str:
    """Return the report of a run as a page; see `write_report`.

    Where it would be larger than a page may be, sections go, one after another, and the last one says which.
    Raises `InputError` where it is too large even so.
    """
    told = contents(run, rows=rows, data=data)
    found = page(told)
    for part in MISSED:
        if len(found.encode()) <= LARGEST:
            return found
        if told[part] is None:
            continue
        told = {**told, part: None, "left_out": [*told["left_out"], f"{part}: the page would be larger than 2 MB"]}
        found = page(told)
    if (size := len(found.encode())) > LARGEST:
        raise InputError(
            f"report: without {', '.join(MISSED)} the page still has {size:,} bytes; it may have {LARGEST:,}. "
            "What is left are names and sentences: shorten those of columns and classes"
        )
    return found


def page(told: dict[str, Any], folder: Path = STATIC) -> str:
    """Return the page that shows such contents; see `standalone`."""
    return standalone(
        f"{told['title']} · cutaway", ENTRY, "application/json", embedded(told),
        "This report draws itself, and JavaScript is off. The same figures are in run.json beside it.", folder,
    )  # fmt: skip


def embedded(told: dict[str, Any]) -> str:
    r"""Return data as JSON that stands safely in a page: no letter of it can end a script or begin a tag.

    >>> embedded({"name": "</script>&"})
    '{"name":"\\u003c/script\\u003e\\u0026"}'
    """
    text = json.dumps(told, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text.encode("utf-8", "backslashreplace").decode()
