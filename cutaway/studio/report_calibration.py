"""Whether a run's own word can be relied on: probabilities beside what came true, intervals beside what they held."""

from __future__ import annotations

from typing import Any

import numpy as np

from cutaway.data.targets import ClassTarget
from cutaway.runs.calibration import calibration_error, reliability
from cutaway.runs.scores import wilson
from cutaway.studio.report_rows import SetAside, score
from cutaway.studio.report_words import cut

BINS, OF_A_BIN = 10, 20  # bins at most, and rows of one at least
FEWEST = 30  # rows, of which fewer say nothing about probabilities
POINTS = 600  # rows that are drawn as points
DRAWN = 21  # bars of the residuals


def calibration(
    probabilities: np.ndarray, truth: np.ndarray, weight: np.ndarray | None = None
) -> dict[str, Any] | None:
    """Return the reliability of probabilities (rows, classes): in bins of equal mass, said and come true.

    Each share that came true with its 95 % interval; `error` is the calibration error as it is scored, with 15 bins.
    None for fewer than 30 rows.
    """
    count = len(truth)
    if count < FEWEST:
        return None
    bins = reliability(probabilities, truth, bins=max(2, min(BINS, count // OF_A_BIN)), weight=weight)
    return {
        "rows": count,
        "error": calibration_error(probabilities, truth, weight=weight),
        "bins": [
            {"sure": each.sure, "right": each.right, "share": each.share,
             "interval": list(wilson(each.right, each.share * count))}
            for each in bins
        ],
    }  # fmt: skip


def residuals(aside: SetAside, rows: bool = True) -> dict[str, Any]:
    """Return how far predicted numbers are off: how often by how much, and how often each interval held the truth.

    rows   whether the rows are shown as points too, at most 600 of them
    """
    assert not isinstance(aside.target, ClassTarget)
    off = aside.answer - aside.truth
    count = len(off)
    reach = float(np.quantile(np.abs(off), 0.99)) or 1.0
    edges = np.linspace(-reach, reach, DRAWN + 1)
    inside = np.abs(off) <= reach
    bars = np.histogram(off[inside], edges)[0]
    held = [
        {"share": share, "margin": margin, "held": float(np.mean(np.abs(off) <= margin))}
        for share, margin in aside.target.margins
    ]
    found: dict[str, Any] = {
        "rows": count, "target": cut(aside.target.column), "edges": edges.tolist(), "counts": bars.tolist(),
        "beyond": int(count - inside.sum()), "mean": float(off.mean()), "median": float(np.median(np.abs(off))),
        "held": [{**each, "interval": list(wilson(float(each["held"]), count))} for each in held],
        "mae": score(aside, "mae"),
    }  # fmt: skip
    if rows:
        some = np.unique(np.linspace(0, count - 1, min(count, POINTS)).round().astype(int))
        found["points"] = {"truth": aside.truth[some].tolist(), "predicted": aside.answer[some].tolist()}
    return found
