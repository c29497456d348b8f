"""Small real trainings that can be killed: `python -m benchmarks.trainings NAME ENGINE FOLDER [resume]`.

A table by the command line, a convolutional network and a small GPT by `fit`. Each writes a checkpoint after every
chunk, and its chunks are short, so that a random moment is as likely to be inside a write as inside a step.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np

NAMES = ("table", "cnn", "gpt")
ENGINES = ("numpy", "xla")


def often() -> None:
    """Have trainings write a checkpoint after each chunk, and make chunks of few steps."""
    from cutaway.runs import keeping
    from cutaway.training import checkpoints, loop

    keeping.EVERY, checkpoints.SHARE = 0.0, np.inf
    loop.seconds_of_step = lambda *given: loop.CHUNK_SECONDS / 4


def table(place: Path, engine: str, resume: bool) -> int:
    from cutaway.cli.main import main

    data = place.parent / "table.csv"
    if not data.exists():
        random = np.random.default_rng(0)
        x = random.uniform(-1, 1, (400, 2)).round(4)
        kinds = random.choice(["a", "b", "c"], 400)
        y = (np.sin(3 * x[:, 0]) + x[:, 1] * (kinds == "a")).round(4)
        lines = [f"{a},{b},{kind},{target}" for (a, b), kind, target in zip(x, kinds, y, strict=True)]
        part = data.with_suffix(f".{place.name}")
        part.write_text("\n".join(["x,z,kind,y", *lines]) + "\n")
        part.replace(data)
    return main([
        "train", str(data), "--target", "y", "--effort", "quick", "--epochs", "40", "--engine", engine, "--no-compare",
        "--quiet", "-o", str(place), *(["--resume"] if resume else []),
    ])  # fmt: skip


def cnn(place: Path, engine: str, resume: bool) -> int:
    import cutaway as ca

    random = np.random.default_rng(0)
    labels = random.integers(0, 3, 240)
    x = (
        random.standard_normal((240, 10, 10, 1))
        + 0.1 * np.arange(10)[None, :, None, None] * labels[:, None, None, None]
    )
    net = ca.Sequential(
        ca.Conv2D(4, 3), ca.BatchNorm(), ca.ReLU(), ca.MaxPool2D(2), ca.Flatten(), ca.Dropout(0.2), ca.Dense(3)
    )
    fitted(net, x, labels, place, engine, resume, epochs=16)
    return 0


def gpt(place: Path, engine: str, resume: bool) -> int:
    import cutaway as ca

    tokens = np.frombuffer(b"to be or not to be that is the question " * 30, np.uint8).astype(np.int32) % 32
    windows = np.lib.stride_tricks.sliding_window_view(tokens, 13)[::4]
    net = ca.Sequential(
        ca.Embedding(32, 16), ca.LearnedPositions(12), ca.TransformerBlock(2), ca.LayerNorm(), ca.Dense(32)
    )
    fitted(net, windows[:, :-1], windows[:, 1:], place, engine, resume, epochs=16)
    return 0


def fitted(net: Any, x: Any, y: Any, place: Path, engine: str, resume: bool, epochs: int) -> None:
    import cutaway as ca

    ca.fit(
        net, x, y, loss="cross_entropy", optimizer=ca.AdamW(ca.Cosine(3e-3)), epochs=epochs, batch_size=16, seed=5,
        validation=0.2, engine=engine, path=place, resume=resume, progress=False,
    )  # fmt: skip


def main() -> int:
    name, engine, place, *rest = sys.argv[1:]
    import cutaway  # noqa: F401 - so that what follows is the training's own time

    often()
    print("ready", flush=True)
    return {"table": table, "cnn": cnn, "gpt": gpt}[name](Path(place), engine, rest == ["resume"])


if __name__ == "__main__":
    sys.exit(main())
