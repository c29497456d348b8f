"""Where results go: a table on the screen and JSON in `benchmarks/results/`, with machine, versions and commit."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"


def machine() -> dict[str, Any]:
    """Return what the figures were measured on."""
    model = platform.processor()
    cpu = Path("/proc/cpuinfo")
    if cpu.exists():
        model = next(
            (line.split(":")[1].strip() for line in cpu.read_text().splitlines() if "model name" in line),
            model,
        )
    return {
        "processor": model,
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "system": platform.system(),
    }


def versions() -> dict[str, str]:
    """Return the versions of everything that was measured."""
    found = {}
    for name in ("cutaway", "numpy", "jax", "jaxlib", "torch", "scikit-learn"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def commit() -> str:
    """Return the commit measured, with + where files differ from it."""
    done = subprocess.run(["git", "describe", "--always", "--dirty=+"], capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def write(name: str, figures: Any) -> Path:
    """Write figures as `results/NAME.json` and return the path."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    content = {
        "benchmark": name,
        "machine": machine(),
        "versions": versions(),
        "commit": commit(),
        "figures": figures,
    }
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    return path


def table(rows: list[list[str]]) -> str:
    """Return rows as aligned text, the first column to the left."""
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [
            cell.ljust(width) if not place else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)
