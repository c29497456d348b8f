"""What watching costs: the same training with vitals, records on disk and a callback, and without, in turn.

And what checkpoints cost: the same training with them and without. One is due every 30 seconds, which is longer than
these trainings take; here it is every second, so that the figure is an upper bound, thirty times as many being written.
"""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path
from typing import Any

import cutaway as ca
from benchmarks.dense import WORKLOADS, Workload, data
from benchmarks.report import table, write
from cutaway.records import Event
from cutaway.training.checkpoints import Checkpoints
from cutaway.training.plan import Plan
from cutaway.training.step import Batch
from cutaway.training.trainer import Trainer

# How many epochs make a training of about two seconds.
EPOCHS = {"2-8-8-1": 800, "32-64-64-1": 300, "64-128-10": 300, "784-256-128-10": 40}
# Trainings with checkpoints are so many times as long, that there are some.
LONGER = 3
EVERY = 1.0


def network(load: Workload) -> ca.Layer:
    layers: list[Any] = []
    for size in load.sizes[1:]:
        layers += [ca.Dense(size), ca.Tanh() if load.activation == "tanh" else ca.ReLU()]
    return ca.Sequential(*layers[:-1])


def seconds(load: Workload, epochs: int, watched: bool, folder: str) -> float:
    x, y = data(load)
    run = ca.fit(
        network(load), x, y, loss="cross_entropy" if load.classes else "squared_error",
        epochs=epochs, batch_size=load.batch, engine="xla", progress=False, observe=watched,
        callbacks=[lambda record: None] if watched else [], path=folder if watched else None,
    )  # fmt: skip
    return run.seconds


def seconds_with_checkpoints(load: Workload, epochs: int, folder: Path | None) -> tuple[float, int]:
    """Return what a training takes after its first epoch, which compiles, and how many checkpoints it wrote."""
    x, y = data(load)
    loss = ca.losses.as_loss("cross_entropy" if load.classes else "squared_error")
    net = network(load).build(x[:1])
    targets = loss.prepare(y, (len(x), *net(x[:1]).shape[1:]))
    rows = Batch(x.astype("float32"), targets if load.classes else targets.astype("float32"), None)
    plan = Plan(epochs=epochs, batch_size=load.batch, watch=False)
    checkpoints = None if folder is None else Checkpoints(folder, {}, EVERY)
    written = 0

    def count(*given: Any) -> None:
        nonlocal written
        written += 1
        usual(*given)

    if checkpoints is not None:
        usual, checkpoints.write = checkpoints.write, count  # type: ignore[method-assign]
    trainer = Trainer(net, loss, ca.Adam(), plan, engine="xla", checkpoints=checkpoints)
    trained = trainer.train(rows, first=Event(0, "engine", "xla"))
    return trained.seconds - trained.history[0].seconds, written


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
    rows = [["seconds", "checkpoints", "none", "ratio", "written"]]
    for load in WORKLOADS:
        epochs = 3 if quick else LONGER * EPOCHS[load.name]
        pairs, written = [], 0
        for _ in range(1 if quick else repeats):
            with tempfile.TemporaryDirectory() as folder:
                kept, written = seconds_with_checkpoints(load, epochs, Path(folder) / "checkpoint")
            pairs.append((kept, seconds_with_checkpoints(load, epochs, None)[0]))
        kept, bare = (min(column) for column in zip(*pairs, strict=True))
        figures[f"{load.name}, checkpoints every {EVERY:g} s"] = {
            "checkpoints": kept, "none": bare, "ratio": kept / bare, "written": written,
        }  # fmt: skip
        rows.append([load.name, f"{kept:.2f}", f"{bare:.2f}", f"{kept / bare:.3f}", str(written)])
    print()
    print(table(rows))
    if not quick:
        print(write("overhead", figures))
