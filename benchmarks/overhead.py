"""What watching costs: the same training with vitals, records on disk and a callback, and without, in turn.

And what a diagnosis costs, of five kinds and sizes of network, and of two trainings that are over in a moment: the
whole of `fit` with it and without, in turn, and the share that it takes by its own clock, which other programs on the
machine disturb less.

And what a checkpoint costs, from the moment that the training waits for it until it goes on: its share of the time is
that of one in every 30 seconds.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

import cutaway as ca
from benchmarks.dense import WORKLOADS, Workload, data
from benchmarks.report import table, write
from cutaway.runs.diagnosing import Diagnosing
from cutaway.training.checkpoints import SHARE, Checkpoints
from cutaway.training.plan import Plan
from cutaway.training.step import Batch
from cutaway.training.trainer import Trainer
from cutaway.training.watching import Watching

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


def diagnosed() -> dict[str, Callable[[], tuple[ca.Layer, Any, Any, dict[str, Any]]]]:
    """Return trainings of some seconds, and two of a fraction of one, by name: network, inputs, targets, how to fit."""
    random = np.random.default_rng(0)

    def numbers() -> Any:
        x = random.normal(size=(300, 10))
        net = ca.Sequential(ca.Dense(40), ca.ReLU(), ca.Dense(40), ca.ReLU(), ca.Dense(1))
        return net, x, x[:, 0] * x[:, 1] + x[:, 2], {"loss": "squared_error", "epochs": 80, "engine": "numpy"}

    def classes() -> Any:
        x = random.normal(size=(900, 64))
        net = ca.Sequential(ca.Dense(64), ca.ReLU(), ca.Dense(32), ca.ReLU(), ca.Dense(10))
        return net, x, x[:, :10].argmax(axis=1), {"loss": "cross_entropy", "epochs": 30, "engine": "numpy"}

    def tiny() -> Any:
        x = random.uniform(-1, 1, (1000, 2))
        net = ca.Sequential(ca.Dense(8), ca.Tanh(), ca.Dense(8), ca.Tanh(), ca.Dense(1))
        return net, x, x[:, 0] * x[:, 1], {"loss": "squared_error", "epochs": 250, "engine": "numpy"}

    def medium() -> Any:
        x = random.normal(size=(4096, 32))
        net = ca.Sequential(ca.Dense(64), ca.ReLU(), ca.Dense(64), ca.ReLU(), ca.Dense(1))
        return net, x, np.sin(x).sum(axis=1), {"loss": "squared_error", "epochs": 300}

    def large() -> Any:
        x = random.normal(size=(8192, 784))
        net = ca.Sequential(ca.Dense(256), ca.ReLU(), ca.Dense(128), ca.ReLU(), ca.Dense(10))
        return net, x, x[:, :10].argmax(axis=1), {"loss": "cross_entropy", "epochs": 40, "batch_size": 128}

    def pictures() -> Any:
        x = random.normal(size=(2000, 28, 28, 1))
        net = ca.Sequential(
            ca.Conv2D(8, 3), ca.ReLU(), ca.MaxPool2D(2), ca.Conv2D(16, 3), ca.ReLU(), ca.MaxPool2D(2), ca.Flatten(),
            ca.Dense(10),
        )  # fmt: skip
        return net, x, x[:, :10, 0, 0].argmax(axis=1), {"loss": "cross_entropy", "epochs": 12, "batch_size": 64}

    def text() -> Any:
        windows = np.lib.stride_tricks.sliding_window_view(random.integers(0, 65, 12_000), 65)[::16]
        blocks = [ca.TransformerBlock(4) for _ in range(4)]
        net = ca.Sequential(ca.Embedding(65, 128), ca.LearnedPositions(64), *blocks, ca.LayerNorm(), ca.Dense(65))
        return net, windows[:, :-1], windows[:, 1:], {"loss": "cross_entropy", "epochs": 4}

    return {
        "300 rows, 10-40-40-1": numbers, "900 rows, 64-64-32-10": classes,
        "2-8-8-1 on NumPy": tiny, "32-64-64-1": medium, "784-256-128-10": large, "convolutions, 28 × 28": pictures,
        "GPT, 4 layers of 128": text,
    }  # fmt: skip


@contextmanager
def clocked(spent: list[float]) -> Iterator[None]:
    """Add to `spent` the seconds that each part of a diagnosis takes while entered."""

    def timed(part: Callable[..., Any]) -> Callable[..., Any]:
        def run(*given: Any, **named: Any) -> Any:
            began = time.perf_counter()
            try:
                return part(*given, **named)
            finally:
                spent.append(time.perf_counter() - began)

        return run

    parts = [(Diagnosing, "__init__"), (Diagnosing, "end"), (Watching, "look")]
    kept = [getattr(owner, name) for owner, name in parts]
    for (owner, name), part in zip(parts, kept, strict=True):
        setattr(owner, name, timed(part))
    try:
        yield
    finally:
        for (owner, name), part in zip(parts, kept, strict=True):
            setattr(owner, name, part)


def costs_of_a_diagnosis(repeats: int, quick: bool) -> dict[str, dict[str, float]]:
    """Return for each training the seconds with a diagnosis and without, and the share by its own clock."""
    figures = {}
    for name, make in diagnosed().items():
        again = 3 * repeats if "rows" in name and not quick else repeats  # short ones are disturbed more
        seconds: dict[bool, list[float]] = {True: [], False: []}
        shares = []
        for _ in range(again):
            for observed in (True, False):
                net, x, y, how = make()
                how = {"engine": "xla", "validation": 0.1, "progress": False, "observe": observed, **how}
                spent: list[float] = []
                began = time.perf_counter()
                with clocked(spent):
                    ca.fit(net, x, y, **(how | {"epochs": 2} if quick else how))
                seconds[observed].append(time.perf_counter() - began)
                if observed:
                    shares.append(sum(spent) / (seconds[observed][-1] - sum(spent)))
        figures[name] = {
            "with": min(seconds[True]), "without": min(seconds[False]),
            "ratio": min(seconds[True]) / min(seconds[False]), "share": statistics.median(shares),
        }  # fmt: skip
    return figures


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
    print()
    rows = [["a diagnosis, seconds", "with", "without", "ratio", "by its own clock"]]
    for name, found in costs_of_a_diagnosis(1 if quick else max(2, repeats // 2), quick).items():
        figures[f"a diagnosis of {name}"] = found
        rows.append([name, *(f"{found[key]:.2f}" for key in ("with", "without")), f"{found['ratio']:.3f}",
                     f"{100 * found['share']:.1f} %"])  # fmt: skip
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
