"""Small runs for the tests of reports: a table of classes with hostile names, one of numbers, and what a page holds."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import numpy as np

import cutaway as ca

HOW = {"effort": "quick", "engine": "numpy", "progress": False}
HOSTILE = "</script><img src=x onerror=alert(1)> & \u2028 '\""
LABELS = ("<b>calm</b>", "storm & rain")


def classes(rows: int = 160) -> dict[str, Any]:
    """Two classes by one column of three; names and cells that would be markup if they were not escaped."""
    random = np.random.default_rng(0)
    a, b = random.uniform(-1, 1, (2, rows))
    return {
        HOSTILE: a, "noise": b, "place": np.where(b > 0, "<i>north</i>", "south"),
        "weather": np.where(a + 0.25 * random.normal(size=rows) > 0, *LABELS),
    }  # fmt: skip


def numbers(rows: int = 200) -> dict[str, Any]:
    """y = 3 a + noise; b says nothing."""
    random = np.random.default_rng(1)
    a, b = random.uniform(-1, 1, (2, rows))
    return {"a": a, "b": b, "y": 3 * a + 0.2 * random.normal(size=rows)}


def as_file(columns: dict[str, Any], place: Path) -> Path:
    """Write columns as CSV, each cell in quotes."""
    with place.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_NONNUMERIC)
        writer.writerow(columns)
        writer.writerows(zip(*(np.asarray(values).tolist() for values in columns.values()), strict=True))
    return place


def trained(folder: Path, columns: dict[str, Any], target: str, **options: Any) -> Any:
    """Train on columns as a file, with its report, into the folder `run` beside it."""
    data = as_file(columns, folder / "data.csv")
    return ca.train(data, target, out=folder / "run", **{**HOW, "epochs": 12, "compare": False, **options})


def held(page: str) -> dict[str, Any]:
    """Return the records that stand in a page, as a browser would read them."""
    found = re.search(r'<script type="application/json" id="cutaway-report">(.*?)</script>', page, re.DOTALL)
    assert found
    told: dict[str, Any] = json.loads(found[1])
    return told
