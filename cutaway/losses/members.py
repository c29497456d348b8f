"""The loss of several networks in one: each member is judged by itself, and the mean counts."""

from __future__ import annotations

from typing import Any

import numpy as np

from cutaway import ops
from cutaway.backends import Array, namespace
from cutaway.errors import InputError
from cutaway.losses.loss import Loss


class MeanOverMembers(Loss):
    """The mean of a loss over the member axis, the first after the batch.

        lᵢ = (1/k) Σₘ lossᵢ(pᵢₘ, tᵢ)        outputs (batch, k, ...), targets as `loss` wants them for (batch, ...)

    Each member learns as if it were alone; it is their predictions that are averaged, afterwards.

    loss   what each member is judged by

    Raises `InputError` for outputs without a member axis, and what `loss` raises.

    Reference: Gorishniy, Kotelnikov, Babenko, "TabM", ICLR 2025, arXiv 2410.24210, section 3.3.

    >>> from cutaway.losses import SquaredError
    >>> float(MeanOverMembers(SquaredError())(np.array([[[1.0], [3.0]]]), [0.0]))
    5.0
    """

    def __init__(self, loss: Loss) -> None:
        given: Any = loss
        if not isinstance(given, Loss):
            hint = f"; write the brackets: {given.__name__}()" if isinstance(given, type) else ""
            raise InputError(f"MeanOverMembers: got {given!r}, expected a loss such as CrossEntropy(){hint}")
        self.loss = loss

    @property
    def summed(self) -> bool:
        """Whether the members' loss is a sum over rows."""
        return self.loss.summed

    def prepare(self, targets: Any, output_shape: tuple[int, ...]) -> np.ndarray:
        """Return targets as the loss wants them for one member's outputs."""
        if len(output_shape) < 3:
            raise InputError(
                f"MeanOverMembers: outputs have shape {output_shape}, expected (batch, k, outputs); "
                "end the network in MemberDense"
            )
        return self.loss.prepare(targets, (output_shape[0], *output_shape[2:]))

    def rows(self, outputs: Any, targets: Array) -> Any:
        """Return the mean of each row's k losses."""
        batch, members = outputs.shape[:2]
        each = ops.reshape(outputs, shape=(batch * members, *outputs.shape[2:]))
        return ops.mean(ops.reshape(self.loss.rows(each, _repeated(targets, members)), shape=(batch, members)), axis=1)

    def importance(self, targets: Array) -> Array | None:
        """Return the weights that follow from the targets, as the loss says."""
        return self.loss.importance(targets)

    def quotient(self, total: Any, weight: Any) -> Any:
        """Return the loss, given Σ wᵢ lᵢ and Σ wᵢ, as the loss does."""
        return self.loss.quotient(total, weight)

    def judged(self, outputs: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the mean of the members' predictions, and the truth."""
        batch, members = outputs.shape[:2]
        predicted, truth = self.loss.judged(
            outputs.reshape(batch * members, *outputs.shape[2:]), _repeated(targets, members)
        )
        mean: np.ndarray = predicted.reshape(batch, members, *predicted.shape[1:]).mean(axis=1)
        return mean, truth[::members]


def _repeated(targets: Array, members: int) -> Array:
    """Return each row's target `members` times, one after another."""
    xp = namespace(targets)
    wide = xp.broadcast_to(xp.expand_dims(targets, axis=1), (targets.shape[0], members, *targets.shape[1:]))
    return xp.reshape(wide, (targets.shape[0] * members, *targets.shape[1:]))
