"""`python -m benchmarks diagnosis`: how often the diagnosis of a training is right, and how often it cries for nothing.

Healthy trainings and broken ones, each broken in one known way; `docs/guides/diagnosis_benchmark.md` says how.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from typing import Any

from benchmarks.diagnosis.development import report_of_development
from benchmarks.diagnosis.faults import FAULTS
from benchmarks.diagnosis.plan import best_rates, fault_tasks, healthy_tasks, seeds_of
from benchmarks.diagnosis.tasks import Task, work


def add_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--development", action="store_true", help="the sets that thresholds are chosen by")
    command.add_argument("--only", default="", metavar="WORDS", help="faults whose name or check holds these words")
    command.add_argument("--seeds", type=int, help="of each training (3 of development, 5 of the test)")
    command.add_argument("--workers", type=int, default=2, help="processes (2)")
    command.add_argument("--details", action="store_true", help="each training that is not judged as it should be")


def main(
    development: bool = False, only: str = "", seeds: int | None = None, workers: int = 2, details: bool = False,
    quick: bool = False,
) -> None:  # fmt: skip
    faults = [fault for fault in FAULTS if only in fault.name or any(only in name for name in fault.accepted)]
    chosen = seeds_of(False, 1 if quick else seeds)
    with pool_of(workers) as pool:
        rates = best_rates(False, pool, say)
        tasks = healthy_tasks(False, rates, chosen) + fault_tasks(faults, False, rates, chosen)
        records = done(tasks, pool, keep=True)
    print(report_of_development(records, faults, details))


def pool_of(workers: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(workers, mp_context=get_context("spawn"))


def done(
    tasks: list[Task], pool: Executor, keep: bool = False, repairing: bool = False,
    each: Callable[[dict[str, Any]], None] | None = None,
) -> list[dict[str, Any]]:  # fmt: skip
    """Return the records of all tasks, in their order; `each` hears of every one when it is done.

    A training that cannot be judged is told, and left out.
    """
    start, last, failures = time.perf_counter(), 0.0, 0
    found: dict[Task, dict[str, Any]] = {}
    told: set[str] = set()
    jobs = {pool.submit(work, task, keep, repairing): task for task in tasks}
    for job in as_completed(jobs):
        failure = job.exception()
        if failure is not None:
            words = f"{type(failure).__name__}: {failure}"
            say(f"NOT JUDGED {jobs[job].key}: {words}" + ("" if words in told else f"\n{failure.__cause__}"))
            told.add(words)
            failures += 1
            continue
        record = job.result()
        found[jobs[job]] = record
        if each is not None:
            each(record)
        now = time.perf_counter() - start
        if now - last > 10 or len(found) + failures == len(tasks):
            last = now
            say(f"{len(found)} of {len(tasks)} trainings, {now:.0f} s")
    return [found[task] for task in tasks if task in found]


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
