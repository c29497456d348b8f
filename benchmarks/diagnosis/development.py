"""What the owner of a check needs to see: fault by fault, what was said first, and what healthy trainings were told."""

from __future__ import annotations

from collections import Counter
from typing import Any

from benchmarks.diagnosis.fault import Fault
from benchmarks.diagnosis.faults import BY_NAME
from benchmarks.diagnosis.killed import Cell, cells, healthy_cells, pair_of
from benchmarks.diagnosis.statistics import clustered
from benchmarks.report import table

Record = dict[str, Any]


def first_of(record: Record) -> str:
    """Return the first finding, "silent" where there is none."""
    return record["findings"][0][0] if record["findings"] else "silent"


def right(record: Record) -> bool:
    return first_of(record) in BY_NAME[record["task"]["fault"]].accepted


def report_of_development(records: list[Record], faults: list[Fault], details: bool = False) -> str:
    """Return tables for the terminal."""
    found = cells(records)
    whole, dropped = healthy_cells(records)
    healthy = [record for group in whole.values() for record in group]
    parts = [of_the_healthy(healthy), f"without a fault, but not healthy: {', '.join(dropped) or 'none'}"]
    parts.append(of_the_faults(found, faults))
    broken = {f"{name}: {words}" for record in records for name, words in record["broken"].items()}
    parts += [f"BROKEN CHECK {words}" for words in sorted(broken)]
    if details:
        parts.append(of_the_wrong(found, healthy))
    return "\n\n".join(parts)


def of_the_healthy(healthy: list[Record]) -> str:
    """Return what healthy trainings were told."""
    lines = []
    for title, part in (
        ("at the best rate", [record for record in healthy if record["task"]["factor"] == 1]),
        ("at a third or thrice of it", [record for record in healthy if record["task"]["factor"] != 1]),
    ):
        alarms = Counter(first_of(record) for record in part if record["findings"])
        open_ = Counter(name for record in part for name in record["gate off"][:1])
        share = clustered((pair_of(record), bool(record["findings"])) for record in part)
        lines.append(f"healthy {title}: false alarms {share}: {counted(alarms)}")
        lines.append(f"  first with the gate off: {counted(open_)}")
        lines += [f"  ALARM {shown(record)}" for record in part if record["findings"]]
    return "\n".join(lines)


def of_the_faults(found: list[Cell], faults: list[Fault]) -> str:
    """Return a row for each fault: how many cells it kills, and what was said first of those."""
    rows = [
        ["fault", "killing", "milder", "harmless", "found", "first right", "layer", "first findings of killing cells"]
    ]
    totals = [0, 0, 0]
    macro = []
    for fault in faults:
        mine = [cell for cell in found if cell.fault == fault.name]
        killing = [record for cell in mine for record in cell.killed]
        strata = Counter(cell.stratum for cell in mine)
        hits = sum(map(right, killing))
        seen = sum(bool(record["findings"]) for record in killing)
        placed = [r for r in killing if fault.in_layer and right(r)]
        layers = sum(r["findings"][0][1] in r["guilty"] for r in placed)
        totals = [totals[0] + len(killing), totals[1] + seen, totals[2] + hits]
        if killing:
            macro.append(hits / len(killing))
        rows.append([
            fault.name, str(strata["killing"]), str(strata["milder"]), str(strata["harmless"]),
            f"{seen}/{len(killing)}", f"{hits}/{len(killing)}", f"{layers}/{len(placed)}" if fault.in_layer else "",
            "  " + counted(Counter(("*" if right(r) else "") + first_of(r) for r in killing)),
        ])  # fmt: skip
    mean = sum(macro) / len(macro) if macro else 0.0
    rows.append(["all", "", "", "", f"{totals[1]}/{totals[0]}", f"{totals[2]}/{totals[0]}", "", f"  macro {mean:.3f}"])
    mild = [record for cell in found if cell.stratum == "harmless" for record in cell.records]
    alarms = Counter(f"{r['task']['fault']} → {first_of(r)}" for r in mild if r["findings"])
    return (
        f"{table(rows)}\n\n* is right as the first finding.\n"
        f"faults that do not hurt: {len(mild)} trainings, findings in {sum(alarms.values())}: {counted(alarms)}"
    )


def of_the_wrong(found: list[Cell], healthy: list[Record]) -> str:
    """Return a line for each killing training whose first finding is not right."""
    lines = ["not judged as they should be:"]
    lines += [
        f"  {shown(record)}; healthy {cell.healthy:.2f}, lost {cell.lost:.0%}"
        for cell in found for record in cell.killed if not right(record)
    ]  # fmt: skip
    return "\n".join(lines)


def shown(record: Record) -> str:
    task = record["task"]
    findings = ", ".join(
        f"{name}{f'@{layer}' if layer else ''}" + (f"({'+'.join(follow)})" if follow else "")
        for name, layer, _, _, follow in record["findings"]
    )
    severity = f" severity {record['severity']:.3g}" if task["fault"] else ""
    return (
        f"{task['fault'] or 'healthy'} | {task['data']} | {task['network']} ×{task['factor']:.2g} seed {task['seed']}"
        f"{severity}: score {record['score']:.2f} (chance {record['chance']:.2f}, harm {record['harm'] or '–'}); "
        f"findings [{findings}], notes [{', '.join(record['notes'])}]"
    )


def counted(names: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in names.most_common()) or "none"
