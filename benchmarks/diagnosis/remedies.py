"""What repair brings back of what a fault took, and how often it makes a training worse."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from benchmarks.diagnosis.faults import BY_NAME
from benchmarks.diagnosis.killed import POINTS, Cell, P, cell_of, pair_of
from benchmarks.diagnosis.sources import NUMBERS
from benchmarks.diagnosis.statistics import Share, Z, clustered, rank_sum

Record = dict[str, Any]

# Repair: the share of the healthy twin's gap that must come back, in so many of the seeds.
RECOVERED, OF_SEEDS = 0.95, 0.8


def recovered(cell: Cell, twins: dict[int, Record], which: str = "after") -> bool | None:
    """Return whether a repair brings back the healthy twin's gap in enough killed trainings; None where none was tried.

    which   "after" the repair, or the best of fixes drawn at "random"
    """
    tried = [record for record in cell.killed if record.get("repair") and record["task"]["seed"] in twins]
    if not tried:
        return None
    hits = 0
    for record in tried:
        twin = twins[record["task"]["seed"]]
        hits += record["repair"][which] - twin["chance"] >= RECOVERED * (twin["score"] - twin["chance"])
    return hits >= OF_SEEDS * len(tried)


def repairs(found: Sequence[Cell], healthy: dict[str, list[Record]]) -> dict[str, Share]:
    """Return the share of killing, fixable cells that the diagnosis repairs, and that chance does in the same time."""
    shares = {}
    for name, which in (("repaired", "after"), ("repaired by chance", "random")):
        done = []
        for cell in found:
            task = cell.records[0]["task"]
            twins = {each["task"]["seed"]: each for each in healthy[f"|{task['data']}|{task['network']}|×1"]}
            if cell.stratum == "killing" and BY_NAME[cell.fault].fixable:
                done.append((pair_of(cell.records[0]), recovered(cell, twins, which)))
        shares[name] = clustered((pair, hit) for pair, hit in done if hit is not None)
    return shares


def changed(record: Record) -> bool:
    """Return whether repair has put another training in the place of the first."""
    repair = record.get("repair") or {}
    return bool(repair) and (any(kept for _, kept in repair.get("tried", [])) or repair["after"] != repair["before"])


def error_of(score: float, rows: int, data: str) -> float:
    """Return the standard error of a score on so many rows.

        of an accuracy p     √(p (1 − p) / n)
        of an R²             2 √R² (1 − R²) / √n,  of a large n

    Reference: Olkin, Finn, "Correlations redux", Psychological Bulletin 118, 1995 (R²).
    """
    if not rows:
        return 0.0
    inside = min(1.0, max(0.0, score))
    if data in NUMBERS:
        return 2 * math.sqrt(inside / rows) * (1 - inside)
    return math.sqrt(inside * (1 - inside) / rows)


def lower(record: Record) -> bool:
    """Return whether the score after the repair is lower by two points or more."""
    return bool(record["repair"]["before"] - record["repair"]["after"] >= POINTS)


def worse(record: Record) -> bool:
    """Return whether it is lower by two points or more, and by more than chance moves it (p < .05).

    As if before and after were judged on different rows: on the same ones less is chance, and `lower` counts it.
    """
    repair, rows, data = record["repair"], record.get("rows", 0), record["task"]["data"]
    error = math.hypot(*(error_of(repair[when], rows, data) for when in ("before", "after")))
    return lower(record) and repair["before"] - repair["after"] > Z * error


def harmed(records: Iterable[Record]) -> dict[str, Share]:
    """Return how many of the trainings that repair has changed are worse, and are lower at all by two points.

    cells   in which most trainings were changed and the scores after are lower than those before, p < .05
    """
    mine = [record for record in records if changed(record)]
    groups: dict[str, list[Record]] = {}
    for record in mine:
        groups.setdefault(cell_of(record), []).append(record)
    cells = []
    for group in groups.values():
        before, after = ([each["repair"][when] for each in group] for when in ("before", "after"))
        if len(group) > 3:  # of fewer no difference reaches p < .05
            cells.append((pair_of(group[0]), sum(after) < sum(before) and rank_sum(before, after) < P))
    return {
        "trainings": clustered((pair_of(record), worse(record)) for record in mine),
        "by two points": clustered((pair_of(record), lower(record)) for record in mine),
        "cells": clustered(cells),
    }
