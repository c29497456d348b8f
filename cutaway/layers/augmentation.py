"""Augmentation: pictures changed a little while training, in ways that do not change what they show."""

from __future__ import annotations

from typing import Any

import numpy as np

from cutaway import ops
from cutaway.autodiff import value_of
from cutaway.backends import Array, namespace
from cutaway.errors import InputError, whole
from cutaway.layers.context import Context
from cutaway.layers.layer import Layer


class _Augmentation(Layer):
    """What all have in common: they act while training only, by draws keyed by (seed, path, step)."""

    def _check(self, x: Any, ctx: Context) -> None:
        if len(x.shape) != 4:
            raise InputError(
                f"{self._place()}: got an input of shape {tuple(x.shape)}, expected pictures "
                "(batch, height, width, channels)"
            )
        if ctx.training and ctx.random is None:
            raise InputError(f"{self._place()}: training needs random draws; give Context(random=Random(seed, step))")

    def _below(self, limit: int, shape: tuple[int, ...], ctx: Context) -> Array:
        """Return whole numbers from 0 to limit − 1, each as likely as the others to one in 65,536."""
        assert ctx.random is not None
        bits = ctx.random.bits(self.path, shape)
        xp = namespace(bits)
        # The upper half of the bits as a share of 65,536: a multiplication, where a remainder would be slow.
        return xp.astype(((bits >> np.uint32(16)) * np.uint32(limit)) >> np.uint32(16), xp.int32)

    def forward(self, x: Any, ctx: Context) -> Any:
        """Return the pictures, changed while training."""
        self._check(x, ctx)
        return self._changed(x, ctx) if ctx.training else x

    def _changed(self, x: Any, ctx: Context) -> Any:
        raise NotImplementedError


class RandomShift(_Augmentation):
    """Each picture moved by a whole number of pixels, drawn anew each step; silent while evaluating.

        y[r, c] = x[r + a, c + b]        a, b whole numbers from −most to most, each as likely

    most   pixels in each direction

    Beyond its edge a picture goes on with the pixels of the edge, so that no frame appears that it does not have.
    The input may be whole numbers or floats, (batch, height, width, channels). Raises `InputError` for anything else.

    >>> import numpy as np
    >>> x = np.arange(9, dtype=np.uint8).reshape(1, 3, 3, 1)
    >>> RandomShift(1)(x) is x
    True
    """

    def __init__(self, most: int = 2) -> None:
        self.most = whole("RandomShift: most, in pixels,", most, 0, (1 << 15) - 1)

    def _changed(self, x: Any, ctx: Context) -> Any:
        batch, height, width, channels = x.shape
        moved = self._below(2 * self.most + 1, (batch, 2), ctx) - self.most
        xp = namespace(moved)
        rows = xp.clip(xp.arange(height, dtype=xp.int32) + moved[:, :1], 0, height - 1)  # (batch, height)
        columns = xp.clip(xp.arange(width, dtype=xp.int32) + moved[:, 1:], 0, width - 1)  # (batch, width)
        places = xp.reshape(rows[:, :, None] * width + columns[:, None, :], (batch, height * width, 1))
        pixels = ops.reshape(x, shape=(batch, height * width, channels))
        taken = ops.take_along_axis(pixels, xp.broadcast_to(places, (batch, height * width, channels)), axis=1)
        return ops.reshape(taken, shape=(batch, height, width, channels))


class RandomFlip(_Augmentation):
    """Each picture mirrored left to right with probability ½, drawn anew each step; silent while evaluating.

        y[r, c] = x[r, width − 1 − c] or x[r, c]

    Only where a mirrored picture is as good an example of its class: of animals it is, of letters it is not.

    >>> import numpy as np
    >>> x = np.arange(4.0, dtype=np.float32).reshape(1, 2, 2, 1)
    >>> RandomFlip()(x) is x
    True
    """

    def _changed(self, x: Any, ctx: Context) -> Any:
        flipped = self._below(2, (x.shape[0], 1, 1, 1), ctx) == 1
        mirrored = ops.index(x, key=(slice(None), slice(None), slice(None, None, -1)))
        return ops.where(flipped, mirrored, x)


class Cutout(_Augmentation):
    """A square of each picture set to 0, at a place drawn anew each step; silent while evaluating.

        y[r, c] = 0 where the square is, else x[r, c]

    size   the side of the square, in pixels

    The square's middle is any pixel, each as likely, so that a part of it may lie outside. It belongs behind
    `Standardize`, where 0 is the mean. The network cannot then lean on one spot of the picture alone.

    Reference: DeVries, Taylor, "Improved regularization of convolutional neural networks with cutout", 2017,
    arXiv 1708.04552.

    >>> import numpy as np
    >>> x = np.ones((1, 4, 4, 1), np.float32)
    >>> Cutout(2)(x) is x
    True
    """

    def __init__(self, size: int) -> None:
        self.size = whole("Cutout: size, the side of the square in pixels,", size)

    def _changed(self, x: Any, ctx: Context) -> Any:
        batch, height, width, _ = x.shape
        assert ctx.random is not None
        bits = ctx.random.bits(self.path, (batch, 2)) >> np.uint32(16)
        xp = namespace(bits)
        sides = xp.asarray([height, width], dtype=xp.uint32)
        first = xp.astype((bits * sides) >> np.uint32(16), xp.int32) - self.size // 2  # (batch, 2)
        inside = []
        for axis, side in enumerate((height, width)):
            places = xp.arange(side, dtype=xp.int32) - first[:, axis : axis + 1]
            inside.append((places >= 0) & (places < self.size))
        hidden = inside[0][:, :, None, None] & inside[1][:, None, :, None]
        value = value_of(x)
        return ops.where(hidden, namespace(value).zeros_like(value), x)
