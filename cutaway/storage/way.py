"""The way that a training took, as little of it as a picture needs: its main plane, and where it passed."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cutaway.errors import InputError
from cutaway.storage.architecture import ModelFileError
from cutaway.storage.header import check_outer_header, strict_header

FORMAT = 1
HEADER = "cutaway trajectory"  # the one entry of the file's metadata
DIRECTIONS = "directions/"  # before the path of the weights that they move
POINTS = {"epochs": "I64", "places": "F64", "off_plane": "F64", "losses": "F64"}
MOST_POINTS = 1 << 16
UPRIGHT = 1e-3  # how far from length 1 and from a right angle the directions of a file may be: they are rounded


@dataclass(frozen=True)
class Way:
    """The way of a training in the plane nearest to it: θ_t ≈ θ* + α_t d₁ + β_t d₂.

    directions  d₁ and d₂ by path, (2, ...) each: as arrays of all weights together of length 1, at right angles
    epochs      after how many epochs each point was (n), ascending; 0 is before the first
    places      (α, β) of each (n, 2), from the delivered weights θ*
    off_plane   how far each is from the plane (n)
    losses      what its epoch's record says of the training loss (n); NaN where there is none, as of epoch 0
    explained   the share of its squared distance from θ* along each direction
    """

    directions: Mapping[str, np.ndarray]
    epochs: np.ndarray
    places: np.ndarray
    off_plane: np.ndarray
    losses: np.ndarray
    explained: tuple[float, float]

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
    content: bytes = save(arrays, {HEADER: json.dumps({"format": FORMAT, "explained": list(way.explained)})})
    return content


def read_way(place: Path, weights: Mapping[str, np.ndarray]) -> Way:
    """Return the way that a file holds, of a network with such weights.

    Raises `ModelFileError` for a file that is damaged, of another version or network, or holds anything unknown.
    """
    try:
        facts, arrays = _opened(place, weights)
        if facts.keys() != {"format", "explained"} or facts["format"] != FORMAT or isinstance(facts["format"], bool):
            raise ModelFileError(f"the header is {facts!r}; expected format {FORMAT} and what is explained")
        return _checked(facts["explained"], arrays)
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
            if names != expected.keys() | POINTS.keys():
                wrong = sorted(names ^ (expected.keys() | POINTS.keys()))
                raise ModelFileError(f"it is not of the network beside it: {', '.join(map(repr, wrong[:5]))}")
            parts = {name: file.get_slice(name) for name in names}
            count = math.prod(parts["epochs"].get_shape())
            if not 2 <= count <= MOST_POINTS:
                raise ModelFileError(f"it has {count} points; expected 2 to {MOST_POINTS}")
            expected |= {name: (count, 2) if name == "places" else (count,) for name in POINTS}
            for name, part in parts.items():
                kinds = (POINTS[name],) if name in POINTS else ("F32", "F64")
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
        if not (np.isfinite(array) | (np.isnan(array) & (name == "losses"))).all():
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
