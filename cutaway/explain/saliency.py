"""Saliency: which pixels an answer depends on; and the first filters of a network, as pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from cutaway.errors import InputError
from cutaway.explain.trace import trace
from cutaway.layers import Blend, Conv2D, Ensemble, Layer


@dataclass(frozen=True, eq=False)
class Saliency:
    """How much one score of a network changes with each pixel.

    picture   what went in, (height, width, channels)
    gradient  ∂score/∂pixel, in the same shape
    output    which score, counted from 0
    score     its value
    words     which network it is, where there are several
    """

    picture: np.ndarray
    gradient: np.ndarray
    output: int
    score: float
    words: str = ""

    @property
    def map(self) -> np.ndarray:
        """The largest |∂score/∂pixel| of the channels, (height, width), as in the paper."""
        largest: np.ndarray = np.abs(self.gradient).max(axis=-1)
        return largest


def saliency(
    network: Layer | Ensemble | Blend, picture: Any, output: int | None = None, member: int | None = None
) -> Saliency:
    """Return the slope of one output, the largest if not said, with respect to every pixel of a picture.

    picture   (height, width, channels), in the units that the network was trained on

    A slope says what a small change of a pixel would do, not how much the pixel contributed; see `contributions`.
    Raises `InputError` for what is no picture.

    Reference: Simonyan, Vedaldi, Zisserman, "Deep inside convolutional networks", 2013, arXiv 1312.6034, section 3.

    >>> import cutaway as ca
    >>> net = ca.Sequential(ca.Flatten(), ca.Dense(1)).build((2, 2, 1))
    >>> net[1].weight = [[1.0], [-2.0], [0.0], [3.0]]
    >>> saliency(net, np.ones((2, 2, 1))).map
    array([[1., 2.],
           [0., 3.]])
    """
    pixels = np.asarray(picture)
    if pixels.ndim != 3:
        raise InputError(f"saliency: got a picture of shape {pixels.shape}, expected (height, width, channels)")
    found = trace(network, pixels[None].astype(np.float64), output=output, member=member)
    chosen = int(np.argmax(found.output.reshape(-1))) if output is None else output
    return Saliency(pixels, found.gradients["x"][0], chosen, found.value, found.words)


def filters(network: Layer | Ensemble | Blend) -> np.ndarray:
    """Return the windows of the first convolution as pictures, (filters, height, width, channels), 0 to 1 each.

    0.5 is a weight of zero; the largest weight of each filter, by size, is 0 or 1. Of several networks it is the
    first. Raises `InputError` for a network without a convolution over pictures.

    >>> import cutaway as ca
    >>> net = ca.Sequential(ca.Conv2D(5, 3)).build((8, 8, 1))
    >>> filters(net).shape
    (5, 3, 3, 1)
    """
    if isinstance(network, Blend):
        network = network.largest
    first: Any = network[0] if isinstance(network, Ensemble) else network
    for _, layer in first.named_layers():
        if isinstance(layer, Conv2D):
            weights = np.moveaxis(np.asarray(layer.weight, np.float64), -1, 0)
            size = np.abs(weights).max(axis=(1, 2, 3), keepdims=True)
            return 0.5 + 0.5 * weights / np.where(size > 0, size, 1)
    raise InputError("filters: the network has no convolution over pictures (Conv2D)")
