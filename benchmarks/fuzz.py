"""Changed files by the million: model files, run folders, records, checkpoints, ways, tables, pictures, texts.

Each target has a process of its own, whose memory is limited; one that ends in any other way than by refusing or
loading is written down with the seed that makes it again: `python -m tests.storage.fuzz_targets TARGET SEED 1`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from benchmarks.report import table, write
from tests.storage.fuzz_targets import TARGETS


def main(minutes: float, seed: int, quick: bool) -> None:
    each = (0.1 if quick else minutes) / len(TARGETS)
    figures: dict[str, Any] = {}
    rows = [["changed files", "cases", "loaded", "refused", "neither", "slowest, s"]]
    for name in TARGETS:
        done = subprocess.run(
            [sys.executable, "-m", "tests.storage.fuzz_targets", name, str(seed), "0", str(each)],
            capture_output=True, text=True, timeout=60 * each + 300, check=False,
        )  # fmt: skip
        told = json.loads(done.stdout) if not done.returncode else {
            "cases": 0, "loaded": 0, "refused": 0, "slowest": 0.0,
            "failed": [{"seed": seed, "how": f"ended with {done.returncode}", "where": done.stderr[-2000:]}],
        }  # fmt: skip
        figures[name] = {key: value for key, value in told.items() if key != "target"}
        failed = told["failed"]
        rows.append([name, *(f"{told[key]:,}" for key in ("cases", "loaded", "refused")), str(len(failed)),
                     f"{told['slowest']:.2f}"])  # fmt: skip
        for fault in failed:
            print(f"{name}, seed {fault['seed']}: {fault['how']}\n{fault['where']}", file=sys.stderr)
    print(table(rows))
    if not quick:
        print(write("fuzz", {"minutes": minutes, "seed": seed, "targets": figures}))
    if any(told["failed"] for told in figures.values()):
        sys.exit(1)
