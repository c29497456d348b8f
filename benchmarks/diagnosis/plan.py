"""Which trainings: healthy ones, and for each fault the cells that it is put into; and the rate of each."""

from __future__ import annotations

import hashlib
import itertools
import json
import statistics
from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from pathlib import Path

import cutaway.diagnosis.thresholds
from benchmarks.diagnosis import cases
from benchmarks.diagnosis import sets as rows
from benchmarks.diagnosis.fault import Fault
from benchmarks.diagnosis.faults import FAULTS
from benchmarks.diagnosis.healthy import ONLY, RECIPES
from benchmarks.diagnosis.tasks import Task, sweep
from benchmarks.report import RESULTS
from cutaway.atomic import write_complete

# Data sets and architectures that a fault is put into, at most; in a development run fewer.
CELLS, CELLS_OF_DEVELOPMENT = 6, 4
SEEDS, SEEDS_OF_DEVELOPMENT = 5, 3
SWEEP_SEED = 900
RATES = RESULTS / "diagnosis_rates.json"


def hash_of_thresholds() -> str:
    """Return the sha256 of the file that holds every threshold."""
    return hashlib.sha256(Path(cutaway.diagnosis.thresholds.__file__).read_bytes()).hexdigest()


def hash_of_cases() -> str:
    """Return the hash of the files that a sweep follows from."""
    return hashlib.sha256(b"".join(Path(str(each.__file__)).read_bytes() for each in (cases, rows))).hexdigest()[:16]


def seeds_of(testing: bool, count: int | None = None) -> list[int]:
    """Return the seeds: those of the test follow from the thresholds, so that none was chosen by its results."""
    if not testing:
        return list(range(count or SEEDS_OF_DEVELOPMENT))
    first = int(hash_of_thresholds()[:8], 16) % 1_000_000 + 1000
    return [first + place for place in range(count or SEEDS)]


def places(testing: bool) -> list[tuple[str, cases.Architecture]]:
    """Return every pair of data set and architecture, so that neighbours differ in both."""
    data, networks = (rows.TEST, cases.TEST) if testing else (rows.DEVELOPMENT, cases.DEVELOPMENT)
    turns = range(len(networks))
    return [(name, networks[(turn + place) % len(networks)]) for turn in turns for place, name in enumerate(data)]


def cells_of(fault: Fault, testing: bool, most: int | None = None) -> list[tuple[str, cases.Architecture]]:
    """Return the pairs that a fault is put into, as many different data sets as suit it, and architectures in turn."""
    shift = FAULTS.index(fault)
    every = places(testing)
    every = every[shift % len(every) :] + every[: shift % len(every)]
    fitting = [(name, network) for name, network in every if fault.suits(rows.parts_of(name, 0), network)]
    chosen: list[tuple[str, cases.Architecture]] = []
    while fitting and len(chosen) < (most or (CELLS if testing else CELLS_OF_DEVELOPMENT)):
        used = [name for name, _ in chosen]
        shapes = [network.name for _, network in chosen]
        best = min(fitting, key=lambda pair: (used.count(pair[0]), shapes.count(pair[1].name)))
        fitting.remove(best)
        chosen.append(best)
    return chosen


def healthy_tasks(testing: bool, rates: dict[str, float], seeds: list[int]) -> list[Task]:
    """Return the healthy trainings: every pair at its best rate with every seed, and at a third and thrice of it."""
    pairs = places(testing)
    if testing:
        pairs += [*places(False), *itertools.product(rows.HEALTHY_ONLY, cases.TEST)]
    tasks = [Task("", name, net.name, rates[f"{name}|{net.name}"], seed) for name, net in pairs for seed in seeds]
    tasks += [
        Task("", name, net.name, rates[f"{name}|{net.name}"], seeds[0], factor)
        for name, net in pairs for factor in (1 / 3, 3.0)
    ]  # fmt: skip
    sets = (*rows.TEST, *rows.DEVELOPMENT, *rows.HEALTHY_ONLY) if testing else rows.DEVELOPMENT
    tasks += [
        Task("", name, recipe, 0.0, seed)
        for recipe in RECIPES for name in ONLY.get(recipe, sets) if name in sets for seed in seeds[:2]
    ]  # fmt: skip
    return tasks


def fault_tasks(faults: Iterable[Fault], testing: bool, rates: dict[str, float], seeds: list[int]) -> list[Task]:
    """Return the broken trainings."""
    return [
        Task(fault.name, name, network.name, rates[f"{name}|{network.name}"], seed, testing=testing)
        for fault in faults for name, network in cells_of(fault, testing) for seed in seeds
    ]  # fmt: skip


def best_rates(testing: bool, pool: Executor, say: Callable[[str], None]) -> dict[str, float]:
    """Return the best rate of each pair's sweep by the score on watched rows; no diagnosis is asked.

    Of rates within a hundredth of the best score the middle one is taken. They are kept, in `diagnosis_rates.json`.
    """
    content = json.loads(RATES.read_text()) if RATES.exists() else {}
    known: dict[str, float] = content["rates"] if content.get("of") == hash_of_cases() else {}
    pairs = places(testing)
    if testing:
        pairs += [*places(False), *itertools.product(rows.HEALTHY_ONLY, cases.TEST)]
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
