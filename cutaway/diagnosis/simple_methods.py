"""Methods that need no network: ridges, linear and of a kernel, chosen by leaving rows out, and the nearest row."""

from __future__ import annotations

import numpy as np

# Ridges that are tried, as shares of the mean eigenvalue.
RIDGES = (1e-6, 1e-3, 1e-2, 1e-1, 1.0, 10.0)
# Directions whose eigenvalue is below this share of the largest are rounding.
ROUNDING = 1e-9


class Basis:
    """The directions that rows span, each of length 1, and how far they reach in them.

        K = U Λ Uᵀ

    K   how alike each two rows are: x xᵀ + 1 1ᵀ for least squares, a kernel's values for kernel ridge regression
    """

    def __init__(self, values: np.ndarray, vectors: np.ndarray) -> None:
        self.values, self.vectors = values, vectors
        self.squares = vectors**2
        self.mean = values.sum() / len(vectors)

    @classmethod
    def of_features(cls, x: np.ndarray) -> Basis:
        """Return the directions of K = x xᵀ + 1 1ᵀ for x (rows, features)."""
        x = with_ones(x)
        if x.shape[1] >= len(x):
            return cls(*np.linalg.eigh(x @ x.T))
        values, vectors = np.linalg.eigh(x.T @ x)  # the smaller of XᵀX and X Xᵀ has all eigenvalues that are not 0
        kept = values > ROUNDING * values[-1]
        return cls(values[kept], x @ (vectors[:, kept] / np.sqrt(values[kept])))

    @classmethod
    def of_likeness(cls, likeness: np.ndarray) -> Basis:
        """Return the directions of a kernel's values K (rows, rows)."""
        values, vectors = np.linalg.eigh(likeness)
        return cls(np.maximum(values, 0), vectors)

    def leaving_out(self, y: np.ndarray, ridges: tuple[float, ...] = RIDGES) -> list[np.ndarray]:
        """Return for each ridge r what least squares answers for each row where it learns from all the others.

            ŷ₋ᵢ = yᵢ − (yᵢ − ŷᵢ) / (1 − Hᵢᵢ),   H = U Λ (Λ + r m)⁻¹ Uᵀ,   m = Σ Λ / rows

        Reference: Allen, "The relationship between variable selection and data augmentation", Technometrics 16, 1974.
        """
        turned, found = self.vectors.T @ y, []
        for ridge in ridges:
            share = self.values / (self.values + ridge * self.mean)
            left = 1 - self.squares @ share
            found.append(y - (y - self.vectors @ (share[:, None] * turned)) / np.maximum(left, 1e-9)[:, None])
        return found

    def dual(self, y: np.ndarray, ridge: float) -> np.ndarray:
        """Return how much each known row counts in what a new one is answered, ŷ* = K* α, (rows, columns of y).

        α = U (Λ + r m)⁻¹ Uᵀ y,   of least squares w = Xᵀ α
        """
        inside = self.values + ridge * self.mean
        found: np.ndarray = self.vectors @ ((self.vectors.T @ y) / inside[:, None])
        return found


def gaussian(apart: np.ndarray, width: float) -> np.ndarray:
    """Return exp(−d / w) + 1 of squared distances d, of a row to itself 2.

    Reference: Saunders, Gammerman and Vovk, "Ridge regression learning algorithm in dual variables", ICML 1998.

    >>> gaussian(np.array([[np.inf, 1.0], [1.0, np.inf]]), 1.0).round(2).tolist()
    [[2.0, 1.37], [1.37, 2.0]]
    """
    found = np.where(np.isfinite(apart), apart, 0.0)
    found /= -width
    np.exp(found, out=found)
    found += 1.0
    return found


def with_ones(x: np.ndarray) -> np.ndarray:
    """Return rows with a 1 behind their features, which makes sums start from anywhere."""
    return np.hstack([x, np.ones((len(x), 1), x.dtype)])


def distances(x: np.ndarray, others: np.ndarray | None = None) -> np.ndarray:
    """Return the squared distance of each row to each of the others, (rows, others).

    Without others, to each of x itself: infinity to the row itself. As exact as the numbers given.

    >>> distances(np.array([[0.0], [2.0]])).tolist(), distances(np.array([[0.0]]), np.array([[1.0], [3.0]])).tolist()
    ([[inf, 4.0], [4.0, inf]], [[1.0, 9.0]])
    """
    known = x if others is None else others
    found: np.ndarray = x @ known.T
    found *= -2
    found += (known**2).sum(axis=1)
    found += (x**2).sum(axis=1)[:, None]
    np.maximum(found, 0, out=found)  # what is below is rounding
    if others is None:
        np.fill_diagonal(found, np.inf)
    return found


def standardised(x: np.ndarray, by: np.ndarray) -> np.ndarray:
    """Return rows as features of mean 0 and deviation 1 over the rows `by`, both flattened to (rows, features)."""
    known = by.reshape(len(by), -1).astype(np.float64)
    std = known.std(axis=0)
    found: np.ndarray = (x.reshape(len(x), -1) - known.mean(axis=0)) / np.where(std > 0, std, 1.0)
    return found
