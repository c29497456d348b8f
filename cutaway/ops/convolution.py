"""Convolution: the same small window of weights, moved over every place of a picture or a sequence."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TypeAlias

from cutaway.autodiff import Rule, Thunk, primitive
from cutaway.backends import Array, backend_of, namespace
from cutaway.errors import InputError
from cutaway.ops.patches import Grid, correlate, gathered, matrix_of, spread, weight_of
from cutaway.ops.planes import from_planes, to_planes
from cutaway.ops.windows import Padding, Sizes, windows_of

# The blames of x and of the weight, from that of y.
Blames: TypeAlias = Callable[[Array], tuple[Callable[[], Array], ...]]


def check_channels(what: str, x: Array, weight: Array, groups: int) -> None:
    """Raise `InputError` unless the weight's window and channels fit the picture."""
    if x.ndim not in (3, 4) or weight.ndim != x.ndim:
        raise InputError(
            f"{what}: got x {tuple(x.shape)} and weight {tuple(weight.shape)}; expected (batch, height, width, "
            "channels) with (height, width, in, out), or (batch, length, channels) with (width, in, out)"
        )
    if groups < 1 or weight.shape[-2] * groups != x.shape[-1] or weight.shape[-1] % groups:
        raise InputError(
            f"{what}: {x.shape[-1]} input channels in {groups} groups do not fit a weight of shape "
            f"{tuple(weight.shape)}: it must have (input channels / groups) × a multiple of groups"
        )


@primitive
def convolution(
    x: Array,
    weight: Array,
    bias: Array | None = None,
    *,
    stride: Sizes = 1,
    padding: Padding = 0,
    dilation: Sizes = 1,
    groups: int = 1,
) -> Rule:
    """Convolution in one or two dimensions (the window is not mirrored, as everywhere in this field).

        y[n, a, b, o] = bias[o] + Σ_{i, j, c} w[i, j, c, o] · x[n, row, column, c],
        row = a · stride + i · dilation − low,   column = b · stride + j · dilation − low

        x (batch, height, width, in), weight (height, width, in / groups, out)  ->  y (batch, rows, columns, out)
        x (batch, length, in),        weight (width, in / groups, out)          ->  y (batch, places, out)

    Around x there are zeros; `windows_of` says how many. With `groups` the channels are cut into so many parts,
    inputs and outputs alike, and each output sees the inputs of its own part.

    Backward, with P the patches of x, one window a column, so that y = wᵀ P:

        dL/dw = P gᵀ,   dL/dx = w g, every number added where its place of the window lay,   dL/dbias = Σ g

    Raises `InputError` where the shapes do not fit.

    >>> import numpy as np
    >>> x = np.array([[[1.0], [2.0], [4.0], [8.0]]])
    >>> convolution(x, np.array([[[-1.0]], [[1.0]]]))[0, :, 0]
    array([1., 2., 4.])
    """
    check_channels("convolution", x, weight, groups)
    along = windows_of(x.shape[1:-1], weight.shape[:-2], stride=stride, padding=padding, dilation=dilation)
    grid = (along[0], along[1]) if len(along) == 2 else (windows_of((1,), 1)[0], along[0])
    xp, backend = namespace(x, weight), backend_of(x, weight)

    def by_rows(pictures: Array, kernel: Array) -> tuple[Array, Blames]:
        return _by_rows(pictures, kernel, grid, groups)

    # A sequence is a picture of height 1.
    pictures = xp.reshape(x, (x.shape[0], grid[0].length, grid[1].length, x.shape[-1]))
    kernel = xp.reshape(weight, (grid[0].size, grid[1].size, *weight.shape[-2:]))
    own = backend.convolution(pictures, kernel, grid, groups, by_rows)
    y, blame = own or by_rows(pictures, kernel)
    picture = y.shape
    y = xp.reshape(y, (x.shape[0], *(each.count for each in along), weight.shape[-1]))

    def backward(g: Array) -> tuple[Thunk, ...]:
        g = xp.reshape(g, picture)
        of_x, of_weight = blame(g)
        thunks: tuple[Thunk, ...] = (
            lambda: xp.reshape(of_x(), x.shape),
            lambda: xp.reshape(of_weight(), weight.shape),
        )
        # Summed in the order in which the other blames read it, so that XLA has no reason to turn g.
        total = (lambda: xp.sum(g, axis=(0, 1, 2))) if own else (lambda: xp.sum(to_planes(g), axis=(0, 2, 3)))
        return thunks if bias is None else (*thunks, total)

    return (y if bias is None else y + bias), backward


def _by_rows(x: Array, weight: Array, grid: Grid, groups: int) -> tuple[Array, Blames]:
    """The rule by planes and patches, of x (batch, height, width, in)."""
    planes, matrix = to_planes(x), matrix_of(weight, groups)
    y = correlate(planes, matrix, grid)

    def backward(g: Array) -> tuple[Callable[[], Array], ...]:
        turned = cache(lambda: to_planes(g))
        return (
            lambda: from_planes(spread(turned(), matrix, grid), x.ndim),
            lambda: weight_of(gathered(planes, turned(), grid, groups), weight.shape),
        )

    return from_planes(y, x.ndim), backward
