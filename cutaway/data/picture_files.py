"""Files of pictures: what their headers say, and their pixels, upright, on white, of 8 bits."""

from __future__ import annotations

import io
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutaway.errors import InputError

Pixels = NDArray[np.uint8]

FORMATS = ("PNG", "JPEG", "BMP", "WEBP", "GIF")
"""What Pillow is asked to read."""

MOST_PIXELS = 100_000_000
"""A file that says it holds more is not decoded: it may be small and still fill the memory."""

DEEP = 257  # 65535 / 255: of 16-bit pixels to bytes


@dataclass(frozen=True)
class Look:
    """What a file's header says: its size as it is to be seen, upright, and whether it may hold colours."""

    height: int
    width: int
    colour: bool
    transparent: bool


@contextmanager
def quietly() -> Iterator[None]:
    """Keep Pillow's warnings from the screen while entered: what matters of them is told by us."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def opened_picture(place: str | os.PathLike[str] | bytes) -> Any:
    """Return Pillow's picture, its header read and nothing decoded; `InputError` with the reason where it is none."""
    # Pillow would import the decoders when first needed, and several threads at once get in each other's way.
    from PIL import (
        BmpImagePlugin,  # noqa: F401
        GifImagePlugin,  # noqa: F401
        Image,
        JpegImagePlugin,  # noqa: F401
        PngImagePlugin,  # noqa: F401
        UnidentifiedImageError,
        WebPImagePlugin,  # noqa: F401
    )

    source = io.BytesIO(place) if isinstance(place, bytes) else Path(place)
    try:
        if isinstance(source, Path) and source.exists() and not source.is_file():
            raise InputError("is no regular file")  # to read a pipe would be to wait for someone to write
        picture = Image.open(source, formats=FORMATS)
    except InputError:
        raise
    except UnidentifiedImageError:
        raise InputError("is no picture in png, jpeg, bmp, webp or gif") from None
    except Image.DecompressionBombError:
        raise InputError(f"says it holds more than {MOST_PIXELS:,} pixels, which is refused") from None
    except Exception as fault:  # what a damaged header makes a decoder raise is of any kind
        raise InputError(f"cannot be read ({_told(fault)})") from None
    if picture.width * picture.height > MOST_PIXELS:
        raise InputError(
            f"says it holds {picture.width:,} × {picture.height:,} pixels, more than {MOST_PIXELS:,}, which is refused"
        )
    return picture


def look_at(place: str | os.PathLike[str] | bytes) -> Look:
    """Return what a picture's header says; `InputError` with the reason where it is no picture."""
    picture = opened_picture(place)
    height, width = picture.height, picture.width
    try:
        if picture.getexif().get(0x0112, 1) in (5, 6, 7, 8):  # lies on its side
            height, width = width, height
    except Exception:  # EXIF data that is damaged turns nothing
        pass
    gray = picture.mode in ("1", "L", "LA", "La", "F") or picture.mode.startswith("I")
    return Look(height, width, not gray, _transparent(picture))


def decoded(place: str | os.PathLike[str] | bytes, channels: int, smallest: tuple[int, int] | None = None) -> Pixels:
    """Return a picture's pixels (height, width, channels), upright and on white; `InputError` where it is damaged.

    smallest   the size that it will be made to fit: a large JPEG is then decoded in no finer steps than are needed
    """
    from PIL import Image, ImageOps

    picture = opened_picture(place)
    try:
        if smallest is not None and picture.format == "JPEG":
            side = 2 * max(smallest)
            picture.draft(None, (side, side))
        deep = picture.mode.startswith("I")  # 16 bits, whatever it holds; to be turned may change the mode
        picture.load()
        picture = ImageOps.exif_transpose(picture) or picture
        if deep:
            values = np.asarray(picture, np.float64) / DEEP
            picture = Image.fromarray(np.clip(np.rint(values), 0, 255).astype(np.uint8))
        if _transparent(picture):
            picture = picture.convert("RGBA")
            ground = Image.new("RGBA", picture.size, (255, 255, 255, 255))
            picture = Image.alpha_composite(ground, picture)
        picture = picture.convert("L" if channels == 1 else "RGB")
        return np.asarray(picture, np.uint8).reshape(picture.height, picture.width, channels)
    except Exception as fault:  # what a damaged file makes a decoder raise is of any kind
        raise InputError(f"is damaged ({_told(fault)})") from None


def _transparent(picture: Any) -> bool:
    return picture.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in picture.info


def _told(fault: Exception) -> str:
    """Return an error of Pillow in a line, without the addresses in memory that some have.

    >>> _told(OSError("cannot identify image file <_io.BytesIO object at 0x7f>")), _told(ValueError())
    ('cannot identify image file', 'ValueError')
    """
    words = str(fault).split("<")[0].split("\n")[0].strip()
    return words or type(fault).__name__
