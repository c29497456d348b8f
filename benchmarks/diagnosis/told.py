"""The numbers as Markdown, for the terminal and for `docs/guides/diagnosis_benchmark.md`."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from typing import Any

from benchmarks.diagnosis.faults import BY_NAME
from benchmarks.report import markdown

# What must hold on the test set, with the side on which it does.
BARS: dict[str, tuple[str, float]] = {
    "false alarms on healthy trainings": ("≤", 0.02),
    "the upper end of their interval": ("≤", 0.04),
    "killing faults found": ("≥", 0.95),
    "first finding right, mean over fault types": ("≥", 0.80),
    "… points above the best constant answer": ("≥", 0.25),
    "right layer, faults in a layer": ("≥", 0.90),
    "repaired, of what can be": ("≥", 0.75),
    "made worse by repair": ("≤", 0.01),
    "overhead of watching": ("≤", 0.05),
}


def bars(found: dict[str, Any]) -> list[list[str]]:
    """Return the numbers that have a bar: name, value with interval, bar, whether it holds."""
    killing, healthy = found["killing"], found["healthy"]
    alarms = healthy["false alarms"]["all"]
    best = max((macro for _, macro, _ in killing["constant answers"].values()), default=0.0)
    above = killing["first right, macro"].share - killing["constant answers"].get("one answer", ("", best, 0))[1]
    worse = found["harmed"]["trainings"]
    overhead = found.get("overhead", {})
    spent = statistics.median(overhead.values()) - 1 if overhead else float("nan")
    values: list[tuple[float, str]] = [
        (alarms.share, str(alarms)),
        (alarms.high, f"{100 * alarms.high:.1f} %"),
        (killing["detected"].share, str(killing["detected"])),
        (killing["first right, macro"].share, f"{killing['first right, macro']} types"),
        (above, f"{100 * above:.0f} points"),
        (killing["layer"].share, f"{killing['layer']}; by chance {100 * killing['layer by chance']:.0f} %"),
        (killing["repaired"].share, str(killing["repaired"])),
        (worse.share, f"{worse} that it changed"),
        (spent, f"{100 * spent:.1f} %"),
    ]
    rows = [["number", "measured, 95 % interval", "bar", "holds"]]
    for (name, (side, bar)), (value, text) in zip(BARS.items(), values, strict=True):
        known = not math.isnan(value)  # what was not measured
        holds = value <= bar if side == "≤" else value >= bar
        rows.append(
            [name, text if known else "–", f"{side} {100 * bar:g} %", ("yes" if holds else "no") if known else "–"]
        )
    return rows


def of_faults(found: dict[str, Any]) -> list[list[str]]:
    """Return a row for each fault: its cells by how much they hurt, and what was said first of the killing ones."""
    rows = [["fault", "killing cells", "milder", "harmless", "first finding right", "what was said first"]]
    for fault, strata in found["cells"].items():
        said: Counter[str] = found["confusion"].get(fault, Counter())
        right = sum(count for name, count in said.items() if name in BY_NAME[fault].accepted)
        words = ", ".join(
            f"**{name}** {count}" if name in BY_NAME[fault].accepted else f"{name} {count}"
            for name, count in said.most_common()
        )
        rows.append([
            fault, *(str(strata[name]) for name in ("killing", "milder", "harmless")),
            f"{right}/{sum(said.values())}" if said else "", words,
        ])  # fmt: skip
    return rows


def beside(found: dict[str, Any]) -> list[list[str]]:
    """Return a row for each way to diagnose."""
    rows = [["on the same trainings", "killing faults found", "false alarms", "first right, macro", "any right, macro"]]
    for name, shares in found["beside"].items():
        rows.append([name, *(f"{100 * share.share:.1f} %" if share.of else "–" for share in shares.values())])
    for name, (answer, macro, _) in found["killing"]["constant answers"].items():
        rows.append([f"always {answer} ({name})", "", "", f"{100 * macro:.1f} %", ""])
    return rows


def healthy(found: dict[str, Any]) -> list[list[str]]:
    part = found["healthy"]
    rows = [["healthy trainings", "with a finding"]]
    rows += [[name, str(share)] for name, share in part["false alarms"].items()]
    rows += [["all, gate off", str(part["gate off"])], ["all, with a note", str(part["with a note"])]]
    rows.append(["pairs of data set and network with any", str(part["pairs with an alarm"])])
    return rows


def other(found: dict[str, Any]) -> list[list[str]]:
    killing = found["killing"]
    names = (
        "first right", "first right, macro, static faults", "first right, macro, dynamic faults",
        "first right after experiments, macro", "among the first three, macro", "detected, macro", "precision",
        "recall", "repaired by chance",
    )  # fmt: skip
    rows = [["other numbers on killing faults", ""], *[[name, str(killing[name])] for name in names]]
    rows.append(["F1", f"{killing['F1']:.3f}"])
    rows += [[f"until the first right finding: {name}", f"{value:.3g}"] for name, value in killing["time"].items()]
    for stratum in ("milder", "harmless"):
        part = found[stratum]
        rows.append([f"{stratum} faults: with a finding", f"{part['found']} ({part['cells']} cells)"])
        rows.append([f"{stratum} faults: first right where there is one", str(part["right of those"])])
    rows.append(["trainings that a killing fault spared: with a finding", str(found["spared"])])
    rows.append(["changed by repair: lower by two points, sure or not", str(found["harmed"]["by two points"])])
    rows.append(["changed by repair: cells lower, p < .05", str(found["harmed"]["cells"])])
    rows.append(["healthy trainings changed by repair", str(found["healthy trainings changed by repair"])])
    return rows


def as_markdown(found: dict[str, Any]) -> str:
    """Return all tables."""
    alarms = ", ".join(f"{name} {count}" for name, count in found["healthy"]["alarms"].most_common()) or "none"
    dropped = ", ".join(found["healthy"]["not healthy"]) or "none"
    head = (
        f"{found['healthy']['trainings']} healthy trainings of {found['healthy']['configurations']} configurations; "
        f"{found['killing']['trainings']} trainings with a killing fault, {found['killing']['cells']} cells of "
        f"{found['killing']['fault types']} fault types."
    )
    if "thresholds" in found:
        head += f" Thresholds: sha256 {found['thresholds'][:16]}; all that decides: {found['diagnosis'][:16]}."
    spent = found["seconds"]
    head += (
        f" {spent['all']:.0f} s of one core, {spent['training']:.0f} s of them training and {spent['repair']:.0f} s "
        "repair."
    )
    if found.get("missing"):
        head += f" {found['missing']} trainings are missing."
    parts = [head, *(markdown(rows) for rows in (bars(found), healthy(found)))]
    parts.append(f"False alarms by finding: {alarms}. Without a fault but not healthy, and left out: {dropped}.")
    cut = found["dropped"]
    never = ", ".join(cut["fault types without a killing cell"]) or "none"
    parts.append(
        f"Of {cut['cells']} cells with a fault {cut['killing']} are killing, {cut['milder']} milder, {cut['harmless']} "
        f"harmless; in killing ones {cut['spared trainings of killing cells']} trainings are spared by their severity. "
        f"Kinds of fault that kill nowhere: {never}. Left out, their twin being none of the healthy ones: "
        f"{found['without a healthy twin']}."
    )
    parts += [f"FAILED {words}" for words in found["errors"]]
    parts += [markdown(rows) for rows in (beside(found), other(found), of_faults(found))]
    return "\n\n".join(parts)
