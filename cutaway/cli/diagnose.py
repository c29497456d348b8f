"""`cutaway diagnose`: why a run does not learn as it could, or that nothing is wrong."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

if TYPE_CHECKING:
    from cutaway.diagnosis.evidence import Evidence
    from cutaway.diagnosis.verdict import Verdict


def diagnose(
    run: Path,
    /,
    *,
    notes: Annotated[bool, Parameter(negative="", show_default=False)] = False,
    json_: Annotated[bool, Parameter(name="--json", negative="", show_default=False)] = False,
    quiet: Annotated[bool, Parameter(negative="", show_default=False)] = False,
) -> int:
    """Say why a run does not learn as it could: the cause in the first line.

    Then the number that was measured beside its normal range, what to do, and what follows from it. Of a run that is
    well it says that nothing is wrong, and how good it is beside simple methods. Everything it needs was measured
    while the run was trained, before the first step and between the epochs; its data is not read.

    Example: `cutaway diagnose runs/houses`

    Parameters
    ----------
    run
        The run's folder.
    notes
        Also what is unusual and does no harm that could be measured.
    json_
        Print the findings, the notes and the measurements as JSON.
    quiet
        Print nothing but the cause, or that nothing is wrong, and errors.
    """
    from cutaway.cli.printable import printable
    from cutaway.runs.diagnosing import diagnosis_of
    from cutaway.runs.load import load

    evidence, verdict = diagnosis_of(load(run))
    if json_:
        sys.stdout.write(json.dumps(_told(run, evidence, verdict), ensure_ascii=False, indent=1) + "\n")
        return 0
    if quiet:
        lines = [first(finding) for finding in verdict.findings] or [nothing(evidence)]
        sys.stdout.writelines(f"{printable(line)}\n" for line in lines)
        return 0
    from rich.console import Console

    show(Console(), evidence, verdict, notes)
    return 0


def show(console: Any, evidence: Evidence, verdict: Verdict, notes: bool) -> None:
    """Print the findings, or that there is none, and the notes where they are asked for."""
    from cutaway.cli.findings import show_finding
    from cutaway.diagnosis.telling import told

    if verdict.findings:
        for place, finding in enumerate(verdict.findings):
            if place:
                console.print()
            show_finding(console, told(finding))
        if verdict.harm:
            show_finding(console, f"\nwhat it suffers from: {verdict.harm.sentence}", "")
    else:
        show_finding(console, nothing(evidence), "bold green")
    standing = compared(evidence)
    if standing and verdict.harm.kind != "below":  # else it is in what was said already
        show_finding(console, standing, "")
    count = len(verdict.notes)
    if not count:
        return
    are = "1 thing is" if count == 1 else f"{count} things are"
    more = "" if notes else "; --notes shows what"
    show_finding(console, f"\n{are} unusual and did no harm that could be measured{more}", "")
    for note in verdict.notes if notes else ():
        console.print()
        show_finding(console, told(note), "")


def first(finding: Any) -> str:
    """Return the line that names the cause."""
    from cutaway.diagnosis.telling import told

    return told(finding).split("\n")[0]


def nothing(evidence: Evidence) -> str:
    """Return that nothing is wrong, and what was looked at."""
    from cutaway.diagnosis.checks import CHECKS

    looks = len({vitals.epoch for vitals in evidence.network_vitals})
    when = f", before the first step and at {looks} times while it was trained" if looks else ""
    return f"nothing is wrong: of {len(CHECKS)} causes that are looked for none was found{when}"


def compared(evidence: Evidence) -> str:
    """Return how good the delivered weights are beside simple methods on the same rows; "" before training."""
    from cutaway.diagnosis.harm import final_score

    score, known = final_score(evidence), evidence.references
    if score is None:
        return ""
    measure = "R²" if evidence.targets.task == "numbers" else "accuracy"
    where = "on rows held out" if evidence.outcome and evidence.outcome.validation_score is not None else "on rows seen"
    simple = f"chance {known.chance:.3f}"
    if max(known.linear, known.neighbour) > known.chance:
        simple = f"least squares {known.linear:.3f}, the nearest row {known.neighbour:.3f}, {simple}"
    return f"{measure} {score:.3f} {where}; {simple}"


def _told(run: Path, evidence: Evidence, verdict: Verdict) -> dict[str, Any]:
    """Return all of it as data; numbers that are not finite are null."""
    from cutaway.storage.diagnosis_file import plain

    return {
        "run": str(run),
        "well": not verdict.findings,
        "harm": verdict.harm.sentence,
        "findings": finite(plain(verdict.findings)),
        "notes": finite(plain(verdict.notes)),
        "evidence": finite(plain(evidence)),
    }


def finite(data: Any) -> Any:
    """Return data with null for numbers that are not finite, as other commands have it.

    >>> finite({"measured": {"number": "nan"}, "normal": [None, 2.0]})
    {'measured': None, 'normal': [None, 2.0]}
    """
    if isinstance(data, dict):
        return None if list(data) == ["number"] else {key: finite(item) for key, item in data.items()}
    return [finite(item) for item in data] if isinstance(data, list) else data
