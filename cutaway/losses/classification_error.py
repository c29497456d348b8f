"""Classification error: the share of rows answered wrongly; to choose weights by, not to learn from."""

from __future__ import annotations

from typing import Any

import numpy as np

from cutaway import ops
from cutaway.autodiff import value_of
from cutaway.backends import Array, namespace
from cutaway.errors import InputError
from cutaway.losses.cross_entropy import as_classes
from cutaway.losses.loss import Loss


class ClassificationError(Loss):
    """The share of rows whose largest score is not that of the true class.

        lᵢ = 0 where argmax_c pᵢ_c = tᵢ else 1        outputs (batch, ..., classes)

    Of scores that tie, the first counts as the largest. Targets are as for `CrossEntropy`; of a row of probabilities
    the most probable class is the true one. With `members` outputs are the scores of k networks in one,
    (batch, k, classes): their softmaxes are averaged, and the mean is judged.

    It has no slope: nothing can be learned from it, it is there to say which weights are the best.

    Raises `InputError` for targets that are not classes, and for a single output, of which there is no largest.

    >>> float(ClassificationError()(np.array([[0.1, 0.9], [2.0, 1.0]]), [1, 1]))
    0.5
    """

    def __init__(self, *, members: bool = False) -> None:
        self.members = members

    def prepare(self, targets: Any, output_shape: tuple[int, ...]) -> np.ndarray:
        """Return class numbers as int32 (batch, ...), or rows of probabilities as floats."""
        if self.members:
            if len(output_shape) < 3:
                raise InputError(
                    f"ClassificationError: outputs have shape {output_shape}, expected (batch, k, classes)"
                )
            output_shape = (output_shape[0], *output_shape[2:])
        if len(output_shape) < 2 or output_shape[-1] < 2:
            raise InputError(
                f"ClassificationError: outputs have shape {output_shape}, expected a score for each of two or more "
                "classes (batch, classes)"
            )
        return as_classes(targets, output_shape, "ClassificationError")

    def rows(self, outputs: Any, targets: Array) -> Array:
        """Return 0 for a row that is right, 1 for one that is wrong (the mean over places where a row has many)."""
        scores = value_of(outputs)
        xp = namespace(scores, targets)
        if self.members:
            scores = xp.mean(ops.softmax(scores), axis=1)
        if not xp.isdtype(targets.dtype, "integral"):
            targets = xp.argmax(targets, axis=-1)
        wrong = xp.astype(xp.argmax(scores, axis=-1) != targets, scores.dtype)
        return xp.mean(wrong, axis=tuple(range(1, wrong.ndim))) if wrong.ndim > 1 else wrong

    def judged(self, outputs: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return probabilities and truth."""
        chances = ops.softmax(outputs)
        return (chances.mean(axis=1) if self.members else chances), targets
