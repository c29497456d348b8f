"""Bias and variance of twenty widths: all networks as members of few programs, beside training them one by one.

One hidden layer of 1 to 512 neurons, 30 networks each (10 resamples × 3 seeds), 1,000 rows of 8 columns, 200 epochs,
batches of 32, Adam: 600 networks, to be done in 120 s on two cores. One by one is `ca.fit` for one network of each
width, times 30: what it would take a person who writes the loop. Each is the least of its repeats, taken in turn.
"""

from __future__ import annotations

import os
import time

import numpy as np

import cutaway as ca
from benchmarks.report import table, write
from cutaway.explain.bias_variance import bias_variance
from cutaway.explain.sweep import train_kinds
from cutaway.losses import as_loss
from cutaway.optimizers import as_optimizer
from cutaway.training.step import Batch

WIDTHS = (1, 2, 3, 4, 5, 7, 10, 14, 19, 27, 37, 51, 71, 99, 137, 190, 264, 367, 450, 512)
ROWS, COLUMNS, RESAMPLES, SEEDS = 1000, 8, 10, 3
BAR = 120.0  # seconds on two cores


def network(width: int) -> ca.Sequential:
    return ca.Sequential(ca.Dense(width), ca.ReLU(), ca.Dense(1))


def data(rows: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    x = random.uniform(-1, 1, (rows, COLUMNS)).astype(np.float32)
    y = np.sin(3 * x[:, 0]) + x[:, 1] * x[:, 2] + 0.3 * random.standard_normal(rows)
    return x, y.astype(np.float32)[:, None]


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def one_by_one(widths: tuple[int, ...], epochs: int) -> dict[int, float]:
    """Return the seconds of one `ca.fit` of each width."""
    x, y = data(ROWS)
    seconds = {}
    for width in widths:
        start = time.perf_counter()
        ca.fit(
            network(width), x, y, loss="squared_error", epochs=epochs, batch_size=32, progress=False, observe=False
        )  # fmt: skip
        seconds[width] = time.perf_counter() - start
    return seconds


def programs(widths: tuple[int, ...], epochs: int, together: bool) -> tuple[float, int]:
    """Return the seconds of training all members, and of how many programs; narrow ones filled up or not."""
    x, y = data(ROWS)
    random = np.random.default_rng(1)
    learned = [random.integers(0, ROWS, ROWS) for _ in range(RESAMPLES * SEEDS)]
    start = time.perf_counter()
    found = train_kinds(
        [network(width) for width in widths], as_loss("squared_error"), as_optimizer("adam"), Batch(x, y, None),
        learned, x, epochs=epochs, batch_size=32, engine="xla", together=together,
    )  # fmt: skip
    return time.perf_counter() - start, found.programs


def main(repeats: int, quick: bool) -> None:
    widths, epochs = (WIDTHS[:6], 5) if quick else (WIDTHS, 200)
    x, y = data(ROWS + 500)
    runs, alone, apart = [], dict.fromkeys(widths, np.inf), np.inf
    for _ in range(1 if quick else min(repeats, 2)):
        runs.append(
            bias_variance(
                network, x[:ROWS], y[:ROWS], values=widths, resamples=RESAMPLES, seeds=SEEDS, epochs=epochs,
                test=(x[ROWS:], y[ROWS:]), learning_curve=False, weight_decay=0, engine="xla",
            )
        )  # fmt: skip
        print(f"{runs[-1].networks} networks in {runs[-1].programs} programs: {runs[-1].seconds:.1f} s", flush=True)
        alone = {width: min(alone[width], seconds) for width, seconds in one_by_one(widths, epochs).items()}
        apart = min(apart, programs(widths, epochs, together=False)[0])
    found = min(runs, key=lambda run: run.seconds)
    all_alone = RESAMPLES * SEEDS * sum(alone.values())
    figures = {
        "widths": list(widths),
        "networks": found.networks,
        "seconds": found.seconds,
        "bar in seconds, two cores": BAR,
        "cores": cores(),
        "programs": found.programs,
        "seconds with a program for each width": round(apart, 2),
        "seconds one by one": round(all_alone, 1),
        "ratio": round(all_alone / found.seconds, 1),
        "seconds of one network by width": {str(width): round(each, 3) for width, each in alone.items()},
    }
    print(
        table(
            [
                ["", "seconds"],
                [f"{found.networks} networks, {found.programs} programs", f"{found.seconds:.1f}"],
                [f"the same, {len(widths)} programs", f"{apart:.1f}"],
                ["one by one", f"{all_alone:.0f}"],
                ["ratio", f"{figures['ratio']}"],
                [f"bar on two cores ({cores()} here)", f"{BAR:.0f}"],
            ]
        )
    )
    print(found)
    if not quick:
        print(write("capacity", figures))
