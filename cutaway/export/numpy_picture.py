"""How arrays and files become the pixels that a network takes, in NumPy and Pillow: copied into files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def pixels(x: Array, height: int, width: int, channels: int, low: float, high: float) -> Array:
    """Pictures (n, height, width, channels) of bytes, of an array of any layout; `low` becomes 0 and `high` 255."""
    arrived = x.shape
    if x.ndim == 2 and x.shape[1] == height * width:
        x = x.reshape(len(x), height, width, 1)
    elif x.ndim == 3:
        x = x[..., None]
    elif x.ndim == 4 and x.shape[-1] not in (1, 3, 4):
        x = np.moveaxis(x, 1, -1)
    if x.ndim != 4 or x.shape[-1] not in (1, 3, 4) or 0 in x.shape[1:]:
        raise ValueError(
            f"an array of shape {arrived}; expected pictures (n, height, width), (n, height, width, channels), or rows "
            f"of {height} · {width} pixels"
        )
    if x.dtype != np.uint8:
        x = np.clip(np.rint((x.astype(np.float64) - low) * (255 / (high - low))), 0, 255).astype(np.uint8)
    if x.shape[-1] == 4:  # transparent parts on white
        share = x[..., 3:].astype(np.float32) / 255
        x = np.rint(x[..., :3] * share + 255 * (1 - share)).astype(np.uint8)
    if x.shape[-1] != channels and channels == 3:
        x = np.repeat(x, 3, axis=-1)
    elif x.shape[-1] != channels:
        x = np.rint(x @ np.array([[0.299], [0.587], [0.114]], np.float32)).astype(np.uint8)
    if x.shape[1:] != (height, width, channels):
        return np.stack([fitted(picture, height, width) for picture in x])
    return x


def fitted(picture: Array, height: int, width: int) -> Array:
    """A picture made to fit, its sides keeping their ratio; beyond its edge it goes on with the pixels of the edge."""
    share = min(height / picture.shape[0], width / picture.shape[1])
    inner = max(1, round(picture.shape[0] * share)), max(1, round(picture.shape[1] * share))
    if inner != picture.shape[:2]:
        Image, _ = pillow()
        shown = Image.fromarray(picture[:, :, 0] if picture.shape[2] == 1 else picture)
        shown = shown.resize(inner[::-1], Image.Resampling.BILINEAR)
        picture = np.asarray(shown).reshape(*inner, picture.shape[2])
    above, before = (height - inner[0]) // 2, (width - inner[1]) // 2
    around = ((above, height - inner[0] - above), (before, width - inner[1] - before), (0, 0))
    return np.pad(picture, around, mode="edge")


def pillow() -> tuple[Any, Any]:
    """Pillow's `Image` and `ImageOps`; `ImportError` with what to do where it is not installed."""
    try:
        from PIL import Image, ImageOps
    except ImportError:
        raise ImportError(
            "needs Pillow, which opens picture files and changes sizes: pip install pillow; arrays of the network's "
            "own size go without it"
        ) from None
    return Image, ImageOps


def read_picture(place: str | Path, height: int, width: int, channels: int) -> Array:
    """A picture's file as bytes (height, width, channels): upright, transparent parts on white; needs Pillow."""
    Image, ImageOps = pillow()
    try:
        picture = Image.open(place)
        if picture.format != "JPEG":
            picture.load()
    except (Image.DecompressionBombError, SyntaxError) as fault:
        raise ValueError(f"cannot be read ({fault})") from fault
    if picture.format == "JPEG":
        picture.draft(None, (2 * max(height, width), 2 * max(height, width)))
    picture = ImageOps.exif_transpose(picture) or picture
    if picture.mode.startswith("I") or picture.mode == "F":
        deep = np.asarray(picture, np.float64)
        deep = deep / 257 if deep.max(initial=0) > 255 else deep
        picture = Image.fromarray(np.clip(np.rint(deep), 0, 255).astype(np.uint8))
    if picture.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        picture = Image.alpha_composite(Image.new("RGBA", picture.size, (255, 255, 255, 255)), picture)
    picture = picture.convert("L" if channels == 1 else "RGB")
    return fitted(np.asarray(picture, np.uint8).reshape(picture.height, picture.width, channels), height, width)
