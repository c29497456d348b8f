"""What watching costs: the same training with vitals, records on disk and a callback, and without, in turn.

And what a checkpoint costs, from the moment that the training waits for it until it goes on: its share of the time is
that of one in every 30 seconds.
"""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path
from typing import Any

import cutaway as ca
from benchmarks.dense import WORKLOADS, Workload, data
from benchmarks.report import table, write
from cutaway.training.checkpoints import SHARE, Checkpoints
from cutaway.training.plan import Plan
from cutaway.training.step import Batch
from cutaway.training.trainer import Trainer

# How many epochs make a training of about two seconds.
EPOCHS = {"2-8-8-1": 800, "32-64-64-1": 300, "64-128-10": 300, "784-256-128-10": 40}
EVERY = 0.1  # seconds, so that there are some in so short a training
DEFAULT = 30.0  # seconds from one to the next where nobody says otherwise


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


def seconds_of_a_checkpoint(load: Workload, epochs: int, folder: Path) -> tuple[float, int]:
    """Return what a checkpoint of a training takes, in seconds on average, and how many of them were written."""
    x, y = data(load)
    loss = ca.losses.as_loss("cross_entropy" if load.classes else "squared_error")
    net = network(load).build(x[:1])
    targets = loss.prepare(y, (len(x), *net(x[:1]).shape[1:]))
    rows = Batch(x.astype("float32"), targets if load.classes else targets.astype("float32"), None)
    checkpoints = Checkpoints(folder, {}, EVERY)
    plan = Plan(epochs=epochs, batch_size=load.batch, watch=False)
    Trainer(net, loss, ca.Adam(), plan, engine="xla", checkpoints=checkpoints).train(rows)
    steps = [int(file.stem) for file in folder.glob("*.safetensors")]
    assert max(steps) == plan.epochs * plan.steps_of_epoch(len(x))
    return checkpoints.spent / checkpoints.written, checkpoints.written


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
    rows = [["a checkpoint", "milliseconds", f"share of the time, one every {DEFAULT:g} s", "measured"]]
    for load in WORKLOADS:
        with tempfile.TemporaryDirectory() as folder:
            taken, written = seconds_of_a_checkpoint(load, 3 if quick else EPOCHS[load.name], Path(folder))
        share = taken / (taken + max(DEFAULT, taken / SHARE))
        figures[f"a checkpoint of {load.name}"] = {"seconds": taken, "share": share, "measured": written}
        rows.append([load.name, f"{1000 * taken:.1f}", f"{share:.5f}", str(written)])
    print()
    print(table(rows))
    if not quick:
        print(write("overhead", figures))
