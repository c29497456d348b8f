"""Methods that need no network: least squares, whose ridge is chosen by leaving rows out, and the nearest row."""

from __future__ import annotations

import numpy as np

# Ridges that are tried, as shares of the mean eigenvalue.
RIDGES = (1e-6, 1e-3, 1e-2, 1e-1, 1.0, 10.0)
# Directions whose eigenvalue is below this share of the largest are rounding.
ROUNDING = 1e-9


class Basis:
    """The directions that features span over the rows, each of length 1, and how far the features reach in them.

        K = x xᵀ + 1 1ᵀ = U Λ Uᵀ

    x   rows to learn from, (rows, features)
    """

    def __init__(self, x: np.ndarray) -> None:
        self.x = x = with_ones(x)
        if x.shape[1] < len(x):  # the smaller of XᵀX and X Xᵀ has all eigenvalues that are not 0
            values, vectors = np.linalg.eigh(x.T @ x)
            kept = values > ROUNDING * values[-1]
            self.values = values[kept]
            self.vectors = x @ (vectors[:, kept] / np.sqrt(self.values))
        else:
            self.values, self.vectors = np.linalg.eigh(x @ x.T)
        self.squares = self.vectors**2
        self.mean = self.values.sum() / len(x)

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

    def answers(self, new: np.ndarray, y: np.ndarray, ridge: float) -> np.ndarray:
        """Return what least squares with ridge r, learned from all rows, answers for new ones, (rows, columns of y).

        ŷ* = K* U (Λ + r m)⁻¹ Uᵀ y,   K* = x* xᵀ + 1 1ᵀ
        """
        inside = self.values + ridge * self.mean
        weights = self.x.T @ (self.vectors @ ((self.vectors.T @ y) / inside[:, None]))
        found: np.ndarray = with_ones(new) @ weights
        return found


def with_ones(x: np.ndarray) -> np.ndarray:
    """Return rows with a 1 behind their features, which makes sums start from anywhere."""
    return np.hstack([x, np.ones((len(x), 1), x.dtype)])


def distances(x: np.ndarray, others: np.ndarray | None = None) -> np.ndarray:
    """Return the squared distance of each row to each of the others, (rows, others).

    Without others, to each of x itself: infinity to the row itself.

    >>> distances(np.array([[0.0], [2.0]])).tolist(), distances(np.array([[0.0]]), np.array([[1.0], [3.0]])).tolist()
    ([[inf, 4.0], [4.0, inf]], [[1.0, 9.0]])
    """
    x = x.astype(np.float32)
    known = x if others is None else others.astype(np.float32)
    found: np.ndarray = x @ known.T
    found *= -2
    found += (known**2).sum(axis=1)
    found += (x**2).sum(axis=1)[:, None]
    if others is None:
        np.fill_diagonal(found, np.inf)
    return found


def standardised(x: np.ndarray, by: np.ndarray) -> np.ndarray:
    """Return rows as features of mean 0 and deviation 1 over the rows `by`, both flattened to (rows, features)."""
    known = by.reshape(len(by), -1).astype(np.float64)
    std = known.std(axis=0)
    found: np.ndarray = (x.reshape(len(x), -1) - known.mean(axis=0)) / np.where(std > 0, std, 1.0)
    return found
