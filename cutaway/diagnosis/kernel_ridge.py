"""Kernel ridge regression: what simple methods know of bends and products."""

from __future__ import annotations

import numpy as np

from cutaway.diagnosis.answers import chosen
from cutaway.diagnosis.simple_methods import Basis, distances, gaussian

# Rows that it learns from, at most, where it answers others: 256 rows take 4 ms, and time goes by the cube.
KERNEL_ROWS = 256
# Half of the rows are the same where their distances are below this share of their squares: rounding.
SAME = 1e-9


class KernelRidge:
    """Kernel ridge regression of a Gaussian as wide as two rows are apart, by the median of its squares.

    sees       whether rows differ: not where half of them are the same
    left_out   what it answers those of its rows that its ridge is chosen by, each left out in turn, and their targets
    """

    def __init__(self, features: np.ndarray, wanted: np.ndarray, task: str, most: int) -> None:
        self.some = _spread(features, most)
        known = features[self.some]
        apart = distances(known)
        half = apart.size // 2 - len(known) // 2  # those of a row to itself are infinite, and come last
        self.width = float(np.partition(apart, half, axis=None)[half])
        self.sees = self.width > SAME * float((known**2).sum(axis=1).mean())
        if self.sees:
            self.basis = Basis.of_likeness(gaussian(apart, self.width))
            self.ridge, answers = chosen(self.basis, wanted[self.some], task)
            self.left_out = answers, wanted[self.some]

    def answers(self, new: np.ndarray, features: np.ndarray, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return what it answers, having learned from more rows, for new rows and for these, each left out in turn.

        ŷ* = K* α,   ŷ₋ᵢ = yᵢ − αᵢ / Aᵢᵢ,   α = A y,   A = (K + r m I)⁻¹,   m the mean of diag K
        """
        some = _spread(features, KERNEL_ROWS)
        alike = gaussian(distances(features[some]), self.width)
        np.fill_diagonal(alike, (1 + self.ridge) * alike.diagonal())
        inverse = np.linalg.inv(alike)
        weights = inverse @ wanted[some]
        told, own = (gaussian(distances(rows, features[some]), self.width) @ weights for rows in (new, features))
        own[some] = wanted[some] - weights / inverse.diagonal()[:, None]
        return told, own


def _spread(rows: np.ndarray, most: int) -> slice:
    """Return which rows are so many at most, spread over all."""
    return slice(None, None, max(1, -(-len(rows) // most)))
