"""Curvature: how sharply the loss bends, by Hessian-vector products and Lanczos's method; no Hessian is made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from cutaway.autodiff import gradients
from cutaway.backends.random import generator
from cutaway.backends.threads import threads_for
from cutaway.errors import InputError
from cutaway.explain.planes import flat
from cutaway.layers import Context, Layer
from cutaway.losses import Loss, as_loss
from cutaway.tensor import as_tensors

# The length of a difference, times the size of the weights: balances the rounding of a gradient in float64 against
# the third derivative, ε^(1/3).
DIFFERENCE = float(np.finfo(np.float64).eps) ** (1 / 3)
ROWS = 4096  # rows of one gradient
Product = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Curvature:
    """How the loss bends at the weights θ*: second derivatives of L, in units of loss a squared unit of weight.

    largest    the largest eigenvalues of the Hessian H = ∇²L(θ*), from the largest down
    smallest   its smallest eigenvalue; below 0 there is a way down that the gradient does not show
    along      dᵀ H d / dᵀ d for each direction that was asked for
    within     for each of the largest, and then for the smallest, how far at most a true eigenvalue is from it
    steps      how many steps of Lanczos's method were taken
    converged  whether all are known to the share that was asked for; else the steps ended first: the true largest is
               at least as large as what is told here, and the true smallest at most
    """

    largest: tuple[float, ...]
    smallest: float
    along: tuple[float, ...] = ()
    within: tuple[float, ...] = ()
    steps: int = 0
    converged: bool = True

    @property
    def sharpest_rate(self) -> float:
        """The learning rate 2 / λ at which plain gradient descent would bounce out along the sharpest direction.

        Where `converged` is false, that rate or a lower one.
        """
        return 2 / self.largest[0] if self.largest and self.largest[0] > 0 else float("inf")


def curvature(
    network: Layer,
    X: Any,
    y: Any,
    *,
    loss: str | Loss,
    directions: np.ndarray | None = None,
    count: int = 3,
    steps: int = 60,
    tolerance: float = 1e-3,
    seed: int = 0,
) -> Curvature:
    """Return the largest eigenvalues of the loss's Hessian, the smallest, and the curvature along directions.

    directions  (n, parameters) in the order of `network.parameters()`; None for none
    count       how many of the largest eigenvalues
    steps       of Lanczos's method at most, each two gradients over all rows
    tolerance   end when the eigenvalues are known to this share of the largest

    Everything is computed in float64 on NumPy, whatever the network's own type. Where the loss has a kink within a
    difference, as with ReLU, what is measured is the mean bend across it. Raises `InputError` where the loss or its
    gradient is not finite. Where `steps` end before the eigenvalues are known so well, `converged` is false.

    >>> import cutaway as ca
    >>> line = ca.Sequential(ca.Dense(1, bias=False)).build(1)
    >>> x = np.array([[1.0], [2.0]])
    >>> round(curvature(line, x, 3 * x, loss="squared_error", count=1).largest[0], 6)    # 2 (1² + 2²) / 2
    5.0
    """
    if not isinstance(count, int) or count < 1 or not isinstance(steps, int) or steps < 1:
        raise InputError(f"curvature: count and steps are whole numbers of at least 1, got {count!r} and {steps!r}")
    product = hessian_product(network, X, y, as_loss(loss))
    size = sum(array.size for array in network.parameters().values())
    along: tuple[float, ...] = ()
    with threads_for(6.0 * size * min(len(X), ROWS)):
        found = lanczos(product, size, min(count, size), steps, tolerance, seed)
        if directions is not None:
            along = tuple(float(d @ product(d) / (d @ d)) for d in np.asarray(directions, np.float64))
    return replace(found, along=along)


def hessian_product(network: Layer, X: Any, y: Any, loss: Loss) -> Product:
    """Return v ↦ H v, the Hessian of the loss over all rows times a vector, at the network's weights.

        H v ≈ ‖v‖ (∇L(θ + ε v/‖v‖) − ∇L(θ − ε v/‖v‖)) / 2ε        ε = eps^(1/3) (1 + max |θ|)

    Reference: Pearlmutter, "Fast exact multiplication by the Hessian", Neural Computation 6, 1994, equation 1.
    """
    params = {path: np.asarray(array, np.float64) for path, array in network.parameters().items()}
    state = {path: _wide(array) for path, array in network.state().items()}
    inputs = _wide(np.asarray(X))
    targets = _wide(loss.prepare(y, (len(inputs), *network(np.asarray(X)[:1]).shape[1:])))
    centre = flat(params)
    epsilon = DIFFERENCE * (1 + float(np.abs(centre).max()))

    def gradient(point: np.ndarray) -> np.ndarray:
        arrays = unflat(point, params)
        total, weight = np.zeros_like(point), 0.0
        for begin in range(0, len(inputs), ROWS):
            some = slice(begin, begin + ROWS)
            tensors = as_tensors(arrays)
            with np.errstate(all="ignore"):
                summed, counted = loss.parts(network.bind(tensors, state)(inputs[some], ctx=Context()), targets[some])
                total += flat(gradients(summed, tensors))
            weight += float(counted)
        found: np.ndarray = np.asarray(loss.quotient(total, np.asarray(weight)))
        if not np.isfinite(found).all():
            raise InputError("curvature: the loss or its slope is not finite beside these weights; there is no bend")
        return found

    def product(vector: np.ndarray) -> np.ndarray:
        length = float(np.linalg.norm(vector))
        if not length:
            return np.zeros_like(vector)
        step = vector * (epsilon / length)
        found: np.ndarray = (gradient(centre + step) - gradient(centre - step)) * (length / (2 * epsilon))
        return found

    return product


def lanczos(product: Product, size: int, count: int, steps: int, tolerance: float = 1e-3, seed: int = 0) -> Curvature:
    """Return the `count` largest eigenvalues of a symmetric matrix, from the largest down, and the smallest.

    product  v ↦ A v
    size     how many numbers v has

    Vectors q₁, q₂, … of the Krylov space q, A q, A² q, … are made orthogonal to all before them; in their terms A is
    tridiagonal, and its outermost eigenvalues come out first. It ends when the residual |β sₖ| of each that is asked
    for, the distance to a true eigenvalue at most, is below `tolerance` times the largest, or after `steps`. Equal
    eigenvalues are found once. A Ritz value is never beyond the outermost eigenvalue: before its end the method tells
    the largest too small and the smallest too large.

    Reference: Lanczos, Journal of Research of the National Bureau of Standards 45, 1950; Golub, Van Loan, Matrix
    Computations, chapter 10.

    >>> lanczos(lambda v: np.array([1.0, 5.0, 3.0]) * v, 3, 2, 10).largest
    (5.0, 3.0)
    >>> lanczos(lambda v: np.array([1.0, 5.0, 3.0]) * v, 3, 2, steps=2).converged
    False
    """
    steps = min(steps, size)
    q = generator(seed, "lanczos").standard_normal(size)
    basis = [q / np.linalg.norm(q)]
    diagonal: list[float] = []
    beside: list[float] = []
    values, within, converged = np.zeros(1), np.zeros(1), True
    for _ in range(steps):
        w = product(basis[-1])
        diagonal.append(float(w @ basis[-1]))
        for _ in range(2):  # once leaves what rounding left
            w = w - np.stack(basis).T @ (np.stack(basis) @ w)
        length = float(np.linalg.norm(w))
        inside = np.diag(diagonal) + np.diag(beside, 1) + np.diag(beside, -1)
        values, vectors = np.linalg.eigh(inside)
        scale = float(np.abs(values).max())
        whole = length <= 1e-9 * scale or len(basis) == size  # nothing is left that these vectors do not span
        residuals = (0.0 if whole else length) * np.abs(vectors[-1])
        asked = [*range(len(values) - 1, max(-1, len(values) - 1 - count), -1), 0]
        within = residuals[asked]
        converged = whole or (len(values) > count and bool((within <= tolerance * scale).all()))
        if converged:
            break
        beside.append(length)
        basis.append(w / length)
    largest = tuple(float(f"{value:.12g}") for value in values[::-1][:count])
    smallest = float(f"{values[0]:.12g}")
    bounds = tuple(float(f"{bound:.3g}") for bound in within)
    return Curvature(largest, smallest, within=bounds, steps=len(diagonal), converged=converged)


def unflat(point: np.ndarray, like: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the numbers of a line as arrays by path, in the shapes of `like`."""
    found, begin = {}, 0
    for path, array in like.items():
        found[path] = point[begin : begin + array.size].reshape(array.shape)
        begin += array.size
    return found


def _wide(array: np.ndarray) -> np.ndarray:
    return array.astype(np.float64) if array.dtype.kind == "f" else array
