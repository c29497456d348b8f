"""The way that a training took, as little of it as a picture needs: its main plane, and where it passed."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from cutaway.errors import InputError
from cutaway.storage.architecture import ModelFileError
from cutaway.storage.header import check_outer_header, strict_header

FORMAT = 2  # 1 had no true losses, and is read as well
HEADER = "cutaway trajectory"  # the one entry of the file's metadata
DIRECTIONS = "directions/"  # before the path of the weights that they move
POINTS = {"epochs": "I64", "places": "F64", "off_plane": "F64", "losses": "F64"}
TRUE, ROWS = "true_losses", "rows"  # arrays that are there where the losses were measured, and the rows are known
LARGEST = 1e300  # that a loss in the header may be
JUDGED = ("loss", "count", "delivered")  # entries of the header beside the true losses
MOST_POINTS, MOST_ROWS, LONGEST_NAME = 1 << 16, 1 << 16, 200
UPRIGHT = 1e-3  # how far from length 1 and from a right angle the directions of a file may be: they are rounded


@dataclass(frozen=True)
class Judged:
    """The loss of the weights on a way, each point with its own, over the same rows: what nothing was dropped from.

    losses     of each point (n); NaN where it was not measured, infinity where it is not finite
    loss       which loss it is, by name
    count      over how many rows
    delivered  that of the weights θ* over them: where another program finds the same, it has the same rows
    rows       which rows of the data that the run learned from they are (count); None where that is not known
    """

    losses: np.ndarray
    loss: str
    count: int
    delivered: float
    rows: np.ndarray | None = None


@dataclass(frozen=True)
class Way:
    """The way of a training in the plane nearest to it: θ_t ≈ θ* + α_t d₁ + β_t d₂.

    directions  d₁ and d₂ by path, (2, ...) each: as arrays of all weights together of length 1, at right angles
    epochs      after how many epochs each point was (n), ascending; 0 is before the first
    places      (α, β) of each (n, 2), from the delivered weights θ*
    off_plane   how far each is from the plane (n)
    losses      what its epoch's record says of the training loss (n); NaN where there is none, as of epoch 0
    explained   the share of its squared distance from θ* along each direction
    judged      the loss at the weights themselves, measured when the training ended; None in files of format 1
    """

    directions: Mapping[str, np.ndarray]
    epochs: np.ndarray
    places: np.ndarray
    off_plane: np.ndarray
    losses: np.ndarray
    explained: tuple[float, float]
    judged: Judged | None = None

    def fits(self, weights: Mapping[str, np.ndarray]) -> bool:
        """Whether the directions are of a network with such weights."""
        return {path: (2, *array.shape) for path, array in weights.items()} == {
            path: array.shape for path, array in self.directions.items()
        }


def way_bytes(way: Way) -> bytes:
    """Return the content of a way's file; no training row is in it."""
    from safetensors.numpy import save

    arrays = {f"{DIRECTIONS}{path}": np.ascontiguousarray(array) for path, array in way.directions.items()}
    for name, kind in POINTS.items():
        arrays[name] = np.ascontiguousarray(getattr(way, name), np.int64 if kind == "I64" else np.float64)
    facts: dict[str, Any] = {"format": FORMAT, "explained": list(way.explained)}
    if way.judged is not None:
        arrays[TRUE] = np.ascontiguousarray(way.judged.losses, np.float64)
        facts |= {name: getattr(way.judged, name) for name in JUDGED}
        if way.judged.rows is not None:
            arrays[ROWS] = np.ascontiguousarray(way.judged.rows, np.int64)
    content: bytes = save(arrays, {HEADER: json.dumps(facts)})
    return content


def read_way(place: Path, weights: Mapping[str, np.ndarray]) -> Way:
    """Return the way that a file holds, of a network with such weights.

    Raises `ModelFileError` for a file that is damaged, of another version or network, or holds anything unknown.
    """
    try:
        facts, arrays = _opened(place, weights)
        known = {"format", "explained", *(JUDGED if TRUE in arrays else ())}
        version = facts.get("format")
        if facts.keys() != known or type(version) is not int or version not in (1, FORMAT):
            raise ModelFileError(
                f"the header is {facts!r}; expected format 1 or {FORMAT}, and {', '.join(sorted(known))}"
            )
        if TRUE in arrays and version == 1:
            raise ModelFileError(f"it is of format 1, which has no {TRUE!r}")
        return replace(_checked(facts["explained"], arrays), judged=_judged(facts, arrays))
    except InputError as fault:
        raise ModelFileError(f"{place}: {fault}") from fault


def _opened(place: Path, weights: Mapping[str, np.ndarray]) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Return the header and the arrays of a file, whose names, types and shapes are looked at before they are read."""
    from safetensors import SafetensorError, safe_open

    try:
        check_outer_header(place)
        with safe_open(place, framework="np") as file:
            text = (file.metadata() or {}).get(HEADER)
            if text is None:
                raise ModelFileError("this is no trajectory of cutaway")
            facts = strict_header(text)
            expected = {f"{DIRECTIONS}{path}": (2, *array.shape) for path, array in weights.items()}
            names = set(file.keys())
            also = {TRUE, ROWS} & names if TRUE in names else set()
            if names != expected.keys() | POINTS.keys() | also:
                wrong = sorted(names ^ (expected.keys() | POINTS.keys() | also))
                raise ModelFileError(f"it is not of the network beside it: {', '.join(map(repr, wrong[:5]))}")
            parts = {name: file.get_slice(name) for name in names}
            count = math.prod(parts["epochs"].get_shape())
            if not 2 <= count <= MOST_POINTS:
                raise ModelFileError(f"it has {count} points; expected 2 to {MOST_POINTS}")
            expected |= {name: (count, 2) if name == "places" else (count,) for name in (*POINTS, TRUE)}
            if ROWS in names:
                expected[ROWS] = (math.prod(parts[ROWS].get_shape()),)
            kinds_of = {**POINTS, TRUE: "F64", ROWS: "I64"}
            for name, part in parts.items():
                kinds = (kinds_of[name],) if name in kinds_of else ("F32", "F64")
                if tuple(part.get_shape()) != expected[name] or part.get_dtype() not in kinds:
                    raise ModelFileError(
                        f"{name!r} has shape {tuple(part.get_shape())} and holds {part.get_dtype()}; expected "
                        f"{expected[name]} and {' or '.join(kinds)}"
                    )
            return facts, {name: file.get_tensor(name) for name in names}
    except (SafetensorError, OSError, ValueError) as fault:
        if isinstance(fault, InputError):
            raise
        raise ModelFileError(f"this is no trajectory of cutaway, or it is damaged ({fault})") from fault


def _checked(explained: Any, arrays: dict[str, np.ndarray]) -> Way:
    """Return a way whose numbers can be true."""
    shares = isinstance(explained, list) and all(type(share) in (int, float) and 0 <= share <= 1 for share in explained)
    if not shares or len(explained) != 2 or sum(explained) > 1 + 1e-6:
        raise ModelFileError(f"explained is {explained!r}; expected two shares that sum to at most 1")
    for name, array in arrays.items():
        if name != TRUE and not (np.isfinite(array) | (np.isnan(array) & (name == "losses"))).all():
            raise ModelFileError(f"{name!r} holds values that are not finite")
    epochs, off_plane = arrays["epochs"], arrays["off_plane"]
    if epochs[0] < 0 or (epochs[1:] <= epochs[:-1]).any() or (off_plane < 0).any():
        raise ModelFileError("its epochs do not ascend, or a distance is below 0")
    directions = {name.removeprefix(DIRECTIONS): array for name, array in arrays.items() if name.startswith(DIRECTIONS)}
    products = np.zeros((2, 2))
    for array in directions.values():
        both = array.reshape(2, -1).astype(np.float64)
        products = products + both @ both.T
    if not np.allclose(products, np.eye(2), rtol=0, atol=UPRIGHT):
        raise ModelFileError("its directions are not of length 1 and at right angles")
    return Way(directions, epochs, arrays["places"], off_plane, arrays["losses"], (explained[0], explained[1]))


def _judged(facts: dict[str, Any], arrays: dict[str, np.ndarray]) -> Judged | None:
    """Return the true losses of a file, None where it has none."""
    if TRUE not in arrays:
        return None
    name, count, delivered = (facts[key] for key in JUDGED)
    right = isinstance(name, str) and len(name) <= LONGEST_NAME and name.isidentifier() and type(count) is int
    if not right or not 1 <= count <= MOST_ROWS or type(delivered) not in (int, float) or abs(delivered) > LARGEST:
        raise ModelFileError(
            f"the losses are told to be {name!r:.80} of {count!r:.80} rows, {delivered!r:.80} in the end; expected a "
            f"name, 1 to {MOST_ROWS} rows, and a number"
        )
    if (arrays[TRUE] == -np.inf).any():
        raise ModelFileError(f"{TRUE!r} holds a loss of minus infinity, which none is")
    rows = arrays.get(ROWS)
    if rows is not None and (len(rows) != count or rows[0] < 0 or (rows[1:] <= rows[:-1]).any()):
        raise ModelFileError(f"its rows are not {count} places that ascend from 0 or later")
    return Judged(arrays[TRUE], name, count, float(delivered), rows)
