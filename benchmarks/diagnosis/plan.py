"""Which trainings: healthy ones, and for each fault the cells that it is put into; and the rate of each."""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from functools import cache

from benchmarks.diagnosis import cases
from benchmarks.diagnosis import sets as rows
from benchmarks.diagnosis.fault import Fault
from benchmarks.diagnosis.faults import FAULTS
from benchmarks.diagnosis.frozen import hash_of_cases, hash_of_diagnosis
from benchmarks.diagnosis.healthy import kinds_on
from benchmarks.diagnosis.tasks import Task, sweep
from benchmarks.report import RESULTS
from cutaway.atomic import write_complete

# Pairs of data set and architecture that a fault is put into, at most, and how many of these are repaired too.
CELLS, CELLS_OF_DEVELOPMENT, REPAIRED = 4, 5, 3
# Seeds of each training; of those that are healthy only.
SEEDS, SEEDS_OF_DEVELOPMENT, SEEDS_OF_HEALTHY = 5, 3, 2
# Architectures that each data set meets, of all: in development, in the test, and of sets for healthy trainings only.
TURNS_OF_DEVELOPMENT, TURNS, TURNS_OF_HEALTHY = 4, 6, 4
SWEEP_SEED = 900
RATES = RESULTS / "diagnosis_rates.json"

Pairs = list[tuple[str, cases.Architecture]]


def seeds_of(testing: bool, count: int | None = None) -> list[int]:
    """Return the seeds: those of the test follow from all that decides, so that none was chosen by its results."""
    if not testing:
        return list(range(count or SEEDS_OF_DEVELOPMENT))
    first = int(hash_of_diagnosis()[:8], 16) % 1_000_000 + 1000
    return [first + place for place in range(count or SEEDS)]


def rotated(data: Iterable[str], networks: tuple[cases.Architecture, ...], turns: int) -> Pairs:
    """Return for each data set so many architectures, other ones for its neighbours, so that neighbours differ in both.

    The step between those of one set has no divisor in common with their number: all come before one comes again.
    """
    step = next(each for each in (5, 3, 7) if math.gcd(each, len(networks)) == 1)
    return [
        (name, networks[(step * turn + place) % len(networks)])
        for turn in range(min(turns, len(networks))) for place, name in enumerate(data)
    ]  # fmt: skip


def places(testing: bool) -> Pairs:
    """Return the pairs of data set and architecture that faults are put into."""
    if testing:
        return rotated(rows.TEST, cases.TEST, TURNS)
    return rotated(rows.DEVELOPMENT, cases.DEVELOPMENT, TURNS_OF_DEVELOPMENT)


def healthy_places(testing: bool) -> Pairs:
    """Return the pairs whose trainings are healthy only."""
    if testing:
        return rotated(rows.HEALTHY_OF_TEST, cases.TEST, TURNS_OF_HEALTHY)
    return rotated(rows.HEALTHY_OF_DEVELOPMENT, cases.DEVELOPMENT, TURNS_OF_HEALTHY)


@cache
def _parts(name: str) -> rows.Parts:
    """Return the parts by which is said what a data set is; they are never trained on."""
    return rows.parts_of(name, 0)


def cells_of(fault: Fault, testing: bool, most: int | None = None) -> Pairs:
    """Return the pairs that a fault is put into, as many different data sets as suit it, and architectures in turn."""
    shift = FAULTS.index(fault)
    every = places(testing)
    every = every[shift % len(every) :] + every[: shift % len(every)]
    fitting = [(name, network) for name, network in every if fault.suits(_parts(name), network)]
    chosen: Pairs = []
    while fitting and len(chosen) < (most or (CELLS if testing else CELLS_OF_DEVELOPMENT)):
        used = [name for name, _ in chosen]
        shapes = [network.name for _, network in chosen]
        best = min(fitting, key=lambda pair: (used.count(pair[0]), shapes.count(pair[1].name)))
        fitting.remove(best)
        chosen.append(best)
    return chosen


def healthy_tasks(testing: bool, rates: dict[str, float], seeds: list[int]) -> list[Task]:
    """Return the healthy trainings: every pair at its best rate, at a third and thrice of it, and other kinds.

    Pairs that faults are put into have every seed, for each of those is a twin; the others the first few.
    """
    twins, others = places(testing), healthy_places(testing)
    few = seeds[:SEEDS_OF_HEALTHY]
    tasks = [Task("", name, net.name, rates[f"{name}|{net.name}"], seed) for name, net in twins for seed in seeds]
    tasks += [Task("", name, net.name, rates[f"{name}|{net.name}"], seed) for name, net in others for seed in few]
    tasks += [
        Task("", name, net.name, rates[f"{name}|{net.name}"], seeds[0], factor)
        for name, net in (*twins, *others) for factor in (1 / 3, 3.0)
    ]  # fmt: skip
    every = dict.fromkeys(name for name, _ in (*twins, *others))
    tasks += [
        Task("", name, kind, 0.0, seed)
        for place, name in enumerate(every) for kind in kinds_on(name, place) for seed in few
    ]  # fmt: skip
    return tasks


def fault_tasks(faults: Iterable[Fault], testing: bool, rates: dict[str, float], seeds: list[int]) -> list[Task]:
    """Return the broken trainings."""
    return [
        Task(fault.name, name, network.name, rates[f"{name}|{network.name}"], seed, testing=testing)
        for fault in faults for name, network in cells_of(fault, testing) for seed in seeds
    ]  # fmt: skip


def repaired_tasks(tasks: Iterable[Task]) -> set[Task]:
    """Return which trainings are repaired too: all without a fault, and of each fault those in its first few pairs."""
    chosen: set[Task] = set()
    cells: dict[str, list[str]] = {}
    for task in tasks:
        mine = cells.setdefault(task.fault, [])
        if task.cell not in mine:
            mine.append(task.cell)
        if not task.fault or mine.index(task.cell) < REPAIRED:
            chosen.add(task)
    return chosen


def best_rates(testing: bool, pool: Executor, say: Callable[[str], None]) -> dict[str, float]:
    """Return the best rate of each pair's sweep by the score on watched rows; no diagnosis is asked.

    Of rates within a hundredth of the best score the middle one is taken. They are kept, in `diagnosis_rates.json`.
    """
    content = json.loads(RATES.read_text()) if RATES.exists() else {}
    known: dict[str, float] = content["rates"] if content.get("of") == hash_of_cases() else {}
    pairs = [*places(testing), *healthy_places(testing)]
    missing = [(name, net) for name, net in pairs if f"{name}|{net.name}" not in known]
    if missing:
        say(f"sweeping learning rates of {len(missing)} networks")
    wanted = [(name, net, rate) for name, net in missing for rate in cases.RATES[net.optimizer]]
    jobs = [pool.submit(sweep, name, net.name, rate, SWEEP_SEED) for name, net, rate in wanted]
    scores: dict[str, dict[float, float]] = {}
    for (name, net, rate), job in zip(wanted, jobs, strict=True):
        scores.setdefault(f"{name}|{net.name}", {})[rate] = job.result()
    for pair, found in scores.items():
        best = max(found.values())
        known[pair] = statistics.median_low([rate for rate, score in found.items() if score >= best - 0.01])
    if missing:
        RESULTS.mkdir(exist_ok=True)
        write_complete(
            RATES, (json.dumps({"of": hash_of_cases(), "rates": dict(sorted(known.items()))}, indent=1) + "\n").encode()
        )
    return known
