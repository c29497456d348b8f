"""What watching costs: the same training with vitals, records on disk and a callback, and without, in turn."""

from __future__ import annotations

import statistics
import tempfile
from typing import Any

import cutaway as ca
from benchmarks.dense import WORKLOADS, Workload, data
from benchmarks.report import table, write

# How many epochs make a training of about two seconds.
EPOCHS = {"2-8-8-1": 800, "32-64-64-1": 300, "64-128-10": 300, "784-256-128-10": 40}


def seconds(load: Workload, epochs: int, watched: bool, folder: str) -> float:
    x, y = data(load)
    layers: list[Any] = []
    for size in load.sizes[1:]:
        layers += [ca.Dense(size), ca.Tanh() if load.activation == "tanh" else ca.ReLU()]
    run = ca.fit(
        ca.Sequential(*layers[:-1]), x, y, loss="cross_entropy" if load.classes else "squared_error",
        epochs=epochs, batch_size=load.batch, engine="xla", progress=False, observe=watched,
        callbacks=[lambda record: None] if watched else [], path=folder if watched else None,
    )  # fmt: skip
    return run.seconds


def main(repeats: int, quick: bool) -> None:
    rows = [["seconds", "watched", "not watched", "ratio"]]
    figures = {}
    with tempfile.TemporaryDirectory() as folder:
        for load in WORKLOADS:
            epochs = 3 if quick else EPOCHS[load.name]
            pairs = [
                (seconds(load, epochs, True, folder), seconds(load, epochs, False, folder))
                for _ in range(1 if quick else repeats)
            ]
            ratio = statistics.median(a / b for a, b in pairs)
            watched, bare = (statistics.median(column) for column in zip(*pairs, strict=True))
            figures[load.name] = {"watched": watched, "not watched": bare, "ratio": ratio}
            rows.append([load.name, f"{watched:.2f}", f"{bare:.2f}", f"{ratio:.3f}"])
    print(table(rows))
    if not quick:
        print(write("overhead", figures))
