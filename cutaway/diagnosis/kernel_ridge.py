"""Kernel ridge regression: what simple methods know of bends and products."""

from __future__ import annotations

import numpy as np

from cutaway.diagnosis.answers import chosen
from cutaway.diagnosis.simple_methods import Basis, distances, gaussian

# Rows that it learns from, at most, where it answers others: time goes by the cube.
KERNEL_ROWS = 256
# Rows that its ridge is chosen by where it learns from more: their eigenvalues take time by the cube, of 256 rows 4 ms.
CHOOSING_ROWS = 96
# Half of the rows are the same where their distances are below this share of their squares: rounding.
SAME = 1e-9
# Triangles of so many rows are inverted whole.
SMALL = 32


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

        ŷ* = K* α
        """
        some = _spread(features, KERNEL_ROWS)
        weights, left_out = self.learned(features[some], wanted[some])
        others = np.ones(len(features), bool)
        others[some] = False
        own = np.empty(wanted.shape)
        own[some] = left_out
        told, own[others] = (
            gaussian(distances(rows, features[some]), self.width) @ weights for rows in (new, features[others])
        )
        return told, own

    def learned(self, features: np.ndarray, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return how much each row counts where all are learned from, and what each is answered that is left out.

            α = A y,   ŷ₋ᵢ = yᵢ − αᵢ / Aᵢᵢ,   A = (K + r m I)⁻¹ = L⁻ᵀ L⁻¹,   m the mean of diag K

        >>> x = np.linspace(-1, 1, 9)[:, None]
        >>> bent = KernelRidge(x, x**2, "numbers", len(x))
        >>> np.allclose(bent.learned(x, x**2)[1], bent.left_out[0])
        True
        """
        alike = gaussian(distances(features), self.width)
        np.fill_diagonal(alike, (1 + self.ridge) * alike.diagonal())
        inverse = inverse_of_lower(np.linalg.cholesky(alike))
        weights = inverse.T @ (inverse @ wanted)
        return weights, wanted - weights / np.einsum("ij,ij->j", inverse, inverse)[:, None]


def inverse_of_lower(lower: np.ndarray) -> np.ndarray:
    """Return the inverse of a lower triangular matrix, in less than half the time that any matrix takes.

        [[A, 0], [B, C]]⁻¹ = [[A⁻¹, 0], [−C⁻¹ B A⁻¹, C⁻¹]]

    >>> inverse_of_lower(np.array([[2.0, 0.0], [1.0, 4.0]])).tolist()
    [[0.5, 0.0], [-0.125, 0.25]]
    """
    if len(lower) <= SMALL:
        small: np.ndarray = np.tril(np.linalg.inv(lower))
        return small
    half, found = len(lower) // 2, np.zeros_like(lower)
    first, last = (found[part, part] for part in (slice(half), slice(half, None)))
    first[:], last[:] = inverse_of_lower(lower[:half, :half]), inverse_of_lower(lower[half:, half:])
    found[half:, :half] = -last @ (lower[half:, :half] @ first)
    return found


def _spread(rows: np.ndarray, most: int) -> slice:
    """Return which rows are so many at most, spread over all."""
    return slice(None, None, max(1, -(-len(rows) // most)))
