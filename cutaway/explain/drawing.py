"""Drawings for a page that needs nothing else: pictures as data, bars and strips as SVG."""

from __future__ import annotations

import struct
import zlib
from base64 import b64encode
from collections.abc import Sequence
from html import escape

import numpy as np

from cutaway.explain.figures import shown

MOST_CELLS = 64  # numbers of a strip
LONGEST, TALL = 192, 12  # of a strip, in pixels
WIDTH, HEIGHT = 320, 18  # of a bar
MOST_LABELS = 40  # tokens that are written beside a picture of attention
END = "\n"


def png(pixels: np.ndarray) -> bytes:
    """Return a PNG file of pixels (height, width, channels) from 0 to 1; 1 gray, 3 colours, 4 with transparency.

    >>> png(np.zeros((1, 1, 1)))[:4]
    b'\\x89PNG'
    """
    kinds = {1: 0, 3: 2, 4: 6}
    height, width, channels = pixels.shape
    bytes_ = np.clip(np.rint(np.nan_to_num(pixels) * 255), 0, 255).astype(np.uint8)
    lines = b"".join(b"\x00" + line.tobytes() for line in bytes_)

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    head = struct.pack(">IIBBBBB", width, height, 8, kinds[channels], 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")


def picture(pixels: np.ndarray, side: int, title: str) -> str:
    """Return an <img> of pixels from 0 to 1, its longer side `side` pixels; other numbers of channels become gray."""
    if pixels.shape[-1] not in (1, 3, 4):
        pixels = pixels.mean(axis=-1, keepdims=True)
    height, width = pixels.shape[:2]
    scale = side / max(height, width)
    data = b64encode(png(pixels)).decode()
    return (
        f'<img src="data:image/png;base64,{data}" width="{round(width * scale)}" height="{round(height * scale)}" '
        f'alt="{escape(title)}" title="{escape(title)}">'
    )


def shades(values: np.ndarray) -> np.ndarray:
    """Return values (height, width) as one colour (height, width, 4), the more opaque the larger: for any background.

    >>> shades(np.array([[0.0, 2.0]]))[0, :, 3]
    array([0., 1.])
    """
    opaque = np.nan_to_num(values) / (np.nanmax(values) if values.size and np.nanmax(values) > 0 else 1)
    colour = np.broadcast_to(np.array([0.25, 0.55, 0.9]), (*values.shape, 3))
    return np.concatenate([colour, opaque[..., None]], axis=-1)


def attention(weights: np.ndarray, tokens: Sequence[str], title: str) -> str:
    """Return the weights of a head as a picture, with the tokens beside it where there are few."""
    if weights.shape[0] != weights.shape[1] or len(weights) != len(tokens) or len(tokens) > MOST_LABELS:
        return picture(shades(weights), 240, title)
    cell, edge = 14, 14 + 6 * min(8, max(map(len, tokens)))
    side = len(tokens) * cell
    data = b64encode(png(shades(weights))).decode()
    words = [escape("⏎" if token == END else "␣" if token == " " else token.strip()[:8]) for token in tokens]
    middle = [edge + place * cell + cell / 2 + 3.5 for place in range(len(tokens))]
    turned = "" if max(map(len, tokens)) == 1 else " rotate(-90)"
    anchor = "start" if turned else "end"
    left = "".join(
        f'<text x="{edge - 4}" y="{y:g}" text-anchor="end">{word}</text>' for word, y in zip(words, middle, strict=True)
    )
    top = "".join(
        f'<text text-anchor="{anchor}" transform="translate({x:g},{edge - 4}){turned}">{word}</text>'
        for word, x in zip(words, middle, strict=True)
    )
    return (
        f'<svg class="looks" viewBox="0 0 {edge + side + 4} {edge + side + 4}" width="{edge + side + 4}" '
        f'height="{edge + side + 4}" role="img" aria-label="{escape(title)}"><title>{escape(title)}</title>{left}{top}'
        f'<image x="{edge}" y="{edge}" width="{side}" height="{side}" preserveAspectRatio="none" '
        f'href="data:image/png;base64,{data}"/></svg>'
    )


def bar(value: float, largest: float, signed: bool = True) -> str:
    """Return a bar from the middle, to the right for a positive value, to the left for a negative one.

    signed   whether there are negative ones; else it begins at the left
    """
    half = WIDTH / 2 if signed else 0.0
    length = 0.0 if not largest or not np.isfinite(value) else abs(value) / largest * (WIDTH - half - 4)
    left = half if value >= 0 else half - length
    side = "up" if value >= 0 else "down"
    return (
        f'<svg class="bar" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img" '
        f'aria-label="{escape(shown(value))}"><line x1="{half:g}" x2="{half:g}" y1="0" y2="{HEIGHT}"/>'
        f'<rect class="{side}" x="{left:.1f}" y="3" width="{max(length, 0.5):.1f}" height="{HEIGHT - 6}" rx="2"/></svg>'
    )


def strip(values: np.ndarray, title: str) -> str:
    """Return the numbers of an array in a line, each a cell: opaque where large, by sign in two colours.

    Of more than 64 numbers nothing is drawn.
    """
    line = np.nan_to_num(np.asarray(values, np.float64).reshape(-1))
    if not 1 < line.size <= MOST_CELLS:
        return ""
    largest = np.abs(line).max() or 1.0
    side = min(8, LONGEST // line.size)
    cells = "".join(
        f'<rect class="{"up" if value >= 0 else "down"}" x="{place * side}" y="0" width="{side - 1}" '
        f'height="{TALL}" opacity="{abs(value) / largest:.2f}"><title>{escape(shown(value))}</title></rect>'
        for place, value in enumerate(line.tolist())
    )
    width = line.size * side
    return f'<svg class="strip" viewBox="0 0 {width} {TALL}" width="{width}" height="{TALL}">' + (
        f"<title>{escape(title)}</title>{cells}</svg>"
    )
