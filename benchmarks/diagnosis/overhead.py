"""What the diagnosis of a healthy training costs: the same training with and without it, in turn."""

from __future__ import annotations

import time
from typing import Any

from benchmarks.diagnosis.cases import ARCHITECTURES, healthy_case
from benchmarks.diagnosis.sets import TEST

# Of the benchmark's own trainings, which take a fraction of a second; `python -m benchmarks overhead` has longer ones.
CHOSEN = TEST[:5]


def overheads(rates: dict[str, float], repeats: int = 15) -> dict[str, float]:
    """Return for each training the ratio of its seconds with diagnosis to those without, the fastest of both.

    What else a machine does only adds: of 40 alternated repeats of a training of half a second 15 drawn at random had a
    ratio that varies by 0.008 (of medians by 0.021, and by 0.036 of five).
    """
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
        found[f"{data}, {network}"] = min(seconds[True]) / min(seconds[False])
    return found
