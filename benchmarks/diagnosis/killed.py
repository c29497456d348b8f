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

    Severities differ from seed to seed: in a killing cell some trainings may be spared.
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

    def dies(self, record: Record) -> bool:
        """Return whether a training of a killing cell has itself lost `GAP` of what the twins gain over chance."""
        return self.stratum == "killing" and self.healthy - record["score"] >= GAP * (self.healthy - self.chance)

    @property
    def killed(self) -> tuple[Record, ...]:
        """The trainings that a fault has killed."""
        return tuple(record for record in self.records if self.dies(record))

    @property
    def spared(self) -> tuple[Record, ...]:
        """The trainings of a killing cell that it has not."""
        return tuple(record for record in self.records if self.stratum == "killing" and not self.dies(record))


def cell_of(record: Record) -> str:
    task = record["task"]
    return f"{task['fault']}|{task['data']}|{task['network']}|×{task['factor']:.3g}"


def twin_of(record: Record) -> str:
    return f"|{record['task']['data']}|{record['task']['network']}|×1"


def pair_of(record: Record) -> str:
    """Return data set and network: what is alike in trainings of one pair, whatever is done to them."""
    return f"{record['task']['data']}|{record['task']['network']}"


def grouped(records: list[Record]) -> dict[str, list[Record]]:
    groups: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        groups[cell_of(record)].append(record)
    return groups


def healthy_cells(records: list[Record]) -> tuple[dict[str, list[Record]], list[str]]:
    """Return the healthy trainings by cell, and the names of cells that are none.

    A configuration without a fault is healthy if it does not lose `GAP` of what the best one on its data set gains
    over chance: the line that is drawn for faults. No diagnosis is asked, and no other kind of method.
    """
    groups = {name: group for name, group in grouped(records).items() if not group[0]["task"]["fault"]}
    best: dict[str, float] = defaultdict(lambda: -1.0)
    means = {name: float(np.mean([each["score"] for each in group])) for name, group in groups.items()}
    for name, group in groups.items():
        data = group[0]["task"]["data"]
        best[data] = max(best[data], means[name])
    dropped = []
    for name, group in groups.items():
        chance, top = float(np.mean([each["chance"] for each in group])), best[group[0]["task"]["data"]]
        if top - means[name] >= GAP * (top - chance):
            dropped.append(name)
    return {name: group for name, group in groups.items() if name not in dropped}, dropped


def cells(records: list[Record]) -> list[Cell]:
    """Return the cells of all broken trainings whose healthy twins are healthy."""
    whole_cells, _ = healthy_cells(records)
    found = []
    for name, group in grouped(records).items():
        twins = whole_cells.get(twin_of(group[0]), [])
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
