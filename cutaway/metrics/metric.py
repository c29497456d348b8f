"""What is to be known about a figure besides its formula."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cutaway.metrics.shapes import Array
from cutaway.metrics.weights import as_weights

Formula = Callable[[Array, Array, Array], NDArray[np.float64]]
"""(predictions, truth, weights (draws, rows)) -> one figure a line of weights, (draws,)."""


@dataclass(frozen=True)
class Metric:
    """A figure: its names, its formula, and how to read it.

    name       as it is asked for, "roc_auc"
    shown      as it is printed, "area under ROC"
    task       "classification" or "regression"
    takes      what it judges: "choice" only which class is scored highest, "probabilities" the scores themselves (of
               `roc_auc` and `average_precision` their order only), "numbers" predicted numbers
    higher     whether higher is better
    formula    the figure for many weightings of the same rows at once
    in_units   whether it is in the units of the target
    percent    whether people read it in per cent

    Called as `metric(predicted, truth, weight=None)` it is one number.

    >>> from cutaway.metrics import BY_NAME
    >>> mae = BY_NAME["mae"]
    >>> mae(np.array([1.0, 5.0]), np.array([0.0, 3.0]), weight=np.array([3.0, 1.0])), mae.higher
    (1.25, False)
    """

    name: str
    shown: str
    task: Literal["classification", "regression"]
    takes: Literal["choice", "probabilities", "numbers"]
    higher: bool
    formula: Formula
    in_units: bool = False
    percent: bool = False

    def __call__(self, predicted: Array, truth: Array, weight: Array | None = None) -> float:
        """Return the figure, in which row i counts `weight[i]` times; NaN where the truth does not decide it."""
        return one(self.name, self.formula, predicted, truth, weight)

    def many(self, predicted: Array, truth: Array, weights: Array) -> NDArray[np.float64]:
        """Return the figure for each line of weights (draws, rows), as (draws,); NaN where a line does not decide it.

        >>> from cutaway.metrics import BY_NAME
        >>> BY_NAME["mae"].many(np.array([1.0, 5.0]), np.array([0.0, 3.0]), np.array([[1, 1], [2, 0]]))
        array([1.5, 1. ])
        """
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.formula(predicted, truth, np.asarray(weights, np.float64))

    def gain(self, value: float) -> float:
        """Return the figure with the sign that makes more better.

        >>> from cutaway.metrics import BY_NAME
        >>> BY_NAME["mae"].gain(2.0), BY_NAME["accuracy"].gain(0.9)
        (-2.0, 0.9)
        """
        return value if self.higher else -value


def one(name: str, formula: Formula, predicted: Array, truth: Array, weight: Array | None) -> float:
    """Return the figure of a formula for one weighting, all rows alike where `weight` is None."""
    weights = as_weights(name, weight, len(np.atleast_1d(truth)))
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(formula(predicted, truth, weights[None])[0])
