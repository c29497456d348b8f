"""Losses for numbers: squared, absolute and Huber error."""

from __future__ import annotations

from typing import Any

from cutaway import ops
from cutaway.backends import Array
from cutaway.errors import InputError
from cutaway.losses.loss import Loss, mean_over_outputs


class SquaredError(Loss):
    """Mean squared error over rows and outputs, without the ½ some books carry.

        lᵢ = (1/k) Σⱼ (pᵢⱼ − tᵢⱼ)²

    >>> import numpy as np
    >>> float(SquaredError()(np.array([[1.0], [2.0]]), [0.0, 0.0]))
    2.5
    """

    def rows(self, outputs: Any, targets: Array) -> Any:
        """Return the mean squared error of each row."""
        return mean_over_outputs(ops.squared_error(outputs, targets))


class ResidualSumOfSquares(Loss):
    """Squared error summed, not averaged: RSS = Σᵢ wᵢ Σⱼ (pᵢⱼ − tᵢⱼ)².

    Its gradient grows with the number of rows, so the learning rate must shrink with it.

    >>> import numpy as np
    >>> float(ResidualSumOfSquares()(np.array([[1.0], [2.0]]), [0.0, 0.0]))
    5.0
    """

    def rows(self, outputs: Any, targets: Array) -> Any:
        """Return the squared error of each row, summed over outputs."""
        errors = ops.squared_error(outputs, targets)
        return ops.sum(errors, axis=tuple(range(1, errors.ndim))) if errors.ndim > 1 else errors

    def quotient(self, total: Any, weight: Any) -> Any:
        """Return the sum as it is."""
        return total


class AbsoluteError(Loss):
    """Mean absolute error: lᵢ = (1/k) Σⱼ |pᵢⱼ − tᵢⱼ|; an outlier pulls no harder than any other row."""

    def rows(self, outputs: Any, targets: Array) -> Any:
        """Return the mean absolute error of each row."""
        return mean_over_outputs(ops.absolute_error(outputs, targets))


class Huber(Loss):
    """Squared near zero, absolute beyond δ: ½ d² where |d| ≤ δ, else δ (|d| − ½ δ).

    Reference: Huber, "Robust estimation of a location parameter", 1964.
    """

    def __init__(self, delta: float = 1.0) -> None:
        if not delta > 0:
            raise InputError(f"Huber: delta must be above 0, got {delta!r}")
        self.delta = delta

    def rows(self, outputs: Any, targets: Array) -> Any:
        """Return the mean Huber error of each row."""
        return mean_over_outputs(ops.huber(outputs, targets, delta=self.delta))
