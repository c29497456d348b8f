"""Transposed convolution: each place of a small picture paints a window of a larger one."""

from __future__ import annotations

from functools import cache

from cutaway.autodiff import Rule, Thunk, primitive
from cutaway.backends import Array, namespace
from cutaway.errors import InputError
from cutaway.ops.patches import correlate, gathered, matrix_of, spread, weight_of
from cutaway.ops.planes import from_planes, to_planes
from cutaway.ops.windows import Padding, Sizes, Windows, per_axis, windows_of


@primitive
def transposed_convolution(
    x: Array,
    weight: Array,
    bias: Array | None = None,
    *,
    stride: Sizes = 1,
    padding: Padding = 0,
    dilation: Sizes = 1,
    groups: int = 1,
) -> Rule:
    """Transposed convolution in one or two dimensions: what a convolution does to blame, done to a picture.

        y[n, row, column, o] = bias[o] + Σ x[n, a, b, c] w[i, j, o, c],   over all a, b, i, j, c with
        row = a · stride + i · dilation − low,   column = b · stride + j · dilation − low

        x (batch, rows, columns, in), weight (height, width, out / groups, in)  ->  y (batch, height, width, out)
        x (batch, places, in),        weight (width, out / groups, in)          ->  y (batch, length, out)

    The weight is that of the convolution which leads back from y to x. "same" makes y stride times as large as x;
    otherwise y has (rows − 1) · stride + (size − 1) · dilation + 1 − 2 · padding rows.

    Backward, with `conv` the convolution of the same weight: dL/dx = conv(g), dL/dw is the weight's blame of a
    convolution of g with blame x, dL/dbias = Σ g.

    Raises `InputError` where the shapes do not fit.

    Reference: Dumoulin, Visin, "A guide to convolution arithmetic for deep learning", 2016, arXiv 1603.07285.

    >>> import numpy as np
    >>> x = np.array([[[1.0], [2.0]]])
    >>> transposed_convolution(x, np.array([[[1.0]], [[10.0]]]), stride=2)[0, :, 0]
    array([ 1., 10.,  2., 20.])
    """
    if x.ndim not in (3, 4) or weight.ndim != x.ndim or weight.shape[-1] != x.shape[-1] or x.shape[-1] % groups:
        raise InputError(
            f"transposed_convolution: got x {tuple(x.shape)}, weight {tuple(weight.shape)} and {groups} groups; "
            "expected (batch, height, width, in) with (height, width, out / groups, in), and in a multiple of groups"
        )
    along = _windows(x.shape[1:-1], weight.shape[:-2], stride, padding, dilation)
    grid = (along[0], along[1]) if len(along) == 2 else (windows_of((1,), 1)[0], along[0])
    xp = namespace(x, weight)
    planes, matrix = to_planes(x), matrix_of(weight, groups)
    y = from_planes(spread(planes, matrix, grid), x.ndim)

    def backward(g: Array) -> tuple[Thunk, ...]:
        turned = cache(lambda: to_planes(g))
        thunks: tuple[Thunk, ...] = (
            lambda: from_planes(correlate(turned(), matrix, grid), x.ndim),
            lambda: weight_of(gathered(turned(), planes, grid, groups), weight.shape),
        )
        return thunks if bias is None else (*thunks, lambda: xp.sum(turned(), axis=(0, 2, 3)))

    return (y if bias is None else y + bias), backward


def _windows(
    counts: tuple[int, ...], sizes: tuple[int, ...], stride: Sizes, padding: Padding, dilation: Sizes
) -> tuple[Windows, ...]:
    """Return the windows that lie on the larger picture, of which there are `counts`."""
    axes = len(counts)
    strides, dilations = per_axis("stride", stride, axes, 1), per_axis("dilation", dilation, axes, 1)
    edges = (0,) * axes if isinstance(padding, str) else per_axis("padding", padding, axes, 0)
    lengths = []
    for count, size, step, apart, edge in zip(counts, sizes, strides, dilations, edges, strict=True):
        reach = (count - 1) * step + (size - 1) * apart + 1 - 2 * edge
        lengths.append(count * step if padding == "same" else reach)
    if min(lengths) < 1:
        raise InputError(f"transposed_convolution: with padding {padding!r} nothing is left; make the padding smaller")
    return windows_of(tuple(lengths), sizes, stride=stride, padding=padding, dilation=dilation)
