"""What a person waits for: `import cutaway`, and the main job on iris in a process that starts cold."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.report import table, write


def timed(command: list[str], folder: str) -> float:
    began = time.perf_counter()
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return time.perf_counter() - began


def main(repeats: int, quick: bool) -> None:
    program = str(Path(sys.executable).with_name("cutaway"))
    jobs = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "import numpy": [sys.executable, "-c", "import numpy"],
        "import cutaway": [sys.executable, "-c", "import cutaway"],
        "cutaway --help": [program, "--help"],
        "cutaway train iris --effort quick": [
            program, "train", "iris.csv", "--target", "species", "--effort", "quick", "--out", "runs/iris",
        ],
    }  # fmt: skip
    figures = {}
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([program, "data", "iris", "-o", "iris.csv"], cwd=folder, check=True, capture_output=True)
        for name, command in jobs.items():
            timed(command, folder)
            figures[name] = statistics.median(timed(command, folder) for _ in range(1 if quick else repeats))
    print(table([["seconds, cold process", "median"], *[[name, f"{value:.2f}"] for name, value in figures.items()]]))
    if not quick:
        print(write("startup", figures))
