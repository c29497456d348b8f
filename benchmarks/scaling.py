"""One step of three networks in 1, 2 and 4 processes and on 1 and 2 devices, beside what a cost model says of it.

Each process is kept to its share of the cores, as `cutaway launch` does: of two on two cores each has one; four are
more than there are cores, and show that it works rather than what it gains. The least of many repeats counts.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.report import read, table, write
from cutaway.distributed import launch

# (processes, devices of each, cores of a process that is alone)
SETTINGS = ((1, 1, 1), (1, 1, 2), (1, 2, 2), (2, 1, 1), (4, 1, 1))
NAMES = ("dense", "LeNet-5", "GPT")
SECONDS = 4.0  # that the steps of a network are repeated for


@dataclass(frozen=True)
class Model:
    """Seconds of a step in N processes of one core each, on a machine with so many cores for them.

        t(N) = compute · rows/N · crowd  +  messages · latency(N) + 2 (N − 1)/N · 4 P / bandwidth(N)

    compute    seconds that a row takes on one core, as measured there; `crowd` = max(1, N / cores)
    messages   arrays of parameters and the loss: the program has one all-reduce of them all, which gloo does one by one
    P          parameters: their gradient is summed over the processes once a step, as float32
    latency, bandwidth   of that sum over N processes, fitted to sums of 16 bytes to 16 MiB
    """

    latency: float
    bandwidth: float

    def seconds(self, alone: float, parameters: int, messages: int, processes: int, cores: int) -> float:
        """Return the seconds of a step that takes `alone` in one process on one core."""
        compute = alone / processes * max(1.0, processes / cores)
        return compute + messages * self.latency + moved(parameters, processes) / self.bandwidth


def moved(parameters: int, processes: int) -> float:
    """Return the bytes that each process sends a step: a ring passes every number on twice, but for its own share.

    >>> moved(1000, 1), moved(1000, 2), moved(1000, 4)
    (0.0, 4000.0, 6000.0)
    """
    return 2 * (processes - 1) / processes * 4 * parameters


def fitted(sums: list[dict[str, float]], processes: int) -> Model:
    """Return latency and bandwidth by least squares of relative errors: small sums count as much as large ones."""
    sizes = np.array([moved(int(each["bytes"] // 4), processes) for each in sums])
    seconds = np.array([each["seconds"] for each in sums])
    columns = np.stack([np.ones_like(sizes), sizes], axis=1) / seconds[:, None]
    latency, each_byte = np.linalg.lstsq(columns, np.ones_like(seconds), rcond=None)[0]
    return Model(max(0.0, float(latency)), 1 / max(float(each_byte), 1e-13))


def measured(processes: int, devices: int, alone: int, names: list[str], seconds: float) -> dict[str, Any]:
    """Return what so many processes measure."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "figures.json"
        words = [sys.executable, "-m", "benchmarks.scaling_process", str(place), str(seconds), str(devices), *names]
        if processes == 1:
            # Alone it would have all cores.
            cores = sorted(os.sched_getaffinity(0))
            before = set(cores)
            os.sched_setaffinity(0, cores[:alone])
            try:
                ended = launch(words, 1)
            finally:
                os.sched_setaffinity(0, before)
        else:
            ended = launch(words, processes)
        if ended.failed is not None:
            raise SystemExit(f"scaling: {ended.words}")
        figures: dict[str, Any] = json.loads(place.read_text()) | {
            "cores": alone if processes == 1 else min(processes, len(os.sched_getaffinity(0))),
            "load": os.getloadavg()[0],
        }
        return figures


def shown(settings: list[dict[str, Any]]) -> str:
    """Return a table of measured and predicted milliseconds."""
    rows = [["", "processes", "devices", "cores", "ms a step", "× one", "MB a step", "predicted ms", "off by"]]
    for each in settings:
        for step in each["steps"]:
            predicted = step.get("predicted")
            rows.append([
                step["network"], *(str(each[name]) for name in ("processes", "devices", "cores")),
                f"{1e3 * step['least']:.2f}",
                f"{step['gain']:.2f}" if "gain" in step else "", f"{step['bytes'] / 1e6:.2f}",
                "" if predicted is None else f"{1e3 * predicted:.2f}",
                "" if predicted is None else f"{100 * (predicted / step['least'] - 1):+.0f} %",
            ])  # fmt: skip
    return table(rows)


def _setting(each: dict[str, Any]) -> tuple[int, int, int]:
    return each["processes"], each["devices"], each["cores"] if each["processes"] == 1 else 1


def judged(settings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Add to what was measured the bytes that were moved, the gain over one process, and what the model says."""
    cores = len(os.sched_getaffinity(0))
    alone = {
        step["network"]: step["least"] for each in settings if _setting(each) == SETTINGS[0] for step in each["steps"]
    }
    for each in settings:
        count = each["processes"]
        model = fitted(each["sums"], count) if each["sums"] else None
        each["model"] = None if model is None else asdict(model)
        for step in each["steps"]:
            step["bytes"] = moved(step["parameters"], count)
            first = alone.get(step["network"])
            if first is not None:
                step["gain"] = first / step["least"]
                if model is not None:
                    step["predicted"] = model.seconds(first, step["parameters"], step["arrays"] + 1, count, cores)
    return settings


def main(repeats: int, quick: bool, only: str = "") -> None:
    names = list(NAMES[:1] if quick else NAMES)
    chosen = [each for each in SETTINGS if only in ("", "x".join(map(str, each)))]
    kept = {} if quick or not only else {_setting(each): each for each in read("scaling") or []}
    for setting in [(2, 1, 1)] if quick else chosen:
        seconds = 0.2 if quick else SECONDS * repeats / 5
        kept[setting] = measured(*setting, [*names, "sums"], seconds)
    settings = judged([kept[each] for each in SETTINGS if each in kept])
    sys.stdout.write(shown(settings) + "\n")
    for each in settings:
        if each["model"]:
            sys.stdout.write(
                f"a sum over {each['processes']} processes: {1e6 * each['model']['latency']:.0f} µs and "
                f"{each['model']['bandwidth'] / 1e6:.0f} MB/s\n"
            )
    if not quick:
        write("scaling", settings)
