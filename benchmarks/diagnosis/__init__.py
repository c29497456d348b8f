"""`python -m benchmarks diagnosis`: how often the diagnosis of a training is right, and how often it cries for nothing.

Healthy trainings and broken ones, each broken in one known way; `docs/guides/diagnosis_benchmark.md` says how.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Collection
from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from benchmarks.diagnosis.development import report_of_development
from benchmarks.diagnosis.fault import Fault
from benchmarks.diagnosis.faults import FAULTS
from benchmarks.diagnosis.figures import as_data, figures, together
from benchmarks.diagnosis.frozen import hash_of_diagnosis, hash_of_thresholds
from benchmarks.diagnosis.log import Log
from benchmarks.diagnosis.overhead import overheads
from benchmarks.diagnosis.plan import best_rates, fault_tasks, healthy_tasks, repaired_tasks, seeds_of
from benchmarks.diagnosis.tasks import Task, forget, work
from benchmarks.diagnosis.told import as_markdown
from benchmarks.report import RESULTS, write

# How many healthy trainings of the test before, on other sets and by the same rules, had a finding, by pair. Whoever
# changes what is an alarm takes it away: then the two are of different rules.
EARLIER = RESULTS / "diagnosis_alarms_before.json"
GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "diagnosis_benchmark.md"


def add_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--development", action="store_true", help="the sets that thresholds are chosen by")
    command.add_argument(
        "--sample", action="store_true", help="a part of the development sets, with repairs, ≤ 5 minutes"
    )
    command.add_argument("--report", action="store_true", help="the numbers of what is in the log, without training")
    command.add_argument("--only", default="", metavar="WORDS", help="faults whose name or check holds these words")
    command.add_argument("--seeds", type=int, help="of each training (3 of development, 5 of the test)")
    command.add_argument("--workers", type=int, default=2, help="processes (2)")
    command.add_argument("--keep-old", action="store_true", help="judge evidence of earlier calls, however measured")
    command.add_argument("--repair", action="store_true", help="with --development: repair too, which trains anew")
    command.add_argument("--details", action="store_true", help="each training that is not judged as it should be")


def main(
    development: bool = False, sample: bool = False, report: bool = False, only: str = "", seeds: int | None = None,
    workers: int = 2, keep_old: bool = False, repair: bool = False, details: bool = False, quick: bool = False,
) -> None:  # fmt: skip
    faults = [fault for fault in FAULTS if only in fault.name or any(only in name for name in fault.accepted)]
    with pool_of(workers) as pool:
        if sample or quick:
            records = sampled(pool, faults)
            print(report_of_development(records, faults, details), as_markdown(figures(records)), sep="\n\n")
        elif development:
            rates, chosen = best_rates(False, pool, say), seeds_of(False, seeds)
            tasks = healthy_tasks(False, rates, chosen) + fault_tasks(faults, False, rates, chosen)
            keep = "" if repair else "old" if keep_old else "new"
            records = done(tasks, pool, keep, repaired_tasks(tasks) if repair else ())
            forget()
            print(report_of_development(records, faults, details))
            if repair:
                print("", as_markdown(figures(records)), sep="\n")
        else:
            tested(pool, faults, seeds, training=not report, whole=not only)


def tested(pool: Executor, faults: list[Fault], seeds: int | None, training: bool, whole: bool) -> None:
    """Run what is missing of the test set, and print its numbers; write them if it was run as a whole."""
    rates, chosen, log = best_rates(True, pool, say), seeds_of(True, seeds), Log()
    say(f"thresholds {log.marks['thresholds']}, all that decides {log.marks['diagnosis']}, seeds {chosen}")
    tasks = healthy_tasks(True, rates, chosen) + fault_tasks(faults, True, rates, chosen)
    missing = [task for task in tasks if task not in log.known]
    if training:
        done(missing, pool, repairing=repaired_tasks(tasks), each=log.append)
    found = figures([log.known[task] for task in tasks if task in log.known])
    alarms = found["healthy"]["false alarms"]
    if EARLIER.exists():
        before = json.loads(EARLIER.read_text(encoding="utf-8"))["pairs"]
        alarms["all, and those of the test before"] = together(found["healthy"]["by pair"], before)
    found |= {"thresholds": hash_of_thresholds(), "diagnosis": hash_of_diagnosis(), "seeds": chosen}
    found["missing"] = sum(task not in log.known for task in tasks)
    if training:
        found["overhead"] = pool.submit(overheads, rates).result()
    print(as_markdown(found))
    if training and whole and not found["missing"] and seeds is None:
        in_guide(as_markdown(found))
        print(write("diagnosis", as_data({**found, "tables": as_markdown(found).splitlines()})))


def in_guide(tables: str, guide: Path = GUIDE) -> None:
    """Put the tables where the guide has its results."""
    before, rest = guide.read_text(encoding="utf-8").split("<!-- results -->\n")
    after = rest.split("<!-- end -->")[1]
    guide.write_text(f"{before}<!-- results -->\n{tables}\n<!-- end -->{after}", encoding="utf-8")


def sampled(pool: Executor, faults: list[Fault]) -> list[dict[str, Any]]:
    """Return the records of a part of the development sets, repairs and all."""
    rates = best_rates(False, pool, say)
    healthy = [task for task in healthy_tasks(False, rates, [0]) if task.factor == 1]
    broken = {task.fault: task for task in reversed(fault_tasks(faults, False, rates, [0]))}
    # A fault is told by its healthy twin.
    chosen = [task for place, task in enumerate(healthy) if not place % 4]
    twins = {task.twin for task in broken.values()}
    tasks = [*dict.fromkeys([*chosen, *(task for task in healthy if task.cell in twins)]), *broken.values()]
    return done(tasks, pool, repairing=set(tasks))


def pool_of(workers: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(workers, mp_context=get_context("spawn"))


def done(
    tasks: list[Task], pool: Executor, keep: str = "", repairing: Collection[Task] = (),
    each: Callable[[dict[str, Any]], None] | None = None,
) -> list[dict[str, Any]]:  # fmt: skip
    """Return the records of all tasks, in their order, repaired where asked; `each` hears of every one when done.

    A training that cannot be judged is told, and left out.
    """
    start, last, failures = time.perf_counter(), 0.0, 0
    found: dict[Task, dict[str, Any]] = {}
    told: set[str] = set()
    jobs = {pool.submit(work, task, keep, task in repairing): task for task in tasks}
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
