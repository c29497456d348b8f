"""Planes through a network's weights: by its own trajectory, by two weights, or at random, filter by filter."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cutaway.backends.random import generator
from cutaway.errors import InputError
from cutaway.layers import Layer, MemberDense, MemberScale

Arrays = Mapping[str, np.ndarray]
# A direction of less than this share of the longest one's length is rounding.
ROUNDING = 1e-7
TRAJECTORY_NAMES = ("main direction of the training", "second direction of the training")


@dataclass(frozen=True)
class Plane:
    """A plane θ(α, β) = θ* + α d₁ + β d₂ through the weights θ* of a network.

    kind      "trajectory", "weights" or "random"
    centre    θ*, the delivered weights, all in one line
    axes      d₁ and d₂ (2, parameters)
    names     what moves along each
    offsets   what is added to α and β where they are shown: of two chosen weights their own values, else 0
    explained how much of the trajectory's squared distance from θ* lies along each axis, between 0 and 1; NaN for
              planes that were not laid by one
    """

    kind: str
    centre: np.ndarray
    axes: np.ndarray
    names: tuple[str, str]
    offsets: tuple[float, float] = (0.0, 0.0)
    explained: tuple[float, float] = (float("nan"), float("nan"))

    def projected(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return (α, β) of the nearest point of the plane to each of `points`, (n, 2), and the distance to it, (n).

        (α, β) = (D Dᵀ)⁻¹ D (θ − θ*)        D = (d₁; d₂)
        """
        moved = points - self.centre
        places = np.linalg.lstsq(self.axes @ self.axes.T, self.axes @ moved.T, rcond=None)[0].T
        # Point by point: of many weights a second copy of all would be large.
        off = [np.linalg.norm(way - place @ self.axes) for way, place in zip(moved, places, strict=True)]
        return places, np.array(off)


def flat(arrays: Arrays) -> np.ndarray:
    """Return all numbers of arrays by path in one line, in float64."""
    return np.concatenate([np.asarray(array, np.float64).ravel() for array in arrays.values()])


def trajectory_plane(params: Arrays, way: np.ndarray, seed: int = 0) -> Plane:
    """Return the plane through the weights that is nearest to the whole of a training's trajectory.

        M = (θ₀ − θ*; …; θ_T − θ*) = U S Vᵀ,  d₁ and d₂ the first two rows of Vᵀ, of length 1
        explained along dᵢ: sᵢ² / Σⱼ sⱼ²

    way   the trajectory, (points, parameters)

    Of all planes through θ* it leaves the least squared distance. A trajectory on a line is given a second axis at
    random. Raises `InputError` where the weights did not move.

    Reference: Li, Xu, Taylor, Studer, Goldstein, NeurIPS 2018, arXiv 1712.09913, section 7.1.
    """
    centre = flat(params)
    lengths, rows = _main_directions(way - centre)
    if not len(lengths) or not lengths[0] > 0 or not np.isfinite(lengths).all():
        raise InputError("landscape: the trajectory does not move, or not through finite weights; choose another plane")
    shares = lengths**2 / np.sum(lengths**2)
    if len(lengths) < 2 or lengths[1] < ROUNDING * lengths[0]:
        if len(centre) < 2:
            raise InputError("landscape: the network has one weight only, of which there is no plane")
        # Weights of zero, as biases are at first, give a filter no size: then any direction will do.
        for second in (flat(filter_normalised(params, seed)), generator(seed, "across").standard_normal(len(centre))):
            length = np.linalg.norm(second)
            across = second - (second @ rows[0]) * rows[0]
            if np.linalg.norm(across) > ROUNDING * length:
                break
        across -= (across @ rows[0]) * rows[0]  # what rounding left
        rows = np.stack([rows[0], across / np.linalg.norm(across)])
        shares = np.array([shares[0], 0.0])
    # The sign of a singular vector is chance: the training is to come from the left, and from below.
    signs = np.where((way[0] - centre) @ rows[:2].T > 0, -1.0, 1.0)
    axes = rows[:2] * signs[:, None]
    return Plane("trajectory", centre, axes, TRAJECTORY_NAMES, explained=(float(shares[0]), float(shares[1])))


def _main_directions(moved: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return all singular values, descending, and the first two right singular vectors, (2, parameters) or fewer.

        M Mᵀ = U S² Uᵀ,    Vᵀ = S⁻¹ Uᵀ M

    The products of the points are few, where the weights are many: this takes a tenth of the time of taking M apart.
    """
    if not np.isfinite(moved).all():
        return np.full(1, np.nan), moved[:0]
    squares, left = np.linalg.eigh(moved @ moved.T)
    lengths = np.sqrt(np.maximum(squares[::-1], 0.0))
    rows = left[:, ::-1][:, :2].T @ moved
    for row in range(len(rows)):
        rows[row] -= (rows[row] @ rows[:row].T) @ rows[:row]  # what rounding left of the other
        rows[row] /= np.linalg.norm(rows[row]) or 1.0
    return lengths, rows


def weights_plane(params: Arrays, chosen: Sequence[tuple[str, tuple[int, ...]]]) -> Plane:
    """Return the plane of two weights, each given as (path, place): every other weight stays as it is.

    Raises `InputError` for weights that are not there, and for twice the same.
    """
    axes, values, names = [], [], []
    for path, place in chosen:
        if path not in params:
            raise InputError(f"landscape: the network has no weights {path!r}; it has {', '.join(params)}")
        shape = params[path].shape
        inside = len(place) == len(shape) and all(0 <= at < size for at, size in zip(place, shape, strict=True))
        if not inside:
            raise InputError(
                f"landscape: {path} has shape {shape}; {tuple(place)} is no place in it, counted from 0 along each axis"
            )
        axis = {name: np.zeros(array.shape) for name, array in params.items()}
        axis[path][place] = 1.0
        axes.append(flat(axis))
        values.append(float(params[path][place]))
        names.append(f"{path}[{', '.join(map(str, place))}]")
    if names[0] == names[1]:
        raise InputError(f"landscape: {names[0]} is named twice; a plane needs two different weights")
    return Plane("weights", flat(params), np.stack(axes), (names[0], names[1]), (values[0], values[1]))


def random_plane(params: Arrays, seed: int = 0, members: Collection[str] = ()) -> Plane:
    """Return a plane of two random directions, each filter of them as long as the network's own.

    members   paths of weights with a leading member axis, see `paths_of_members`

    See `filter_normalised`. At distance 1 along an axis each filter is moved by as much as it is long, so that flat
    and sharp mean the same for networks of different scale.
    """
    axes = np.stack([flat(filter_normalised(params, seed, axis, members)) for axis in (1, 2)])
    if np.linalg.matrix_rank(axes) < 2:
        raise InputError(
            "landscape: the weights are too few, or zero: there is no plane of random directions; choose two weights"
        )
    return Plane("random", flat(params), axes, ("random direction 1", "random direction 2"))


def paths_of_members(network: Layer) -> set[str]:
    """Return the paths of weights whose first axis is one of members: what is beside it there is another network's.

    >>> from cutaway.layers import Dense, Sequential
    >>> sorted(paths_of_members(Sequential(Dense(3), MemberScale(2), MemberDense(1, 2)).build(2)))
    ['1.factor', '2.bias', '2.weight']
    """
    layers = [(path, layer) for path, layer in network.named_layers() if isinstance(layer, (MemberDense, MemberScale))]
    return {f"{path}.{name}".lstrip(".") for path, layer in layers for name in layer.parameters()}


def filter_normalised(params: Arrays, seed: int, axis: int = 0, members: Collection[str] = ()) -> dict[str, np.ndarray]:
    """Return a random direction, scaled so that each filter is as long as the network's own, ‖dᵢ‖ = ‖θᵢ‖.

        d ~ N(0, 1),    dᵢ ← dᵢ ‖θᵢ‖ / ‖dᵢ‖        i a filter: all weights into one neuron, or one output channel

    Biases, scales and other single numbers a neuron do not move, as in the paper.

    members   paths of weights with a leading member axis, each slice along which has filters of its own

    Reference: Li, Xu, Taylor, Studer, Goldstein, NeurIPS 2018, arXiv 1712.09913, section 4.

    >>> direction = filter_normalised({"weight": np.array([[3.0, 1.0], [4.0, 0.0]])}, seed=0)
    >>> np.linalg.norm(direction["weight"], axis=0)
    array([5., 1.])
    """
    found: dict[str, np.ndarray] = {}
    for path, array in params.items():
        first = 1 if path in members else 0
        if array.ndim - first < 2:
            found[path] = np.zeros(array.shape)
            continue
        drawn = generator(seed, "landscape", axis, path).standard_normal(array.shape)
        within = tuple(range(first, array.ndim - 1))
        own, length = (
            np.sqrt(np.sum(np.square(a, dtype=np.float64), axis=within, keepdims=True)) for a in (array, drawn)
        )
        found[path] = drawn * (own / length)
    return found


def as_place(words: Any) -> tuple[str, tuple[int, ...]]:
    """Return a weight as (path, place), given so, or as text.

    >>> as_place("0.weight[2, 1]"), as_place(("0.bias", 3))
    (('0.weight', (2, 1)), ('0.bias', (3,)))
    """
    if isinstance(words, str):
        path, _, rest = words.strip().partition("[")
        numbers = rest.removesuffix("]").split(",") if rest.endswith("]") else []
        if numbers and all(number.strip().isdigit() for number in numbers):
            return path, tuple(int(number) for number in numbers)
    elif isinstance(words, (tuple, list)) and len(words) == 2 and isinstance(words[0], str):
        place = words[1] if isinstance(words[1], (tuple, list)) else (words[1],)
        if all(isinstance(at, (int, np.integer)) for at in place):
            return words[0], tuple(int(at) for at in place)
    raise InputError(
        f"landscape: the weight {words!r} is not understood; expected its path and place, such as '0.weight[2, 1]' or "
        "('0.weight', (2, 1))"
    )
