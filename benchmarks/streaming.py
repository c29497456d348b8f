"""The dense suite from memory and from files: what a table larger than memory costs a training step.

Both train the same epochs with Adam on XLA. In memory the rows are an array on the device, shuffled one by one;
streamed they are files of float32, taken in shuffled blocks of neighbours as a table larger than memory is. "From disk"
drops the files from the system's cache before each epoch, as when they do not fit there. Runs are alternated; the
median of the repeats counts, and starting, compiling and the first epoch are left out.
"""

from __future__ import annotations

import mmap
import os
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import cutaway as ca
from benchmarks.dense import RATE, WORKLOADS, Workload, data
from benchmarks.report import table, write
from cutaway.losses import CrossEntropy, SquaredError
from cutaway.records import StepRecord
from cutaway.runs.streamed import BLOCK
from cutaway.training.plan import Plan
from cutaway.training.step import Batch
from cutaway.training.trainer import Trainer

# Files of so many bytes or more are streamed in several chunks an epoch; of narrow rows a file is so many rows.
BYTES, MOST_ROWS, QUICK_ROWS = 96 << 20, 1 << 18, 1 << 12
SECONDS = 1.0  # that a run takes about
CONTENDERS = ("in memory", "streamed", "streamed from disk")


def rows_of(load: Workload, quick: bool) -> Workload:
    """Return the workload with as many rows as make a file worth streaming."""
    most = QUICK_ROWS if quick else min(MOST_ROWS, BYTES // (4 * load.sizes[0]))
    return Workload(load.name, load.sizes, load.activation, load.batch, load.classes, most // load.batch * load.batch)


def in_files(rows: Batch, folder: Path) -> Batch:
    """Write the rows to files, and return them as they are read from there."""
    parts = []
    for name, part in zip("xy", rows[:2], strict=True):
        part.tofile(folder / name)
        parts.append(np.memmap(folder / name, part.dtype, "r", shape=part.shape))
    return Batch(*parts, None)


def forget(rows: Batch, folder: Path) -> None:
    """Drop the files from the system's cache."""
    for name, part in zip("xy", rows[:2], strict=True):
        part._mmap.madvise(mmap.MADV_DONTNEED)
        with (folder / name).open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def trained(load: Workload, rows: Batch, epochs: int, streamed: bool, before: Callable[[], None] | None) -> float:
    """Return the seconds a step of a training, the first epoch left out."""
    layers: list[Any] = []
    for size in load.sizes[1:]:
        layers += [ca.Dense(size), ca.Tanh() if load.activation == "tanh" else ca.ReLU()]
    net = ca.Sequential(*layers[:-1]).build(load.sizes[0])
    plan = Plan(
        epochs=epochs, batch_size=load.batch, block=BLOCK if streamed else None, lean=streamed, drop_last=True,
        watch=False,
    )  # fmt: skip

    def told(record: Any) -> None:
        if before is not None and isinstance(record, StepRecord):
            before()

    loss = CrossEntropy() if load.classes else SquaredError()
    done = Trainer(net, loss, ca.Adam(RATE), plan, engine="xla", listeners=[told]).train(rows)
    first, last = done.history[0], done.history[-1]
    return (last.seconds - first.seconds) / (last.step - first.step)


def main(repeats: int, quick: bool) -> None:
    figures: dict[str, dict[str, float]] = {}
    for given in WORKLOADS:
        load = rows_of(given, quick)
        whole = Batch(*data(load), None)
        with tempfile.TemporaryDirectory(prefix="cutaway-", dir=os.environ.get("TMPDIR")) as place:
            folder = Path(place)
            files = in_files(whole, folder)

            def drop(files: Batch = files, folder: Path = folder) -> None:
                forget(files, folder)

            how: dict[str, tuple[Batch, bool, Callable[[], None] | None]] = {
                "in memory": (whole, False, None),
                "streamed": (files, True, None),
                "streamed from disk": (files, True, drop),
            }
            steps = load.rows // load.batch
            each = trained(load, whole, 2, False, None)
            epochs = 2 if quick else max(3, round(SECONDS / (each * steps)) + 1)
            times: dict[str, list[float]] = {name: [] for name in CONTENDERS}
            for turn in range(1 if quick else repeats):
                for name in CONTENDERS[turn % 3 :] + CONTENDERS[: turn % 3]:
                    rows, streamed, before = how[name]
                    times[name].append(trained(load, rows, epochs, streamed, before))
        figures[load.name] = {name: statistics.median(values) * 1e6 for name, values in times.items()}
        figures[load.name]["megabytes"] = round(whole.x.nbytes / 1e6)
        print(load.name, {name: round(value, 1) for name, value in figures[load.name].items()}, flush=True)
    shown = [["µs a step", *figures], *([name, *(f"{of[name]:.1f}" for of in figures.values())] for name in CONTENDERS)]
    speeds = {name: {load: of["in memory"] / of[name] for load, of in figures.items()} for name in CONTENDERS[1:]}
    means = {name: float(np.exp(np.mean(np.log(list(of.values()))))) for name, of in speeds.items()}
    shown += [
        [f"{name}: share of the speed in memory", *(f"{share:.2f}" for share in of.values())]
        for name, of in speeds.items()
    ]
    print("\n" + table(shown))
    print("geometric means: " + ", ".join(f"{name} {mean:.2f}" for name, mean in means.items()))
    if not quick:
        print(write("streaming", {
            "microseconds a step": figures, "share of the speed in memory": speeds, "geometric mean": means,
        }))  # fmt: skip
