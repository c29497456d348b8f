"""Ensembles of different networks that answer together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from cutaway.errors import InputError
from cutaway.layers.ensemble import Ensemble


class Blend:
    """Several ensembles, each with the share it has in the answer; what an answer is, its reader says.

        answer(x) = Σᵢ shareᵢ answerᵢ(x)

    parts   ensembles, each of one shape
    shares  one for each, summing to 1

    >>> import cutaway as ca
    >>> import numpy as np
    >>> nets = [ca.Sequential(ca.Dense(1)).build(2), ca.Sequential(ca.Dense(3), ca.Tanh(), ca.Dense(1)).build(2)]
    >>> alone = [Ensemble(net, {key: array[None] for key, array in net.parameters().items()}, {}) for net in nets]
    >>> blend = Blend(alone, [0.25, 0.75])
    >>> len(blend), blend.largest is alone[1]
    (2, True)
    """

    def __init__(self, parts: Sequence[Ensemble], shares: Sequence[float]) -> None:
        self.parts = tuple(parts)
        self.shares = tuple(float(share) for share in shares)

    @property
    def largest(self) -> Ensemble:
        """The ensemble with the largest share."""
        return self.parts[self.shares.index(max(self.shares))]

    def __len__(self) -> int:
        return sum(len(part) for part in self.parts)

    def __call__(self, x: Any) -> np.ndarray:
        """Raise `InputError`: outputs of different kinds of network have no mean, only what they say has."""
        raise InputError(
            "a blend has no outputs of its own; ask the run (run.predict, run.predict_proba), or one of blend.parts"
        )

    def __repr__(self) -> str:
        parts = ", ".join(f"{share:.3g} of {part!r}" for part, share in zip(self.parts, self.shares, strict=True))
        return f"Blend({parts})"
