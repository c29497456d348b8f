"""How a training went, for a report: its curves, the vitals of its layers, the way through its plane, the findings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from cutaway.diagnosis.telling import normal
from cutaway.explain.figures import in_books
from cutaway.records import Finding, StepRecord
from cutaway.runs.picture_run import PictureRun
from cutaway.runs.run import Run
from cutaway.runs.table_run import TableRun
from cutaway.runs.text_run import TextRun
from cutaway.runs.typed_fixes import as_typed
from cutaway.studio.measure import measure_of_run
from cutaway.studio.report_words import cut

MOST = 500  # points of a curve; of more some are left out, evenly, never the best and the last
LOOKS, LAYERS = 60, 32  # of vitals
VITALS = ("output_std", "silent", "saturated", "weight_norm", "gradient_norm", "update_ratio")
OF_THE_WHOLE = ("loss", "score", "validation_score", "gradient_norm", "agreement", "penalty")
DIGITS = 6  # of a point of a curve: more cannot be seen


def curves(run: Run) -> dict[str, Any] | None:
    """Return losses and metrics by epoch, of a text by step; None for a run without an epoch."""
    if not run.history:
        return None
    unit = unit_of(run)
    kept = _kept(run.history, run.best)
    names = sorted({name for record in kept for name in record.metrics})
    best = run.best
    several = any(record.members for record in kept)
    return {
        "unit": unit,
        "measure": measure_of_run(run),
        "at": [getattr(record, unit) for record in kept],
        "step": [record.step for record in kept],
        "loss": rounded(record.loss for record in kept),
        "validation": rounded(record.validation for record in kept) if _any(kept, "validation") else None,
        "lowest": rounded(min(record.members, default=None) for record in kept) if several else None,
        "highest": rounded(max(record.members, default=None) for record in kept) if several else None,
        "rate": rounded(record.learning_rate for record in kept),
        "metrics": {cut(name): rounded(record.metrics.get(name) for record in kept) for name in names},
        "best": None if best is None else getattr(best, unit),
        "left_out": len(run.history) - len(kept),
    }


def unit_of(run: Run) -> str:
    """Return what the curves of a run are by: an epoch of a text is no measure of how often it was read."""
    return "step" if isinstance(run, TextRun) else "epoch"


def times(run: Run) -> dict[int, int]:
    """Return when each recorded epoch ended, in the unit of the run's curves; 0 is before the first."""
    return {0: 0} | {record.epoch: getattr(record, unit_of(run)) for record in run.history}


def findings(run: Run) -> list[dict[str, Any]]:
    """Return what is wrong with a training, then what is worth saying, each with its number, range and fix."""
    if run.verdict is None:
        return []
    found: Sequence[Finding] = (*run.verdict.findings, *run.verdict.notes)
    if isinstance(run, (TableRun, PictureRun, TextRun)):  # of what was trained by a command the reader types a command
        found = as_typed(found)
    return [_finding(each, run.history) for each in found]


def _finding(finding: Finding, history: Sequence[StepRecord]) -> dict[str, Any]:
    after = next((record.epoch for record in history if record.step >= finding.step), None)
    low, high = finding.normal
    return {
        "check": finding.check,
        "sentence": in_books(finding.sentence),
        "quantity": finding.quantity,
        "measured": finite(finding.measured),
        "low": finite(low),
        "high": finite(high),
        "normal": normal(finding),
        "layer": finding.layer,
        "step": finding.step,
        "epoch": after if finding.step else 0,
        "note": finding.note,
        "fix": None if finding.fix is None else {"sentence": in_books(finding.fix.sentence), "code": finding.fix.code},
        "follows": [in_books(each.sentence) for each in finding.consequences],
    }


def vitals(run: Run) -> dict[str, Any] | None:
    """Return how each layer and the whole network were doing, where they were looked at."""
    looks = sorted({record.epoch for record in run.vitals})
    if not looks:
        return None
    chosen = sorted({looks[int(place)] for place in np.linspace(0, len(looks) - 1, min(LOOKS, len(looks))).round()})
    place = {epoch: number for number, epoch in enumerate(chosen)}
    layers: dict[str, dict[str, Any]] = {}
    for record in run.vitals:
        if record.epoch not in place or (record.path not in layers and len(layers) == LAYERS):
            continue
        layer = layers.setdefault(
            record.path,
            {"path": cut(record.path), "kind": record.kind, **{name: [None] * len(chosen) for name in VITALS}},
        )
        for name in VITALS:
            layer[name][place[record.epoch]] = rounded([getattr(record, name)])[0]
    for layer in layers.values():
        for name in VITALS:
            if all(value is None for value in layer[name]):
                del layer[name]
    whole: dict[str, list[Any]] = {name: [None] * len(chosen) for name in OF_THE_WHOLE}
    for told in run.network_vitals:
        if told.epoch in place:
            for name in OF_THE_WHOLE:
                whole[name][place[told.epoch]] = rounded([getattr(told, name)])[0]
    when = times(run)
    return {
        "at": [when.get(epoch, epoch) for epoch in chosen],
        "layers": list(layers.values()),
        "left_out": len({record.path for record in run.vitals}) - len(layers),
        "whole": {name: values for name, values in whole.items() if any(value is not None for value in values)},
    }


def way(run: Run) -> dict[str, Any] | None:
    """Return where the weights of the first network passed through the plane nearest to their way."""
    found = run.way
    if found is None:
        return None
    judged = found.judged
    losses = found.losses if judged is None else judged.losses
    when = times(run)
    return {
        "at": [when.get(epoch, epoch) for epoch in found.epochs.tolist()],
        "across": rounded(found.places[:, 0]),
        "up": rounded(found.places[:, 1]),
        "off_plane": rounded(found.off_plane),
        "losses": rounded(losses),
        "true": judged is not None,
        "of": "" if judged is None else f"{judged.count:,}",
        "explained": list(found.explained),
    }


def rounded(values: Any) -> list[float | None]:
    """Return numbers as a curve needs them; what is not finite, or not there, becomes None.

    >>> rounded([0.123456789, float("nan"), None, 1200000])
    [0.123457, None, None, 1200000.0]
    """
    return [None if finite(value) is None else float(f"{value:.{DIGITS}g}") for value in values]


def finite(value: float | None) -> float | None:
    """Return a number that JSON has a name for, else None."""
    return float(value) if value is not None and np.isfinite(value) else None


def _any(records: Sequence[StepRecord], name: str) -> bool:
    return any(getattr(record, name) is not None for record in records)


def _kept(history: Sequence[StepRecord], best: StepRecord | None) -> list[StepRecord]:
    if len(history) <= MOST:
        return list(history)
    places = {int(place) for place in np.linspace(0, len(history) - 1, MOST).round()}
    return [record for place, record in enumerate(history) if place in places or record is best]
