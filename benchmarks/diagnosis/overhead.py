"""What the diagnosis of a healthy training costs: the same training with and without it, in turn."""

from __future__ import annotations

import statistics
import time
from typing import Any

from benchmarks.diagnosis.cases import ARCHITECTURES, healthy_case

# Of the benchmark's own trainings, which take a fraction of a second; `python -m benchmarks overhead` has longer ones.
CHOSEN = (("photos", "relu 60-30"), ("bodies", "leaky 40-40 batch norm"), ("computers", "relu 70 dropout"),
          ("waveform", "relu 60-30"), ("ringnorm", "relu 30-30-30-30"))  # fmt: skip


def overheads(rates: dict[str, float], repeats: int = 5) -> dict[str, float]:
    """Return for each training the ratio of its seconds with diagnosis to those without, medians of alternated runs."""
    found = {}
    for data, network in CHOSEN:
        seconds: dict[bool, list[float]] = {True: [], False: []}
        for _ in range(repeats):
            for observe in (True, False):
                case: Any = healthy_case(data, ARCHITECTURES[network], rates[f"{data}|{network}"], 0)
                start = time.perf_counter()
                case.fit(0, observe)
                seconds[observe].append(time.perf_counter() - start)
        found[f"{data}, {network}"] = statistics.median(seconds[True]) / statistics.median(seconds[False])
    return found
