"""Average the loss over the rows, so that the size of a batch is no longer part of the learning rate."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

from cutaway.diagnosis.evidence import Evidence
from cutaway.diagnosis.setup import Setup
from cutaway.losses import Loss, MeanOverMembers, ResidualSumOfSquares, SquaredError
from cutaway.records import Finding


def mean_loss(setup: Setup, finding: Finding, evidence: Evidence) -> Setup | None:
    """Return the setup with the mean of its loss; None where that is no sum over rows.

    Nor where a loss computes `value` in its own way: nothing is known of a row then.
    """
    loss = setup.loss
    inner = loss.loss if isinstance(loss, MeanOverMembers) else loss
    if not inner.summed or type(inner).value is not Loss.value:
        return None
    mean = averaged(inner)
    return replace(setup, loss=MeanOverMembers(mean) if isinstance(loss, MeanOverMembers) else mean)


def averaged(loss: Loss) -> Loss:
    """Return a loss that is a sum over rows as the mean, L = Σᵢ wᵢ lᵢ / Σᵢ wᵢ; of a class of one's own, as that class.

    `ResidualSumOfSquares` is a sum over outputs, too: it becomes `SquaredError`.

    >>> class Total(SquaredError):
    ...     def quotient(self, total, weight):
    ...         return total
    >>> import numpy as np
    >>> outputs, targets = np.array([[1.0], [2.0]]), [0.0, 0.0]
    >>> float(Total()(outputs, targets)), float(averaged(Total())(outputs, targets))
    (5.0, 2.5)
    """
    if isinstance(loss, ResidualSumOfSquares):
        return SquaredError()
    mean: Any = copy.copy(loss)
    mean.__class__ = type(type(loss).__name__, (type(loss),), {"quotient": Loss.quotient})
    found: Loss = mean
    return found
