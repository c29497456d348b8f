"""One row through a network that came from a file: every size must fit the next, and none be huge."""

from __future__ import annotations

import math

import numpy as np

from cutaway.errors import InputError
from cutaway.layers import Context, ConvTranspose1D, ConvTranspose2D, Layer
from cutaway.layers.context import Tap
from cutaway.storage.architecture import ModelFileError

# Places of a sequence that are tried; attention looks from each at each.
LONGEST = 1024
# Numbers that any layer may give for one row.
MOST_NUMBERS = 1 << 27


class _Watch(list[Tap]):
    """Hears of every layer's output, and stops where one is larger than any that is meant."""

    def append(self, tap: Tap) -> None:
        size = math.prod(getattr(tap.output, "shape", ()))
        if size > MOST_NUMBERS:
            raise ModelFileError(f"layer {tap.path!r} gives {size} numbers for a row, more than {MOST_NUMBERS}")


def try_out(network: Layer, row: np.ndarray, outputs: int) -> None:
    """Run one row through the network; `ModelFileError` where it does not fit, or `outputs` is not what comes out."""
    if np.issubdtype(row.dtype, np.integer) and row.ndim == 2:
        row = row[:, :LONGEST]
    _check_growth(network, row)
    if row.dtype.kind == "f":
        row = row.astype(network.dtype)
    try:
        with np.errstate(all="ignore"):
            found = tuple(network(row, ctx=Context(taps=_Watch())).shape)
    except ModelFileError:
        raise
    except (InputError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError, MemoryError,
            RecursionError) as fault:  # fmt: skip
        raise ModelFileError(f"the network does not take inputs of shape {row.shape[1:]} ({fault})") from fault
    if len(found) not in (2, 3) or (found[0], found[-1]) != (1, outputs):
        raise ModelFileError(f"the network's output for a row has shape {found}, the target needs {(1, outputs)}")


def _check_growth(network: Layer, row: np.ndarray) -> None:
    """Raise `ModelFileError` where places × widest layer is too much: before any of it is made."""
    # Places of a picture or a sequence; a row of a table has one.
    places: float = math.prod(row.shape[1:-1]) if row.ndim > 2 else row.shape[-1] if row.dtype.kind in "iu" else 1
    widest = 1
    for _, layer in network.named_layers():
        places *= _larger(layer)
        widest = max(widest, getattr(layer, "filters", 1))
    for array in network.parameters().values():
        widest = max(widest, *array.shape[-1:])
    if places * widest > MOST_NUMBERS:
        raise ModelFileError(
            f"the network would give up to {places * widest:.3g} numbers for a row, more than {MOST_NUMBERS}"
        )


def _larger(layer: Layer) -> float:
    """Return how many times as many places a layer gives as it takes, at most."""
    if not isinstance(layer, (ConvTranspose1D, ConvTranspose2D)):
        return 1
    stride = layer.stride if isinstance(layer.stride, tuple) else (layer.stride,) * layer.axes
    return math.prod(float(each) for each in stride)
