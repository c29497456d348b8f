"""Which faults really hurt: a fault counts where its trainings are clearly worse than their healthy twins."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.diagnosis.statistics import effect, rank_sum

# Share of the healthy twin's gap over chance that a killing fault loses.
GAP = 0.25
# The test: p below, and an effect of so many deviations or so many points of the score.
P, DEVIATIONS, POINTS = 0.05, 0.5, 0.02

Record = dict[str, Any]


@dataclass(frozen=True)
class Cell:
    """Trainings that differ by their seed alone, beside their healthy twins.

    lost     share of the twins' gap over chance that is lost, of the means
    p, size  of the Mann-Whitney test, and Cohen's d
    stratum  "killing", "milder" (it hurts, but less than `GAP`) or "harmless"
    """

    name: str
    fault: str
    records: tuple[Record, ...]
    healthy: float
    chance: float
    lost: float
    p: float
    size: float
    stratum: str


def cell_of(record: Record) -> str:
    task = record["task"]
    return f"{task['fault']}|{task['data']}|{task['network']}|×{task['factor']:.3g}"


def twin_of(record: Record) -> str:
    return f"|{record['task']['data']}|{record['task']['network']}|×1"


def cells(records: list[Record]) -> list[Cell]:
    """Return the cells of all broken trainings whose twins are there."""
    groups: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        groups[cell_of(record)].append(record)
    found = []
    for name, group in groups.items():
        twins = groups.get(twin_of(group[0]), [])
        if not group[0]["task"]["fault"] or not twins:
            continue
        broken, whole = ([each["score"] for each in part] for part in (group, twins))
        healthy, chance = float(np.mean(whole)), float(np.mean([each["chance"] for each in twins]))
        gap = healthy - chance
        lost = (healthy - float(np.mean(broken))) / gap if gap > 0 else 0.0
        p, size = rank_sum(whole, broken), effect(whole, broken)
        points = healthy - float(np.mean(broken))
        # Fewer than four a side can never reach p < .05: development runs go by the effect alone.
        hurts = (p < P or min(len(whole), len(broken)) < 4) and (size >= DEVIATIONS or points >= POINTS) and points > 0
        stratum = "harmless" if not hurts else "killing" if lost >= GAP else "milder"
        found.append(Cell(name, group[0]["task"]["fault"], tuple(group), healthy, chance, lost, p, size, stratum))
    return found
