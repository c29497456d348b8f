"""What the training inputs are like, feature by feature, and beside the rows held out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cutaway.diagnosis.evidence import Feature, InputFacts
from cutaway.training.step import Batch

# Of more numbers than these, rows evenly over all are taken.
MOST_NUMBERS = 1 << 22
# Of rows with more bytes than these together, repeats are not looked for.
MOST_BYTES = 1 << 28
# With fewer features than these, rows are turned, so that each lies in one piece.
TURNED = 16
# Features that are named.
NAMED = 5
# A deviation below this share of a feature's size is rounding: the feature is the same in every row.
ROUNDING = 1e-6
# Numbers of a row that repeats are looked for by, before they are compared in full.
WORDS = 256
# Rows of either kind, and numbers in them, that distributions are compared on.
COMPARED, MOST_COMPARED = 1000, 1 << 14


def input_facts(rows: Batch, held_out: Batch | None, names: Sequence[str] = (), whole: bool = False) -> InputFacts:
    """Return the facts of the inputs (rows, ..., features): the last axis is the features, the rest are pooled.

    names   of the features, else their numbers; `whole`: they are looked up, so that their size means nothing

    >>> import numpy as np
    >>> x = np.array([[1.0, 100.0], [3.0, 300.0]])
    >>> facts = input_facts(Batch(x, x[:, :1], None), None)
    >>> facts.largest, facts.spread, round(facts.size, 1)
    (300.0, 100.0, 223.6)
    """
    x = np.asarray(rows.x)
    facts = {"rows": len(x), "shape": tuple(x.shape[1:]), "whole": whole, "repeats": repeats(rows, held_out)}
    if whole:
        return InputFacts(largest=0.0, spread=1.0, **facts)  # type: ignore[arg-type]
    step = max(1, -(-x.size // MOST_NUMBERS))
    some = x[::step]
    flat = some.reshape(-1, some.shape[-1]) if some.ndim > 1 else some[:, None]

    def called(place: int) -> str:
        return str(names[place]) if place < len(names) else str(place)

    low, high = _ends(flat)
    if not np.isfinite(low + high).all():
        finite = np.isfinite(flat)
        of_row = finite.reshape(len(some), -1).all(axis=1)
        facts |= {
            "missing": int((~finite).sum()),
            "missing_in": tuple(called(int(place)) for place in np.flatnonzero(~finite.all(axis=0))),
            "first_missing": int(np.argmin(of_row)) * step,
        }
        flat = np.where(finite, flat, 0)
        low, high = _ends(flat)
    mean, std = _moments(flat)
    same = (high == low) | (std <= ROUNDING * np.abs(mean))
    # A feature that is rarely anything but 0 has a small deviation, and is as large as others where it is not.
    sizes = np.maximum(std, (high - low) / 10)[~same]
    far = np.abs(mean) + np.where(same, 0.0, np.abs(np.log(np.where(std > 0, std, 1.0))))
    if held_out is not None and "missing" not in facts:
        distance, chance, place = shift(x, np.asarray(held_out.x))
        facts |= {"shift": distance, "shift_chance": chance, "shifted": called(place)}
    return InputFacts(
        largest=float(max(-low.min(), high.max())),
        spread=float(sizes.max() / sizes.min()) if len(sizes) else 1.0,
        worst=tuple(
            Feature(called(place), float(mean[place]), float(std[place]), float(low[place]), float(high[place]))
            for place in map(int, np.argsort(-far, kind="stable")[:NAMED])
        ),
        constant=tuple(called(int(place)) for place in np.flatnonzero(same)),
        size=float(np.sqrt(mean**2 + std**2).max()),
        deviation=float(std.max()),
        **facts,  # type: ignore[arg-type]
    )


def _turned(flat: np.ndarray) -> np.ndarray:
    """Return (features, rows), each feature in one piece where there are few: over these NumPy is slow otherwise."""
    return np.ascontiguousarray(flat.T) if flat.shape[1] < TURNED else flat.T


def _ends(flat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the lowest and the highest value of each feature."""
    turned = _turned(flat)
    return turned.min(axis=1).astype(np.float64), turned.max(axis=1).astype(np.float64)


def _moments(flat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and deviation of each feature.

        σ² = mean (x − x₀)² − (mean (x − x₀))²,   x₀ the first row

    Against x₀ the difference of the two means loses no digits that matter, and two passes are enough.
    """
    first = flat[0].astype(np.float64)
    turned = _turned(flat - flat[0] if flat.dtype.kind == "f" else flat - first)
    mean = turned.mean(axis=1, dtype=np.float64)
    squares = np.einsum("fr,fr->f", turned, turned, dtype=np.float64) / turned.shape[1]
    return first + mean, np.sqrt(np.maximum(squares - mean**2, 0.0))


def repeats(rows: Batch, held_out: Batch | None) -> float:
    """Return the share of held-out rows that are training rows too, input and target bit by bit.

    >>> import numpy as np
    >>> x = np.arange(6.0).reshape(3, 2)
    >>> repeats(Batch(x, x[:, 0], None), Batch(x[1:] + [[0.0], [1.0]], x[1:, 0], None))
    0.5
    """
    if held_out is None or rows.x.nbytes > MOST_BYTES or not len(held_out.x):
        return 0.0
    learned, watched = _sums(rows), _sums(held_out)
    alike = _among(watched, learned)
    if not len(alike):
        return 0.0
    known = {_key(rows, int(place)) for place in _among(learned, watched[alike])}
    return sum(_key(held_out, int(place)) in known for place in alike) / len(watched)


def _sums(rows: Batch) -> np.ndarray:
    """Return for each row a weighted sum of some of its words of 4 bytes, modulo 2⁶⁴: equal for equal rows."""
    total = np.zeros(len(rows.x), np.uint64)
    for part in (np.asarray(rows.x), np.asarray(rows.y)):
        flat = part.reshape(len(part), -1)
        flat = flat[:, :: max(1, -(-flat.shape[1] // WORDS))]
        if flat.dtype.itemsize % 4:
            flat = flat.astype(np.float32)
        words = np.ascontiguousarray(flat).view(np.uint32)
        total += words.astype(np.uint64) @ np.random.default_rng(0).integers(1, 2**63, words.shape[1], dtype=np.uint64)
    return total


def _among(some: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return the places of numbers that are among others."""
    known = np.sort(others)
    return np.flatnonzero(known[np.minimum(np.searchsorted(known, some), len(known) - 1)] == some)


def _key(rows: Batch, place: int) -> tuple[bytes, bytes]:
    return np.asarray(rows.x[place]).tobytes(), np.asarray(rows.y[place]).tobytes()


def shift(x: np.ndarray, other: np.ndarray) -> tuple[float, float, int]:
    """Return how far two sets of rows are apart in the feature they differ most in: distance, chance, and which.

        D = max_v |F(v) − G(v)|,   chance = features · 2 exp(−2 D² n m / (n + m)), at most 1

    F and G are the shares of rows with values up to v (of rows with several places, of their mean over the places).

    Reference: Smirnov, "Table for estimating the goodness of fit", Annals of Mathematical Statistics 19, 1948.

    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> one, other = rng.standard_normal((2, 300, 3))
    >>> shift(one, other)[1] > 0.01, shift(one, other + [0, 2, 0])[1] < 1e-9, shift(one, other + [0, 2, 0])[2]
    (True, True, 1)
    """
    count = x.shape[-1] if x.ndim > 1 else 1
    features = np.arange(0, count, max(1, -(-count * 64 // MOST_COMPARED)))
    most = max(20, min(COMPARED, MOST_COMPARED // len(features)))
    parts = []
    for part in (x, other):
        some = part[:: max(1, -(-len(part) // most))]
        some = some.reshape(len(some), -1, count)[:, :, features]
        parts.append(some[:, 0] if some.shape[1] == 1 else some.mean(axis=1, dtype=np.float64))
    n, m = map(len, parts)
    together = np.ascontiguousarray(np.concatenate(parts).T)  # along rows in one piece: three times as fast
    order = together.argsort(axis=1)
    values = np.take_along_axis(together, order, axis=1)
    steps = np.where(order < n, 1 / n, -1 / m).cumsum(axis=1)
    last = np.ones(values.shape, bool)  # of equal values
    np.not_equal(values[:, 1:], values[:, :-1], out=last[:, :-1])
    distances = np.where(last, np.abs(steps), 0.0).max(axis=1)
    place = int(distances.argmax())
    distance = float(distances[place])
    chance = len(features) * 2 * np.exp(-2 * distance**2 * n * m / (n + m))
    return distance, float(min(1.0, chance)), int(features[place])
