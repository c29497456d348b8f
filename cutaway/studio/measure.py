"""In what the rows held out were measured after each epoch: by the loss that was learned from, or another figure."""

from __future__ import annotations

from typing import Any

from cutaway.data.targets import ClassTarget
from cutaway.losses import ClassificationError, Loss

LOSS, SHARE_WRONG = "loss", "share wrong"


def measure_of(judge: Loss | None) -> str:
    """Return what a loss measures that chose the best weights; None is the loss that was learned from.

    >>> measure_of(None), measure_of(ClassificationError())
    ('loss', 'share wrong')
    """
    return SHARE_WRONG if isinstance(judge, ClassificationError) else LOSS


def measure_of_run(run: Any) -> str:
    """Return what the `validation` of a run's records is.

    A run on a table that tells classes chose its weights by the share of wrong answers, unless its metric judges
    probabilities. A share of wrong answers and a cross-entropy do not belong on one axis.
    """
    from cutaway.runs.learn_table import OF_PROBABILITIES

    decides = isinstance(getattr(run, "target", None), ClassTarget) and hasattr(run, "columns")
    return SHARE_WRONG if decides and run.settings.get("metric") not in OF_PROBABILITIES else LOSS
