"""What the diagnosis of a healthy training costs: the same training with and without it, in turn."""

from __future__ import annotations

import statistics
import time
from typing import Any

from benchmarks.diagnosis.cases import ARCHITECTURES, healthy_case

# Of the benchmark's own trainings, which take a fraction of a second; `python -m benchmarks overhead` has longer ones.
CHOSEN = ("dice", "growth", "parabola", "maths", "titanic")


def overheads(rates: dict[str, float], repeats: int = 5) -> dict[str, float]:
    """Return for each training the ratio of its seconds with diagnosis to those without, medians of alternated runs."""
    found = {}
    for place, data in enumerate(CHOSEN):
        pairs = sorted(pair for pair in rates if pair.startswith(f"{data}|"))
        network = pairs[place % len(pairs)].split("|")[1]
        seconds: dict[bool, list[float]] = {True: [], False: []}
        for _ in range(repeats):
            for observe in (True, False):
                case: Any = healthy_case(data, ARCHITECTURES[network], rates[f"{data}|{network}"], 0)
                start = time.perf_counter()
                case.fit(0, observe)
                seconds[observe].append(time.perf_counter() - start)
        found[f"{data}, {network}"] = statistics.median(seconds[True]) / statistics.median(seconds[False])
    return found
