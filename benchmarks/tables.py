"""Scores and seconds on real tables, ours beside scikit-learn, LightGBM and RealMLP, on the same splits.

Each split sets a fifth of the rows aside (classes: in the same shares), everybody learns from the others, and the time
is that of the whole fit, preprocessing and compiling included. Who starts changes with every split.
"""

from __future__ import annotations

import argparse
import importlib.util
import math
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.contenders import CONTENDERS, PEER, USUAL, measured, stamp
from benchmarks.data_sets import SETS, load, parted
from benchmarks.million import with_a_million
from benchmarks.report import compared, read, write

ROOT = Path(__file__).parent.parent
FEW_ROWS, SPLITS, SPLITS_OF_MANY = 5000, 10, 3


def places_of(text: str) -> list[int]:
    """Return what "0-2,5" says: 0, 1, 2, 5.

    >>> places_of("0-2,5")
    [0, 1, 2, 5]
    """
    found: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        if not (first.isdecimal() and (last or first).isdecimal() and int(first) <= int(last or first)):
            raise argparse.ArgumentTypeError(f"{part!r} names no splits; expected such as 0-9 or 0,3,5")
        found += range(int(first), int(last or first) + 1)
    return found


def named(text: str, known: Sequence[str]) -> list[str]:
    """Return the names in "a,b", each of which must be known."""
    names = [name.strip() for name in text.split(",")]
    for name in names:
        if name not in known:
            raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(known)}")
    return names


def add_options(parser: argparse.ArgumentParser) -> None:
    say = parser.add_argument
    say("--sets", type=lambda text: named(text, list(SETS)), default=list(SETS), help="such as iris,penguins")
    say("--contenders", type=lambda text: named(text, list(CONTENDERS)), default=USUAL,
        help=f"some of {', '.join(CONTENDERS)}")  # fmt: skip
    say("--splits", type=places_of, help=f"such as 0-9 (default: the first {SPLITS}, or {SPLITS_OF_MANY} "
        f"of a table of more than {FEW_ROWS:,} rows)")  # fmt: skip
    say("--minutes", type=float, default=math.inf, help="stop after so long; the next run goes on from there")
    say("--again", action="store_true", help="measure what is there already, too")
    say("--data", type=Path, default=ROOT.parent / "shared" / "data", help="folder of the csv files")
    say("--report", action="store_true", help="measure nothing: print Markdown tables of what is there")
    say("--million", action="store_true", help="memory and seconds of `cutaway train` on a million rows")


def main(
    *, sets: list[str], contenders: list[str], splits: list[int] | None, minutes: float, again: bool, data: Path,
    report: bool, million: bool, quick: bool,
) -> None:  # fmt: skip
    if report:
        print(reported(read("tables") or {}, sets, contenders))
        return
    if million:
        with_a_million(2000 if quick else 1_000_000, kept=not quick)
        return
    if importlib.util.find_spec("pandas") is None:
        raise SystemExit("the tables are read with pandas, which is not installed: pip install 'cutaway[peers]'")
    if quick:
        sets, contenders, splits, again = ["iris"], ["cutaway quick", "HistGradientBoosting"], [0], True
    ends = time.monotonic() + minutes * 60
    figures: dict[str, Any] = (read("tables") or {}) if not quick else {}
    present = [name for name in contenders if importlib.util.find_spec(CONTENDERS[name].module)]
    for name in contenders:
        if name not in present:
            print(f"{name}: {CONTENDERS[name].module} is not installed: skipped (pip install 'cutaway[peers]')")
    loaded = {name: rows for name in sets if (rows := load(SETS[name], data)) is not None}
    for name in sets:
        if name not in loaded:
            print(f"{name}: no {data / name}.csv: skipped (--data FOLDER says where it is)")
    usual = {name: SPLITS if len(rows.y) <= FEW_ROWS else SPLITS_OF_MANY for name, rows in loaded.items()}
    stamps = {name: stamp(CONTENDERS[name]) for name in present}
    warm: set[str] = set()
    failed: list[str] = []
    for split in splits or range(max(usual.values(), default=0)):
        for turn, (of, rows) in enumerate(loaded.items()):
            if splits is None and split >= usual[of]:
                continue
            learned, tested = parted(rows, split)
            # Each turn begins with another contender: what ran just before leaves threads and caches behind.
            first = (split + turn) % max(1, len(present))
            for name in present[first:] + present[:first]:
                group = figures.get(of, {}).get(name, {})
                same = group.get("measured") == stamps[name]
                if same and str(split) in group["splits"] and not again:
                    continue
                if time.monotonic() > ends:
                    raise SystemExit(f"{minutes:g} minutes are over; the same command goes on from here")
                try:
                    if name not in warm:
                        warm_up(name)
                        warm.add(name)
                    found = measured(CONTENDERS[name], learned, tested, split)
                except Exception:
                    traceback.print_exc()
                    failed.append(f"{of}, split {split}, {name}")
                    continue
                if not same:  # figures of another version, machine or code are not mixed with these
                    group = {"measured": stamps[name], "splits": {}}
                group["splits"][str(split)] = found
                figures.setdefault(of, {})[name] = group
                words = ", ".join(f"{what} {value:.4g}" for what, value in found.items())
                print(f"{of}, split {split}, {name}: {words}", flush=True)
                if not quick:
                    write("tables", figures)
    if failed:
        raise SystemExit("failed, as told above: " + "; ".join(failed))


def warm_up(name: str) -> None:
    """Import what a contender needs, by a fit on fifty irises that nobody times; ours by one small network."""
    rows = load(SETS["iris"], ROOT)
    assert rows is not None, "iris comes with scikit-learn"
    few = rows.at(np.arange(0, len(rows.y), 3))
    measured(CONTENDERS["cutaway quick" if name.startswith("cutaway") else name], few, few, 0)


def reported(figures: dict[str, Any], sets: list[str], contenders: list[str]) -> str:
    """Return the Markdown: scores, seconds and ranks, over the splits that every contender of a data set has."""
    shown = [name for name in contenders if any(name in figures.get(of, {}) for of in sets)]
    # found[data set][contender] = its figures, split by split
    found: dict[str, dict[str, list[dict[str, float]]]] = {}
    for of in sets:
        groups = {name: figures[of][name]["splits"] for name in shown if name in figures.get(of, {})}
        common = set.intersection(*map(set, groups.values())) if groups else set()
        if common:
            found[of] = {name: [splits[split] for split in sorted(common)] for name, splits in groups.items()}
    if not found:
        return "None of that is measured, or no split by all of these contenders: python -m benchmarks tables"
    groups_shown = [figures[of][name]["measured"] for of in found for name in found[of]]
    machines = sorted(
        {f"{m['processor']}, {m['cores']} cores, Python {m['python']}" for m in (g["machine"] for g in groups_shown)}
    )
    used = sorted({f"{name} {version}" for group in groups_shown for name, version in group["versions"].items()})
    return compared(found, shown, PEER) + f"\n\nMeasured on {' and on '.join(machines)}, with {', '.join(used)}."
