"""Batches so small that a step is mostly chance."""

from __future__ import annotations

from statistics import median

from cutaway.diagnosis import thresholds as at
from cutaway.diagnosis.check import check
from cutaway.diagnosis.course import own_rows_learned, trend
from cutaway.diagnosis.evidence import Evidence
from cutaway.records import Finding, Fix
from cutaway.training.watching import PROBE_ROWS


@check(explains=("late_plateau", "underfit", "not_enough_epochs"))
def batch_noise(evidence: Evidence) -> Finding | None:
    """Find steps whose gradient is more noise than signal, with few rows a step and a loss that does not fall.

        c = 1 / (1 + 2 S / n),   S = n (1/c − 1) / 2,   signal over noise of a step = b / S

    c is the cosine between the gradients of two halves of n probe rows, S the variance of a row's gradient over the
    square of the mean one, b the rows a step. Near a minimum every gradient is noise: only the looks of the first half
    count, and only a training that is hurt.

    Reference: McCandlish et al., "An empirical model of large-batch training", 2018, arXiv 1812.06162 (S).
    """
    size = evidence.plan.batch_size
    vitals = evidence.network_vitals[: max(2, len(evidence.network_vitals) // 2)]
    halves = [(each.agreement, each.rows) for each in vitals if each.agreement is not None]
    end = trend(evidence)
    if size > at.SMALL_BATCH or len(halves) < 2 or end.sure > at.SURE or own_rows_learned(evidence):
        return None
    most = min(PROBE_ROWS, evidence.inputs.rows)
    signal = median(_signal(agreement, size, rows or most) for agreement, rows in halves)
    if signal > at.SIGNAL or end.noise < at.JAGGED / 2:
        return None
    return Finding(
        check="batch_noise",
        sentence=f"with {size} {'row' if size == 1 else 'rows'} a step the gradient is mostly chance",
        quantity="signal over noise of a step's gradient",
        measured=signal,
        normal=(at.SIGNAL, None),
        step=vitals[0].step,
        fix=Fix("batch_size", "average over more rows a step", f"batch_size={8 * size}", {"factor": 8.0}),
        confidence=0.55,
    )


def _signal(agreement: float, size: int, rows: int) -> float:
    """Return the square of a step's mean gradient over its variance.

    >>> round(_signal(0.5, 4, 256), 4), _signal(-0.1, 4, 256)
    (0.0312, 0.0)
    """
    if agreement <= 0:
        return 0.0
    return size / (rows * (1 / min(agreement, 1 - 1e-6) - 1) / 2)
