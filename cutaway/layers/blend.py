"""Ensembles of different networks that answer together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from cutaway.layers.ensemble import Ensemble


class Blend:
    """Several ensembles, each with a share in the answer.

        blend(x) = Σᵢ shareᵢ ensembleᵢ(x)

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
        """Return the weighted mean of the ensembles' outputs."""
        weighted = [share * part(x) for part, share in zip(self.parts, self.shares, strict=True)]
        mean: np.ndarray = np.sum(weighted, axis=0)
        return mean

    def __repr__(self) -> str:
        parts = ", ".join(f"{share:.3g} of {part!r}" for part, share in zip(self.parts, self.shares, strict=True))
        return f"Blend({parts})"
