"""Sheets: the worst mistakes of a run, and the filters of its first convolution, as pictures to look at."""

from __future__ import annotations

import io
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutaway.data.picture_files import Pixels
from cutaway.layers import Conv2D, Layer

MOST = 40  # mistakes on a sheet
ACROSS = 8
SIDE = 112  # pixels of the longer side of a picture on a sheet, about
LINE = 15  # pixels of a line of words
GAP = 8
WIDEST = 2 * SIDE  # pixels of the words under a picture; longer ones are cut
FILTER_COLOURS = {
    1: "Gray: a weight of 0; white: positive; black: negative; each in its own scale",
    3: "Middle gray: weights of 0; a colour: what of red, green, blue it wants more; each in its own scale",
}
INK, RIGHT, WRONG, GROUND = (20, 20, 20), (0, 105, 60), (180, 30, 30), (255, 255, 255)


def mistakes_sheet(
    pixels: Pixels, truth: list[str], predicted: list[str], sureness: NDArray[Any], heading: str
) -> bytes:
    """Return a PNG of pictures that were taken for something else, the surest first, with what they are under each.

    pixels     (n, height, width, channels), those to show
    truth      the true class of each
    predicted  the class that was predicted
    sureness   the probability of that
    heading    a line above all
    """
    from PIL import Image, ImageDraw

    count = len(pixels)
    height, width = pixels.shape[1:3]
    times = _times(height, width)
    across = max(1, min(ACROSS, count))
    down = -(-count // across)
    font, small = _font(13), _font(12)
    sure = [f", {100 * share:.0f} %" for share in sureness]
    # As wide as the longest name needs, so that names are cut only where they are very long.
    lines = [f"is {name}" for name in truth]
    lines += [f"taken for {name}{share}" for name, share in zip(predicted, sure, strict=True)]
    room = min(WIDEST, max((math.ceil(small.getlength(_printed(line))) for line in lines), default=0))
    box = (max(SIDE, width * times, room), height * times)
    cell = (box[0] + GAP, box[1] + 2 * LINE + 2 * GAP)
    wide = max(across * cell[0] + GAP, int(font.getlength(heading)) + 2 * GAP)
    sheet = Image.new("RGB", (wide, down * cell[1] + LINE + 3 * GAP), GROUND)
    draw = ImageDraw.Draw(sheet)
    draw.text((GAP, GAP), heading, fill=INK, font=font)
    for place in range(count):
        left = GAP + place % across * cell[0]
        top = LINE + 3 * GAP + place // across * cell[1]
        shown = _enlarged(pixels[place], times)
        sheet.paste(shown, (left + (box[0] - shown.width) // 2, top))
        left_over = box[0] - math.ceil(small.getlength(sure[place]))
        told = (
            (_short(f"is {truth[place]}", small, box[0]), RIGHT),
            (_short(f"taken for {predicted[place]}", small, left_over) + sure[place], WRONG),
        )
        for number, (words, colour) in enumerate(told):
            x = left + (box[0] - small.getlength(words)) / 2
            draw.text((max(x, left), top + box[1] + 2 + number * LINE), words, fill=colour, font=small)
    return _png(sheet)


def filters_sheet(network: Layer) -> bytes | None:
    """Return a PNG of the windows of a network's first convolution; None where there is none, or not of pixels.

    Each filter is drawn by itself: middle gray is a weight of 0, white its largest size upwards, black downwards. Of
    three channels the weights are shown as red, green and blue. The sheet says so above them.
    """
    from PIL import Image, ImageDraw

    first = next((layer for _, layer in network.named_layers() if isinstance(layer, Conv2D)), None)
    if first is None or first.weight.shape[2] not in (1, 3):
        return None
    weight = np.asarray(first.weight, np.float64)  # (height, width, channels, filters)
    height, width, channels, filters = weight.shape
    # The strongest first, so that what has learned nothing is at the end.
    order = np.argsort(-np.sqrt((weight**2).sum(axis=(0, 1, 2))), kind="stable")
    largest = np.maximum(np.abs(weight).max(axis=(0, 1, 2)), 1e-12)
    shown = np.rint(127.5 + 127.5 * weight / largest).astype(np.uint8)
    times = max(1, 64 // max(height, width))
    across = min(ACROSS, filters)
    cell = (width * times + GAP, height * times + GAP)
    font = _font(12)
    heading = ("What the first layer looks for, the strongest first", FILTER_COLOURS[channels])
    above = len(heading) * LINE + 2 * GAP
    wide = max(across * cell[0], *(math.ceil(font.getlength(line)) + GAP for line in heading)) + GAP
    sheet = Image.new("RGB", (wide, above + -(-filters // across) * cell[1]), GROUND)
    draw = ImageDraw.Draw(sheet)
    for number, line in enumerate(heading):
        draw.text((GAP, GAP + number * LINE), line, fill=INK, font=font)
    for place, number in enumerate(order):
        picture = _enlarged(shown[..., number], times)
        sheet.paste(picture, (GAP + place % across * cell[0], above + place // across * cell[1]))
    return _png(sheet)


def _times(height: int, width: int) -> int:
    """Return how many times larger a picture is drawn, whole, so that its pixels stay squares."""
    return max(1, SIDE // max(height, width))


def _enlarged(picture: Pixels, times: int) -> Any:
    from PIL import Image

    large = np.repeat(np.repeat(picture, times, axis=0), times, axis=1)
    return Image.fromarray(large[:, :, 0] if large.shape[2] == 1 else large).convert("RGB")


def _font(size: int) -> Any:
    """Return Pillow's own font, which is there on every machine."""
    from PIL import ImageFont

    return ImageFont.load_default(size)


def _short(words: str, font: Any, room: int) -> str:
    """Return words cut to the room in pixels; what the font cannot draw becomes a question mark."""
    words = _printed(words)
    if font.getlength(words) <= room:
        return words
    while len(words) > 1 and font.getlength(words + "…") > room:
        words = words[:-1]
    return words + "…"


def _printed(words: str) -> str:
    return "".join(each if each.isprintable() else "?" for each in words)


def _png(sheet: Any) -> bytes:
    buffer = io.BytesIO()
    sheet.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
