"""Hinge loss: be right by a margin, then stop caring."""

from __future__ import annotations

from typing import Any

import numpy as np

from cutaway import ops
from cutaway.backends import Array
from cutaway.errors import InputError
from cutaway.losses.loss import Loss, as_columns, mean_over_outputs


class Hinge(Loss):
    """lᵢ = max(0, 1 − tᵢ pᵢ), t = ±1 (0 and 1 are taken as −1 and +1), p a score.

    Reference: Cortes, Vapnik, "Support-vector networks", 1995.

    >>> import numpy as np
    >>> float(Hinge()(np.array([[2.0], [0.5]]), [1, 1]))
    0.25
    """

    def prepare(self, targets: Any, output_shape: tuple[int, ...]) -> np.ndarray:
        """Return targets −1 and +1 in the shape of the outputs."""
        array = as_columns(targets, output_shape, "Hinge")
        values = set(np.unique(array).tolist())
        if values <= {0.0, 1.0}:
            return array * 2 - 1
        if values <= {-1.0, 1.0}:
            return array
        raise InputError(f"Hinge: targets are {sorted(values)[:5]}, expected −1 and +1 (or 0 and 1)")

    def rows(self, outputs: Any, targets: Array) -> Any:
        """Return the hinge loss of each row."""
        return mean_over_outputs(ops.relu(1 - outputs * targets))
