"""Kernel ridge regression: what simple methods know of bends and products."""

from __future__ import annotations

import numpy as np

from cutaway.diagnosis.answers import chosen
from cutaway.diagnosis.simple_methods import Basis, distances, gaussian

# Rows that it learns from, at most, where it answers others: 256 rows take 2 ms, and time goes by the cube.
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

        ŷ* = K* α,   ŷ₋ᵢ = yᵢ − αᵢ / Aᵢᵢ,   α = A y,   A = (K + r m I)⁻¹ = T Tᵀ,   m the mean of diag K
        """
        from scipy.linalg.lapack import dtrtri  # type: ignore[import-untyped]

        some = _spread(features, KERNEL_ROWS)
        alike = gaussian(distances(features[some]), self.width)
        np.fill_diagonal(alike, (1 + self.ridge) * alike.diagonal())
        root = dtrtri(np.linalg.cholesky(alike), lower=1)[0].T  # a fifth of the time that an inverse takes
        weights = root @ (root.T @ wanted[some])
        told, own = (gaussian(distances(rows, features[some]), self.width) @ weights for rows in (new, features))
        own[some] = wanted[some] - weights / (root**2).sum(axis=1, keepdims=True)
        return told, own


def _spread(rows: np.ndarray, most: int) -> slice:
    """Return which rows are so many at most, spread over all."""
    return slice(None, None, max(1, -(-len(rows) // most)))
