"""PictureEncoder: how a file or an array becomes the pixels that a network was trained on."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutaway.data.picture_files import Pixels, decoded
from cutaway.data.strict_json import fields
from cutaway.errors import InputError

LARGEST_SIDE = 4096  # of what a network may take


@dataclass(frozen=True)
class PictureEncoder:
    """Files and arrays to uint8 pixels (height, width, channels).

    height, width  of what the network takes
    channels       1 for gray, 3 for red, green, blue
    low, high      what becomes 0 and 255 in an array of numbers that are no bytes

    A file is turned upright as its EXIF data says; transparent parts are put on white; of an animation the first
    picture counts; 16 bits a channel become 8. A picture of another size is made larger or smaller until it fits
    inside, its sides keeping their ratio, and goes on with the pixels of its edge where room is left.

    >>> encoder = PictureEncoder(2, 3, 1)
    >>> encoder.fitted(np.array([[[10], [20]]], np.uint8))[:, :, 0]
    array([[10, 15, 20],
           [10, 15, 20]], dtype=uint8)
    """

    height: int
    width: int
    channels: int
    low: float = 0.0
    high: float = 255.0

    def example(self) -> Pixels:
        """Return one picture as the network takes it, (1, height, width, channels)."""
        return np.zeros((1, self.height, self.width, self.channels), np.uint8)

    def to_json(self) -> dict[str, Any]:
        """The encoder as JSON data."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: object) -> PictureEncoder:
        """The encoder that `to_json` described; `InputError` when the data is not such a description."""
        found = fields(data, "picture encoder", height=int, width=int, channels=int, low=float, high=float)
        sides = (found["height"], found["width"])
        if not all(1 <= side <= LARGEST_SIDE for side in sides) or found["channels"] not in (1, 3):
            raise InputError(
                f"picture encoder: {sides[0]} × {sides[1]} pixels of {found['channels']} channels; expected sides of "
                f"1 to {LARGEST_SIDE} and 1 or 3 channels"
            )
        if not found["low"] < found["high"]:
            raise InputError(f"picture encoder: low is {found['low']}, high {found['high']}; expected low below high")
        return cls(**found)

    # ---- encoding ---------------------------------------------------------------------------------------------

    def encode_file(self, place: str | os.PathLike[str] | bytes) -> Pixels:
        """Return the picture of a file, or of a file's bytes, (height, width, channels).

        Raises `InputError` with the reason where it is no picture, or a damaged one.
        """
        return self.fitted(decoded(place, self.channels, smallest=(self.height, self.width)))

    def encode_arrays(self, x: NDArray[Any]) -> Pixels:
        """Return pictures (n, height, width, channels) of an array of any layout that `as_pictures` knows.

        Raises `InputError` for one picture, and for numbers of another range than those that were learned from.
        """
        x = np.asarray(x)
        narrow = x.ndim == 3 and x.shape[-1] in (3, 4) and (self.channels == 3 or self.width > 4)
        if narrow or (x.shape == (self.height, self.width) and x.shape[1] != self.height * self.width):
            gray = "; of gray ones so narrow, x[..., None]" if narrow else ""
            raise InputError(
                f"the array: has shape {x.shape}; expected several pictures, (n, height, width) or (n, height, width, "
                f"channels); one picture? give x[None]{gray}"
            )
        arrived = as_pictures(x, "the array")
        if arrived.dtype != np.uint8:
            self._check_range(arrived)
            arrived = as_bytes(arrived, self.low, self.high)
        arrived = with_channels(arrived, self.channels)
        if arrived.shape[1:3] == (self.height, self.width):
            return arrived
        return np.stack([self.fitted(picture) for picture in arrived]) if len(arrived) else arrived

    def _check_range(self, x: NDArray[Any]) -> None:
        """Refuse numbers that would become all black, or all white, because they are of another range."""
        if not np.isfinite(x).all():
            raise InputError("the array: holds values that are not finite numbers; pixels must all be there")
        least, most = (float(x.min()), float(x.max())) if x.size else (self.low, self.high)
        small = x.dtype.kind in "fb" and (self.low, self.high) == (0, 255) and least >= 0 and 0 < most <= 1
        span = self.high - self.low
        # What lies a little beyond is clipped.
        if small or most > self.high + span or least < self.low - span:
            told = "0 to 1" if small else f"{least:g} to {most:g}"
            ratio = "multiply by 255" if small else "divide by 255" if span == 1 and 1 < most <= 255 else "give them so"
            raise InputError(
                f"the array: has values from {told}; the run was trained on {self.low:g} to {self.high:g}; {ratio}"
            )

    def fitted(self, picture: Pixels) -> Pixels:
        """Return a picture (h, w, channels) in the encoder's size, with its sides' ratio kept."""
        from PIL import Image

        height, width = picture.shape[:2]
        if (height, width) == (self.height, self.width):
            return picture
        share = min(self.height / height, self.width / width)
        inner = (max(1, round(height * share)), max(1, round(width * share)))
        if inner != (height, width):
            shown = Image.fromarray(picture[:, :, 0] if self.channels == 1 else picture)
            shown = shown.resize((inner[1], inner[0]), Image.Resampling.BILINEAR)
            picture = np.asarray(shown).reshape(*inner, self.channels)
        above, before = (self.height - inner[0]) // 2, (self.width - inner[1]) // 2
        rest = ((above, self.height - inner[0] - above), (before, self.width - inner[1] - before), (0, 0))
        return np.pad(picture, rest, mode="edge")


# ---- arrays ---------------------------------------------------------------------------------------------------


def as_pictures(x: NDArray[Any], what: str) -> NDArray[Any]:
    """Return an array as pictures (n, height, width, channels), its values as they are.

    (n, height, width), (n, height, width, channels), (n, channels, height, width) with 1, 3 or 4 channels are told
    apart by their sizes; (n, side · side) are square pictures row by row. `InputError` names `what` is none of them.

    >>> [as_pictures(np.zeros(shape), "x").shape for shape in ((5, 8, 9), (5, 3, 8, 9), (5, 64))]
    [(5, 8, 9, 1), (5, 8, 9, 3), (5, 8, 8, 1)]
    """
    if x.dtype.kind not in "fiub":
        raise InputError(f"{what}: holds {x.dtype}, expected numbers: pixels")
    known = (1, 3, 4)
    if 0 not in x.shape[1:]:
        if x.ndim == 3:
            return x[..., None]
        if x.ndim == 4 and x.shape[-1] in known:
            return x
        if x.ndim == 4 and x.shape[1] in known:
            return np.moveaxis(x, 1, -1)
        side = round(x.shape[1] ** 0.5) if x.ndim == 2 else 0
        if x.ndim == 2 and side * side == x.shape[1] and side > 1:
            return x.reshape(len(x), side, side, 1)
    raise InputError(
        f"{what}: has shape {x.shape}; expected pictures (n, height, width), (n, height, width, channels) or "
        "(n, channels, height, width) with 1, 3 or 4 channels, or (n, side · side)"
    )


def range_of(x: NDArray[Any], what: str) -> tuple[float, float, str]:
    """Return which values become 0 and 255, and what to say of it; `InputError` for values that are not finite.

    >>> range_of(np.array([0.0, 0.5]), "x")
    (0.0, 1.0, 'x: 0 to 1 taken as 0 to 255')
    """
    if x.dtype == np.uint8:
        return 0.0, 255.0, ""
    if not np.isfinite(x).all():
        raise InputError(f"{what}: holds values that are not finite numbers; pixels must all be there")
    least, most = (float(x.min()), float(x.max())) if x.size else (0.0, 0.0)
    if x.dtype.kind == "b" or (x.dtype.kind == "f" and least >= 0 and most <= 1):
        return 0.0, 1.0, f"{what}: 0 to 1 taken as 0 to 255"
    if least >= 0 and most <= 255 and (x.dtype.kind in "iu" or bool((x == np.floor(x)).all())):
        return 0.0, 255.0, ""
    if least >= most:
        return 0.0, 255.0, f"{what}: one value only, {least:g}"
    return least, most, f"{what}: {least:g} to {most:g} taken as 0 to 255"


def as_bytes(x: NDArray[Any], low: float, high: float) -> Pixels:
    """Return numbers as bytes, `low` as 0 and `high` as 255, what lies beyond clipped."""
    parts = [
        np.clip(np.rint((part.astype(np.float64) - low) * (255 / (high - low))), 0, 255).astype(np.uint8)
        for part in np.array_split(x, max(1, len(x) // 4096))
    ]
    return np.concatenate(parts)


def with_channels(x: Pixels, channels: int) -> Pixels:
    """Return pictures (n, height, width, c) with 1 or 3 channels: transparent ones on white, colours as gray.

    Gray is 0.299 red + 0.587 green + 0.114 blue, as Pillow has it (ITU-R 601).
    """
    if x.shape[-1] == 4:
        share = x[..., 3:].astype(np.float32) / 255
        x = np.rint(x[..., :3] * share + 255 * (1 - share)).astype(np.uint8)
    if x.shape[-1] == channels:
        return x
    if channels == 3:
        return np.repeat(x, 3, axis=-1)
    return np.rint(x @ np.array([[0.299], [0.587], [0.114]], np.float32)).astype(np.uint8)
