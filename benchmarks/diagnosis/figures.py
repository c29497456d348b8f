"""The numbers: how many faults are found, named, placed and repaired, and how many healthy trainings are alarmed."""

from __future__ import annotations

import itertools
import math
import statistics
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from benchmarks.diagnosis.baselines import BASELINES
from benchmarks.diagnosis.faults import BY_NAME
from benchmarks.diagnosis.healthy import RECIPES
from benchmarks.diagnosis.killed import Cell, cell_of, cells, healthy_cells, pair_of
from benchmarks.diagnosis.remedies import changed, harmed, repairs
from benchmarks.diagnosis.statistics import Share, clustered, wilson
from cutaway.diagnosis.checks import BY_NAME as CHECKS

Record = dict[str, Any]
Names = Callable[[Record], Sequence[str]]


def accepted(record: Record) -> tuple[str, ...]:
    return BY_NAME[record["task"]["fault"]].accepted


def named(record: Record) -> list[str]:
    """Return the names of the findings of the verdict."""
    return [finding[0] for finding in record["findings"]]


def proven(record: Record) -> list[str]:
    """Return the names of the findings after experiments have ranked them anew; those of the verdict without any."""
    return [name for name, _ in record["repair"]["findings"]] if record.get("repair") else named(record)


def of_baseline(name: str) -> Names:
    return lambda record: record["baselines"].get(name, [])


def alarmed(records: Iterable[Record], says: Names = named) -> Share:
    """Return the share of records with any finding, the interval clustered by pair of data set and network."""
    return clustered((pair_of(record), bool(says(record))) for record in records)


def by_pair(records: Iterable[Record]) -> dict[str, tuple[int, int]]:
    """Return for each pair of data set and network how many of its records have a finding, and how many there are."""
    found: dict[str, tuple[int, int]] = {}
    for record in records:
        hits, of = found.get(pair_of(record), (0, 0))
        found[pair_of(record)] = hits + bool(named(record)), of + 1
    return found


def together(*tests: dict[str, Sequence[int]]) -> Share:
    """Return the share of false alarms in several tests of the same rules, by their pairs, clustered by these."""
    return clustered(
        (pair, place < hits) for pairs in tests for pair, (hits, of) in pairs.items() for place in range(of)
    )


def first_right(record: Record, says: Names = named) -> bool:
    names = says(record)
    return bool(names) and names[0] in accepted(record)


def macro(records: Iterable[Record], hit: Callable[[Record], bool]) -> Share:
    """Return the mean over fault types of the share of hits; other types might have been chosen.

    Its interval is Wilson's for n' = p (1 − p) / e² trials, e the standard error that the spread over types gives, and
    no fewer than there are types: where all are at 0 or at 1 there is no spread, and still no certainty.
    """
    groups: dict[str, list[bool]] = defaultdict(list)
    for record in records:
        groups[record["task"]["fault"]].append(hit(record))
    means = [statistics.mean(group) for group in groups.values()]
    if not means:
        return wilson(0, 0)
    p, worth = statistics.mean(means), float(len(means))
    spread = statistics.variance(means) / len(means) if len(means) > 1 else 0.0
    if spread > 0:
        worth = max(worth, p * (1 - p) / spread)
    return wilson(p * worth, worth)._replace(hits=sum(means), of=len(means))


def constants(killing: Sequence[Record]) -> dict[str, tuple[str, float, float]]:
    """Return what answers that are always the same would score: (answer, macro, micro).

    one   the finding that is accepted for the most fault types;    two   any hit of the best pair
    most common   the finding accepted for the most trainings;      activation, learning rate   by the kind of fault
    """
    if not killing:
        return {}
    names = sorted({name for record in killing for name in accepted(record)})

    def scores(hit: Callable[[Record], bool]) -> tuple[float, float]:
        return macro(killing, hit).share, sum(map(hit, killing)) / len(killing)

    def says(*answers: str) -> Callable[[Record], bool]:
        return lambda record: bool(set(answers) & set(accepted(record)))

    one = max(names, key=lambda name: scores(says(name)))
    most = max(names, key=lambda name: scores(says(name))[1])
    pair = max(itertools.combinations(names, 2), key=lambda both: scores(says(*both)), default=(one, one))
    kinds = ("activation", "learning rate")
    return {
        "one answer": (one, *scores(says(one))),
        "the majority's answer": (most, *scores(says(most))),
        "any of two answers": (" or ".join(pair), *scores(says(*pair))),
        "any of activation and learning rate": (
            " or ".join(kinds), *scores(lambda record: BY_NAME[record["task"]["fault"]].kind in kinds),
        ),
    }  # fmt: skip


def early(killing: Sequence[Record]) -> dict[str, float]:
    """Return when the first finding was right for the first time: updates, and as a share of the training."""
    steps, shares = [], []
    for record in killing:
        step = next((step for step, name in record["course"] if name in accepted(record)), None)
        if step is not None:
            steps.append(step)
            shares.append(step / max(1, record["updates"]))
    if not steps:
        return {}
    return {
        "median updates": statistics.median(steps), "median share of the training": statistics.median(shares),
        "before the first step": sum(step == 0 for step in steps) / len(steps), "trainings": len(steps),
    }  # fmt: skip


def placed(killing: Sequence[Record]) -> dict[str, Any]:
    """Return the share of faults in a layer whose first finding names that layer, and that of a layer drawn by chance.

    A fault may be in several layers, and any of them is right: drawn evenly from all layers of the network, one of
    them is hit with the probability guilty / all.
    """
    mine = [record for record in killing if BY_NAME[record["task"]["fault"]].in_layer]
    hits = [(pair_of(record), bool(record["findings"]) and record["findings"][0][1] in record["guilty"])
            for record in mine]  # fmt: skip
    drawn = [len(record["guilty"]) / record["layers"] for record in mine if record["layers"]]
    return {"layer": clustered(hits), "layer by chance": statistics.mean(drawn) if drawn else math.nan}


def shares(records: Iterable[Record], hit: Callable[[Record], bool]) -> Share:
    """Return the share of hits, its interval clustered by pair of data set and network."""
    return clustered((pair_of(record), hit(record)) for record in records)


def known_before(fault: str) -> bool:
    """Return whether the first of the accepted findings is decided before the first step: the fault is static."""
    return ".preflight." in CHECKS[BY_NAME[fault].accepted[0]].look.__module__


def spent(records: Sequence[Record]) -> dict[str, float]:
    """Return seconds: of all trainings, of all that was done with them, and of the repair of those that were."""
    return {
        "training": sum(record.get("seconds", 0.0) for record in records),
        "all": sum(record.get("all seconds", 0.0) for record in records),
        "repair": sum(record["repair"].get("seconds", 0.0) for record in records if record.get("repair")),
    }


def figures(records: list[Record]) -> dict[str, Any]:
    """Return every number, as data."""
    healthy, dropped = healthy_cells(records)
    whole = [record for group in healthy.values() for record in group]
    found = cells(records)
    strata = {name: [cell for cell in found if cell.stratum == name] for name in ("killing", "milder", "harmless")}
    killing = [record for cell in strata["killing"] for record in cell.killed]
    spared = [record for cell in strata["killing"] for record in cell.spared]
    recall = shares(killing, lambda r: bool(set(named(r)) & set(accepted(r))))
    precision = clustered((pair_of(r), name in accepted(r)) for r in killing for name in named(r))
    both = precision.share + recall.share
    parts: dict[str, Callable[[Record], bool]] = {
        "all": lambda r: True,
        "at the best rate": lambda r: r["task"]["factor"] == 1 and r["task"]["network"] not in RECIPES,
        "at a third or thrice of it": lambda r: r["task"]["factor"] != 1,
        "recipes and other kinds": lambda r: r["task"]["network"] in RECIPES,
    }
    return {
        "healthy": {
            "trainings": len(whole), "configurations": len(healthy), "pairs": len({pair_of(r) for r in whole}),
            "not healthy": dropped,
            "false alarms": {name: alarmed(filter(part, whole)) for name, part in parts.items()},
            "gate off": alarmed(whole, lambda record: record["gate off"]),
            "pairs with an alarm": wilson(
                len({pair_of(r) for r in whole if named(r)}), len({pair_of(r) for r in whole})
            ),
            "with a note": alarmed(whole, lambda record: record["notes"]),
            "alarms": Counter(named(record)[0] for record in whole if named(record)),
            "by pair": by_pair(whole),
        },
        "without a healthy twin": len({cell_of(r) for r in records if r["task"]["fault"]}) - len(found),
        "errors": sorted({f"{name}: {words}" for r in records for name, words in r["broken"].items()}
                         | {f"repair: {r['repair']['error']}" for r in records if "error" in r.get("repair", {})}),
        "cells": {
            name: {stratum: sum(cell.fault == name for cell in part) for stratum, part in strata.items()}
            for name in BY_NAME if any(cell.fault == name for cell in found)
        },
        "killing": {
            "trainings": len(killing), "cells": len(strata["killing"]),
            "fault types": len({cell.fault for cell in strata["killing"]}),
            "detected": alarmed(killing),
            "detected, macro": macro(killing, lambda r: bool(named(r))),
            "first right": shares(killing, first_right),
            "first right, macro": macro(killing, first_right),
            "first right, macro, static faults": macro(
                (r for r in killing if known_before(r["task"]["fault"])), first_right
            ),
            "first right, macro, dynamic faults": macro(
                (r for r in killing if not known_before(r["task"]["fault"])), first_right
            ),
            "first right after experiments, macro": macro(killing, lambda r: first_right(r, proven)),
            "among the first three, macro": macro(killing, lambda r: bool(set(named(r)[:3]) & set(accepted(r)))),
            "precision": precision, "recall": recall,
            "F1": 2 * precision.share * recall.share / both if both else 0.0,
            **placed(killing), "constant answers": constants(killing), "time": early(killing),
            **repairs(found, healthy),
        },
        "milder": alarmed_cells(strata["milder"]), "harmless": alarmed_cells(strata["harmless"]),
        "spared": alarmed(spared),
        "dropped": {
            "cells": len(found), "killing": len(strata["killing"]), "milder": len(strata["milder"]),
            "harmless": len(strata["harmless"]), "spared trainings of killing cells": len(spared),
            "fault types without a killing cell": sorted(
                {cell.fault for cell in found} - {cell.fault for cell in strata["killing"]}
            ),
        },
        "harmed": harmed([*whole, *(record for cell in found for record in cell.records)]),
        "healthy trainings changed by repair": sum(map(changed, whole)),
        "seconds": spent(records),
        "confusion": {
            fault: Counter((named(r) or ["silent"])[0] for r in killing if r["task"]["fault"] == fault)
            for fault in BY_NAME if any(r["task"]["fault"] == fault for r in killing)
        },
        "beside": beside(whole, killing),
    }  # fmt: skip


def as_data(value: Any) -> Any:
    """Return figures as data for JSON, shares with their names."""
    if isinstance(value, Share):
        return {name: None if math.isnan(number) else round(number, 5) for name, number in value._asdict().items()}
    if isinstance(value, dict):
        return {str(name): as_data(each) for name, each in value.items()}
    return [as_data(each) for each in value] if isinstance(value, (list, tuple)) else value


def alarmed_cells(part: Sequence[Cell]) -> dict[str, Any]:
    """Return how often milder or harmless faults are alarmed, and how often the first finding is right then."""
    records = [record for cell in part for record in cell.records]
    alarms = [record for record in records if named(record)]
    return {
        "cells": len(part), "found": alarmed(records),
        "right of those": shares(alarms, first_right),
        "by finding": Counter(named(record)[0] for record in alarms),
    }  # fmt: skip


def beside(whole: Sequence[Record], killing: Sequence[Record]) -> dict[str, dict[str, Share]]:
    """Return detection, false alarms and first answers of ours, of ours without its parts, and of other rules."""
    ways: dict[str, Names] = {
        "cutaway": named,
        "cutaway, with experiments": proven,
        "cutaway without the gate": lambda record: record["gate off"],
        "cutaway without causal order": lambda record: record["unordered"],
        **{name: of_baseline(name) for name in BASELINES},
    }
    return {
        name: {
            "detected": alarmed(killing, says),
            "false alarms": alarmed(whole, says),
            "first right, macro": macro(killing, lambda record, says=says: first_right(record, says)),  # type: ignore[misc]
            "any right, macro": macro(killing, lambda r, says=says: bool(set(says(r)) & set(accepted(r)))),  # type: ignore[misc]
        }
        for name, says in ways.items()
    }
