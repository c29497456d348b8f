"""`cutaway diagnose`: why a run does not learn as it could, or that nothing is wrong."""

from __future__ import annotations

import itertools
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from cutaway.errors import InputError

if TYPE_CHECKING:
    from cutaway.diagnosis.evidence import Evidence
    from cutaway.diagnosis.verdict import Verdict
    from cutaway.runs.repairing import Diagnosis
    from cutaway.runs.run import Run

# What a repaired run is called, beside the one that it came from.
REPAIRED = "-repaired"


def diagnose(
    run: Path,
    /,
    *,
    fix: Annotated[bool, Parameter(negative="", show_default=False)] = False,
    data: Path | None = None,
    out: Annotated[Path | None, Parameter(name=["--out", "-o"])] = None,
    budget: Annotated[float | None, Parameter(show_default=False)] = None,
    notes: Annotated[bool, Parameter(negative="", show_default=False)] = False,
    json_: Annotated[bool, Parameter(name="--json", negative="", show_default=False)] = False,
    quiet: Annotated[bool, Parameter(negative="", show_default=False)] = False,
) -> int:
    """Say why a run does not learn as it could: the cause in the first line.

    Then the number that was measured beside its normal range, what to do, and what follows from it. Of a run that is
    well it says that nothing is wrong, and how good it is beside simple methods; of one that is no better than chance,
    where simple methods are not either, that it cannot be judged. Everything it needs was measured while the run was
    trained, before the first step and between the epochs; its data is not read.

    With --fix it is repaired: the first cause is fixed, it is trained again in full and looked at again, at most four
    times; what does not help is undone. Before and after are shown, and the repaired run is written beside the old one,
    which stays as it is. Of a run of ca.fit every fix can be applied, and --data has the rows that it learned from,
    which are not kept with it; each fix is first tried against a training without it. Of a run on a table, pictures or
    a text it can leave out a column that is the target itself, train for longer, and take the network of effort
    standard for that of quick; what else its recipe decides stays, and it says what a person can do. Where nothing can
    be repaired it says so, and writes nothing.

    Example: `cutaway diagnose runs/houses --fix`

    Parameters
    ----------
    run
        The run's folder.
    fix
        Apply what helps, train again, and show before and after.
    data
        Of a run of ca.fit, an .npz file with the arrays X and y that it learned from, and sample_weight, X_validation
        and y_validation where fit was given such: without --fix the fixes are tried, and none is applied. Of other
        runs, with --fix, where their data is now, if it is no longer where it was.
    out
        The folder for the repaired run; the run's own name with -repaired, beside it, when not given, and a number
        behind that where there is such a run. A run that is there is never written over.
    budget
        Seconds that trying fixes may take, as a share of the training's, but at least one; 0.2 when not given, 0 for
        none.
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
    from cutaway.runs.run import Run
    from cutaway.runs.typed_fixes import as_typed

    place = _place(run, fix, out, budget, tries=fix or data is not None)
    loaded = load(run)
    evidence, verdict = diagnosis_of(loaded)
    found, written = None, None
    if fix or data is not None:
        share, loud = 0.2 if budget is None else budget, not (json_ or quiet)
        found, written = _tried(loaded, run, place, out is not None, fix, data, share, loud)
        verdict = replace(verdict, findings=found.findings)
    if type(loaded) is not Run:  # a job of `cutaway train`
        verdict = replace(verdict, findings=as_typed(verdict.findings), notes=as_typed(verdict.notes))
    if json_:
        told = {**_told(run, evidence, verdict), **({} if found is None else _done(found, written))}
        sys.stdout.write(json.dumps(told, ensure_ascii=False, indent=1) + "\n")
        return 0
    if quiet:
        lines = [first(finding) for finding in verdict.findings] or [verdict.harm.sentence or nothing(evidence)]
        sys.stdout.writelines(f"{printable(line)}\n" for line in lines)
        return 0
    from rich.console import Console

    console = Console()
    show(console, evidence, verdict, notes)
    if found is not None:
        from cutaway.cli.findings import show_finding

        lines = [*found.done(), *([] if written is None else [f"written {written}"])]
        for line in lines[:1]:
            show_finding(console, f"\n{line}", "")
        for line in lines[1:]:
            show_finding(console, line, "")
    return 0


def _place(run: Path, fix: bool, out: Path | None, budget: float | None, tries: bool) -> Path | None:
    """Return where a repaired run is to go, None where there is to be none; refused now rather than after training."""
    from cutaway.storage.run_folder import check_place, is_run

    if budget is not None and not (tries and budget >= 0):
        raise InputError(
            f"--budget is {budget:g}; expected at least 0"
            if tries
            else "--budget is for trying fixes: add --fix, or --data with the rows"
        )
    if not fix:
        if out is not None:
            raise InputError("--out is for the repaired run: add --fix")
        return None
    whole = run.resolve()
    place = free_place(whole) if out is None else out
    if place.resolve() == whole:
        raise InputError(f"--out is {out}, the run itself, which is not written over; give another folder")
    if check_place(place) and is_run(place):
        raise InputError(f"--out is {out}, where a run is, which would be lost; give another folder, or move that away")
    return place if out is not None else run.with_name(place.name) if run.name not in ("", "..") else place


def free_place(run: Path) -> Path:
    """Return where the repaired run of a run goes: its name with -repaired, or the first number behind that."""
    name = run.name + REPAIRED
    for number in itertools.count(2):
        place = run.with_name(name)
        if not place.exists() and not place.is_symlink():
            break
        name = f"{run.name}{REPAIRED}-{number}"
    return place


def _tried(
    loaded: Run, run: Path, place: Path | None, chosen: bool, fix: bool, data: Path | None, budget: float, loud: bool
) -> tuple[Diagnosis, Path | None]:
    """Return the diagnosis with what was tried, and where the repaired run is; None where nothing was repaired."""
    from cutaway.runs.repairing import diagnose as diagnose_run

    found = diagnose_run(loaded, fix, budget, data, progress=None if loud else False)
    if place is None or found.run is None or not found.repaired:
        return found, None
    return found, found.run.save(place if chosen or not place.exists() else free_place(run.resolve()))


def _done(found: Diagnosis, written: Path | None) -> dict[str, Any]:
    """Return what was tried as data."""
    from cutaway.storage.diagnosis_file import plain

    return {
        "tried": finite(plain(found.log)),
        "not_tried": list(found.by_hand),
        "measure": found.measure,
        "before": finite(plain(found.before)),
        "after": finite(plain(found.after)),
        "beside": finite(plain(found.beside)),
        "seconds": found.seconds,
        "worked": found.worked,
        "budget": found.budget,
        "training_again": found.trainings,
        "written": None if written is None else str(written),
    }


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
    elif verdict.harm.sentence:  # it cannot be judged
        show_finding(console, verdict.harm.sentence)
    else:
        show_finding(console, nothing(evidence), "bold green")
    standing = compared(evidence)
    if standing and verdict.harm.kind != "below":  # else it is in what was said already
        show_finding(console, standing, "")
    count = len(verdict.notes)
    if not count:
        if notes:
            show_finding(console, "\nnothing else is unusual", "")
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
    if evidence.ended == "stopped":
        epochs = "1 epoch" if evidence.epochs == 1 else f"{evidence.epochs} epochs"
        when += f"; it was stopped after {epochs} of {evidence.plan.epochs}"
    return f"nothing is wrong that could be found: of {len(CHECKS)} causes that are looked for none was found{when}"


def compared(evidence: Evidence) -> str:
    """Return how good the delivered weights are beside simple methods; "" before training."""
    from cutaway.diagnosis.harm import final_score

    score, known = final_score(evidence), evidence.references
    if score is None:
        return ""
    measure = "R²" if evidence.targets.task == "numbers" else "accuracy"
    outcome, simple = evidence.outcome, f"chance {known.chance:.3f}"
    where = "on rows held out" if outcome and outcome.validation_score is not None else "on rows seen"
    if known.best > known.chance:
        simple = ", ".join(f"{name} {score:.3f}" for name, score in known.reached.items()) + f", {simple}"
    if outcome and outcome.rows and outcome.rows != known.judged:
        where, simple = f"on {outcome.rows:,} rows held out", f"on {known.judged:,} of them {simple}"
    return f"{measure} {score:.3f} {where}; {simple}"


def _told(run: Path, evidence: Evidence, verdict: Verdict) -> dict[str, Any]:
    """Return all of it as data; numbers that are not finite are null."""
    from cutaway.storage.diagnosis_file import plain

    return {
        "run": str(run),
        # What cannot be judged is neither.
        "well": None if verdict.harm.sentence and not verdict.harm else not verdict.findings,
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
