"""A loss that goes up and down, and not down."""

from __future__ import annotations

import math
from itertools import pairwise

from cutaway.diagnosis import thresholds as at
from cutaway.diagnosis.check import check
from cutaway.diagnosis.course import own_rows_learned, trend
from cutaway.diagnosis.evidence import Evidence
from cutaway.records import Finding, Fix


@check(explains=("batch_noise", "late_plateau", "underfit", "not_enough_epochs", "loss_metric_disagree", "overfit"))
def oscillation(evidence: Evidence) -> Finding | None:
    """Find a training whose epochs' losses turn round more often than not, by much, and do not fall.

    Of numbers that follow no trend, two in three differences have another sign than the one before.
    """
    losses = [record.loss for record in evidence.history if math.isfinite(record.loss)]
    second = losses[len(losses) // 2 :]
    if len(second) < at.FEWEST_EPOCHS or own_rows_learned(evidence):
        return None
    steps = [after - before for before, after in pairwise(second)]
    turns = sum(a * b < 0 for a, b in pairwise(steps)) / max(1, len(steps) - 1)
    end = trend(evidence)
    if turns < at.TURNS or end.noise < at.JAGGED or end.sure > at.SURE:
        return None
    rate, size = evidence.optimizer.learning_rate, evidence.plan.batch_size
    small = size <= at.SMALL_BATCH
    factor = 8.0 if small else 0.2
    fix = (
        Fix("batch_size", "average over more rows a step", f"batch_size={int(size * factor)}",
            {"factor": factor})
        if small
        else Fix("learning_rate", f"lower the learning rate, to about {rate * factor:.1g}, or let it fall",
                 f"learning_rate={rate * factor:.1g}", {"factor": factor})
    )  # fmt: skip
    return Finding(
        check="oscillation",
        sentence=f"the loss goes up and down by {end.noise:.0%} from epoch to epoch, and not down"
        + (f": of {size} {'row' if size == 1 else 'rows'} a step, much is chance" if small else ""),
        quantity="deviation of the loss from its trend, over its mean",
        measured=end.noise,
        normal=(None, at.JAGGED),
        step=evidence.history[len(losses) // 2].step,
        fix=fix,
        confidence=0.7,
    )
