"""Windows: which places of an axis a convolution or a pool looks at, one after another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

from cutaway.errors import InputError

# One whole number for every axis, or one for each.
Sizes: TypeAlias = int | tuple[int, ...]
# How much is put around a picture: "same", "valid" (nothing), or a number of places on both sides of each axis.
Padding: TypeAlias = str | int | tuple[int, ...]


@dataclass(frozen=True)
class Windows:
    """Windows along one axis of `length` places.

        window number n looks at the places   n · stride − low + i · dilation,   i = 0 … size − 1

    length    how many places the axis has
    size      how many places a window looks at
    stride    how far it is from one window to the next
    dilation  how far it is from one place of a window to the next
    low, high  how many places are put before the axis and after it
    count     how many windows there are
    """

    length: int
    size: int
    stride: int
    dilation: int
    low: int
    high: int
    count: int

    def places(self, number: int) -> slice:
        """Return where place `number` of each window lies, on the padded axis."""
        first = number * self.dilation
        return slice(first, first + (self.count - 1) * self.stride + 1, self.stride)

    def back(self, number: int) -> tuple[int, int, int]:
        """Return (places before, after, between) that put one number a window at its place `number` of the axis.

        Places that lie in the padding are cut away: before and after may be negative.
        """
        low = number * self.dilation - self.low
        reach = (self.count - 1) * self.stride + 1
        return low, self.length - low - reach, self.stride - 1


def per_axis(what: str, value: Any, axes: int, lowest: int) -> tuple[int, ...]:
    """Return `value`, a whole number of at least `lowest` or a tuple of `axes` of them, as a tuple.

    >>> per_axis("Conv2D: stride", 2, axes=2, lowest=1)
    (2, 2)
    """
    sizes = tuple(value) if isinstance(value, (tuple, list)) else (value,) * axes
    fits = all(hasattr(size, "__index__") and not isinstance(size, bool) and size >= lowest for size in sizes)
    if not fits or len(sizes) != axes:
        ways = f"or {axes} of them " if axes > 1 else ""
        raise InputError(f"{what} must be a whole number {ways}of at least {lowest}, got {value!r}")
    return tuple(int(size) for size in sizes)


def check_padding(what: str, padding: Any, axes: int) -> None:
    """Raise `InputError` unless `padding` is "same", "valid", a whole number or one for each axis."""
    if isinstance(padding, str):
        if padding not in ("same", "valid"):
            raise InputError(f'{what} must be "same", "valid" or a whole number, got {padding!r}')
    else:
        per_axis(what, padding, axes, 0)


def windows_of(
    lengths: tuple[int, ...], sizes: Sizes, *, stride: Sizes = 1, padding: Padding = 0, dilation: Sizes = 1
) -> tuple[Windows, ...]:
    """Return the windows along each axis of a picture.

    "same" gives ⌈length / stride⌉ windows: what must be put around the axis is divided between its two ends, and where
    it is odd the end gets one more. A whole number is put at both ends.

    Raises `InputError` where a window does not fit.

    >>> [(w.count, w.low, w.high) for w in windows_of((28, 7), 3, stride=2, padding="same")]
    [(14, 0, 1), (4, 1, 1)]
    """
    axes = len(lengths)
    check_padding("padding", padding, axes)
    strides, dilations = per_axis("stride", stride, axes, 1), per_axis("dilation", dilation, axes, 1)
    edges = (0,) * axes if isinstance(padding, str) else per_axis("padding", padding, axes, 0)
    found = []
    for length, size, step, apart, edge in zip(
        lengths, per_axis("window", sizes, axes, 1), strides, dilations, edges, strict=True
    ):
        span = (size - 1) * apart + 1
        low = high = edge
        if padding == "same":
            needed = max((-(-length // step) - 1) * step + span - length, 0)
            low, high = needed // 2, needed - needed // 2
        if length + low + high < span:
            raise InputError(
                f"a window of {size} places, {span} from end to end, does not fit into {length + low + high}"
                f"{' with the padding' if low + high else ''}; make the window smaller or the padding larger"
            )
        found.append(Windows(length, size, step, apart, low, high, (length + low + high - span) // step + 1))
    return tuple(found)
