"""Memory: a table of a million rows, trained by the command in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.report import markdown, write

ROOT = Path(__file__).parent.parent

COLUMNS = 30
TRAIN = "from cutaway.cli.main import main; raise SystemExit(main())"
WRITE = "import sys; from benchmarks.million import write_rows; write_rows(sys.argv[1], int(sys.argv[2]))"


def write_rows(path: str, rows: int) -> None:
    """Write a csv of floats: y = sin 3a + bc + |d| + ½ eᵉ + noise, of five of the thirty columns."""
    import duckdb

    random = np.random.default_rng(0)
    x = random.standard_normal((rows, COLUMNS), dtype=np.float32).round(4).astype(np.float64)
    a, b, c, d, e = x.T[:5]
    y = np.sin(3 * a) + b * c + np.abs(d) + 0.5 * np.exp(e) + 0.1 * random.standard_normal(rows)
    columns = {f"x{place}": np.ascontiguousarray(x[:, place]) for place in range(COLUMNS)} | {"y": y.round(4)}
    connection = duckdb.connect()
    connection.execute("SET enable_progress_bar = false")
    connection.register("rows", columns).execute(f"COPY rows TO '{path}' (HEADER)")


def peak_and_seconds(csv: Path) -> tuple[float, float]:
    """Train on a csv in a process of its own; return the most memory it held at once, in MB, and its seconds."""
    command = [sys.executable, "-c", TRAIN, "train", str(csv), "--target", "y", "--effort", "quick", "--epochs", "1"]
    with tempfile.TemporaryFile() as said:
        began = time.perf_counter()
        process = subprocess.Popen(
            [*command, "--out", str(csv.with_suffix(""))], cwd=ROOT, stdout=said, stderr=subprocess.STDOUT
        )
        # getrusage(RUSAGE_CHILDREN) keeps the largest of all children; wait4 tells of this one.
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            raise SystemExit(f"training on {csv.name} ended with {process.returncode}:\n{said.read().decode()[-2000:]}")
    return usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6, seconds


def with_a_million(rows: int, kept: bool) -> None:
    """Print, and keep, what `cutaway train` on so many rows takes beyond what it takes on a thousand."""
    taken = {}
    with tempfile.TemporaryDirectory() as folder:
        for count in (1000, rows):
            path = Path(folder) / f"rows{count}.csv"
            subprocess.run([sys.executable, "-c", WRITE, str(path), str(count)], cwd=ROOT, check=True)
            taken[count] = peak_and_seconds(path)
            print(f"{count:,} rows × {COLUMNS}: peak {taken[count][0]:,.0f} MB, {taken[count][1]:.1f} s", flush=True)
    numbers = rows * COLUMNS * 4 / 1e6
    (least, _), (most, seconds) = taken[1000], taken[rows]
    figures = {
        "rows": rows, "columns": COLUMNS, "peak MB": round(most, 1), "peak MB of 1,000 rows": round(least, 1),
        "MB beyond": round(most - least, 1), "MB of the numbers in single precision": numbers,
        "ratio": round((most - least) / numbers, 2), "seconds": round(seconds, 2),
    }  # fmt: skip
    print(markdown([["", "measured"], *[[name, f"{value:,}"] for name, value in figures.items()]]))
    if kept:
        print(write("million", figures))
