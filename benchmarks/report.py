"""Where results go: a table on the screen and JSON in `benchmarks/results/`, with machine, versions and commit."""

from __future__ import annotations

import json
import math
import os
import platform
import statistics
import subprocess
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from cutaway.atomic import write_complete
from cutaway.version import __version__

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


def versions(
    names: Sequence[str] = ("cutaway", "numpy", "jax", "jaxlib", "torch", "scikit-learn"),
) -> dict[str, str]:
    """Return the versions of everything that was measured."""
    found = {}
    for name in names:
        if name == "cutaway":  # the package that is imported, installed or not
            found[name] = __version__
            continue
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
    """Write figures as `results/NAME.json`, complete or not at all, and return the path."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    content = {
        "benchmark": name,
        "machine": machine(),
        "versions": versions(),
        "commit": commit(),
        "figures": figures,
    }
    write_complete(path, (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode())
    return path


def read(name: str) -> Any:
    """Return the figures of `results/NAME.json`, None where none were written."""
    path = RESULTS / f"{name}.json"
    return json.loads(path.read_text())["figures"] if path.exists() else None


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


def markdown(rows: list[list[str]]) -> str:
    """Return rows as a Markdown table, the first row its head and the first column to the left."""
    marks = ["---", *["--:"] * (len(rows[0]) - 1)]
    return "\n".join("| " + " | ".join(row) + " |" for row in [rows[0], marks, *rows[1:]])


# ---- contenders side by side ------------------------------------------------------------------------------------

SCORES = {"accuracy": -1, "log loss": 1, "RMSE": 1}  # 1 where less is better

# found[data set][contender] = its scores and seconds, split by split; the splits of a data set are the same for all
Found = dict[str, dict[str, list[dict[str, float]]]]


def compared(found: Found, shown: list[str], peer: str) -> str:
    """Return Markdown tables of the contenders `shown`: each score, the seconds of ours over the peer's, mean ranks."""
    parts = [scores_of(found, shown, what, sign) for what, sign in SCORES.items()]
    parts += [seconds_of(found, shown, peer), ranks_of(found, shown)]
    return "\n\n".join(part for part in parts if part)


def means_of(groups: dict[str, list[dict[str, float]]], what: str) -> dict[str, float]:
    """Return each contender's mean over the splits; nothing where the data set has no such figure."""
    return {
        name: statistics.mean(each[what] for each in splits) for name, splits in groups.items() if what in splits[0]
    }


def shown_with_error(values: list[float]) -> str:
    """Return mean ± standard error of the mean, s/√n, with two digits of the error; four digits of a single value.

    >>> shown_with_error([1.0, 2.0, 3.0]), shown_with_error([0.5]), shown_with_error([51234.5])
    ('2.00 ± 0.58', '0.5000', '51,234')
    """
    mean = statistics.mean(values)
    if len(values) < 2:
        digits = max(0, 3 - math.floor(math.log10(abs(mean) or 1)))
        return f"{mean:,.{digits}f}"
    error = statistics.stdev(values) / math.sqrt(len(values))
    digits = max(0, 1 - math.floor(math.log10(error))) if error > 0 else 4
    return f"{mean:,.{digits}f} ± {error:,.{digits}f}"


def scores_of(found: Found, shown: list[str], what: str, sign: int) -> str:
    rows = [[f"{what}, mean ± standard error", "splits", *shown]]
    for of, groups in found.items():
        means = means_of(groups, what)
        if means:
            best = min(sign * mean for mean in means.values())
            cells = {name: shown_with_error([each[what] for each in groups[name]]) for name in means}
            cells = {name: f"**{text}**" if sign * means[name] == best else text for name, text in cells.items()}
            splits = str(len(next(iter(groups.values()))))
            rows.append([of, splits, *[cells.get(name, "") for name in shown]])
    return markdown(rows) if len(rows) > 1 else ""


def seconds_of(found: Found, shown: list[str], peer: str) -> str:
    """Return mean and median seconds of a fit, and the medians of each of ours over the peer's.

    The ratio is of medians: one stall of a busy machine, which a mean keeps, would decide it.
    """
    mine = [name for name in shown if name.startswith("cutaway")] if peer in shown else []
    rows = [["seconds of a fit, mean (median)", *shown, *[f"{name} ÷ {peer}" for name in mine]]]
    ratios: dict[str, list[float]] = {name: [] for name in mine}
    for of, groups in found.items():
        times = {name: [each["seconds"] for each in splits] for name, splits in groups.items()}
        medians = {name: statistics.median(each) for name, each in times.items()}
        cells = [f"{statistics.mean(times[n]):.2f} ({medians[n]:.2f})" if n in times else "" for n in shown]
        for name in mine:
            both = name in times and peer in times
            cells.append(f"{medians[name] / medians[peer]:.2f}" if both else "")
            ratios[name] += [medians[name] / medians[peer]] if both else []
        rows.append([of, *cells])
    if any(ratios.values()):
        over_all = [f"{statistics.geometric_mean(ratios[name]):.2f}" if ratios[name] else "" for name in mine]
        rows.append(["geometric mean", *[""] * len(shown), *over_all])
    return markdown(rows)


def ranks_of(found: Found, shown: list[str]) -> str:
    """Return the mean rank of each contender, 1 the best, ties shared, over the data sets that all of them have."""
    from scipy.stats import rankdata

    heads, columns = [], []
    for title, whats in {"accuracy or RMSE": ("accuracy", "RMSE"), "log loss": ("log loss",)}.items():
        ranks = [
            rankdata([SCORES[what] * means[name] for name in shown])
            for groups in found.values()
            for what in whats
            if set(means := means_of(groups, what)) == set(shown)
        ]
        if ranks:
            heads.append(f"by {title}, {len(ranks)} data sets")
            columns.append([statistics.mean(each) for each in zip(*ranks, strict=True)])
    rows = [["mean rank", *heads]]
    rows += [[name, *[f"{column[place]:.2f}" for column in columns]] for place, name in enumerate(shown)]
    return markdown(rows) if heads else ""
