"""Patches: what each window of a picture sees, one window a column, so that a convolution is a matrix product.

All patches of a picture at once hold every number of it as often as a window has places, and fill the caches many times
over. So they are made for one row of windows after another: from one row to the next the rows of the picture that the
windows see are kept, and the new ones taken up.
"""

from __future__ import annotations

from typing import Any

from cutaway.backends import Array, backend_of, namespace
from cutaway.ops.matmul import dot
from cutaway.ops.windows import Windows

# Windows along height and along width.
Grid = tuple[Windows, Windows]


def matrix_of(weight: Array, groups: int) -> Array:
    """Return a weight (..., in / groups, out) as matrices (groups, places · in / groups, out / groups)."""
    xp = namespace(weight)
    return xp.permute_dims(xp.reshape(weight, (-1, groups, weight.shape[-1] // groups)), (1, 0, 2))


def weight_of(matrix: Array, shape: tuple[int, ...]) -> Array:
    """Return matrices as the weight of `shape` that `matrix_of` made them from."""
    xp = namespace(matrix)
    return xp.reshape(xp.permute_dims(matrix, (1, 0, 2)), shape)


def _kept(high: Windows) -> int:
    """How many rows of the picture two neighbouring rows of windows share."""
    return max((high.size - 1) * high.dilation + 1 - high.stride, 0)


def _rows(x: Array, grid: Grid) -> tuple[Array, Array]:
    """Return the rows kept for the first row of windows, and those that each takes up: (rows, stride, ...)."""
    high, wide = grid
    kept = _kept(high)
    edges = (high.low, kept + high.count * high.stride - high.length - high.low, 0)
    if any(edges) or wide.low or wide.high:
        x = backend_of(x).pad(x, [edges, (0, 0, 0), (wide.low, wide.high, 0), (0, 0, 0)])
    return x[:kept], namespace(x).reshape(x[kept:], (high.count, high.stride, *x.shape[1:]))


def _patches(rows: Array, grid: Grid, groups: int) -> Array:
    """Return what one row of windows sees: (groups, places · in / groups, columns · batch)."""
    high, wide = grid
    xp = namespace(rows)
    inside, batch = rows.shape[1] // groups, rows.shape[-1]
    seen = [rows[i * high.dilation, :, wide.places(j), :] for i in range(high.size) for j in range(wide.size)]
    columns = wide.count * batch
    if groups == 1:
        return xp.reshape(xp.concat(seen, axis=0), (1, len(seen) * inside, columns))
    apart = [xp.reshape(part, (groups, inside, columns)) for part in seen]
    return xp.concat(apart, axis=1)


def correlate(x: Array, matrix: Array, grid: Grid) -> Array:
    """Return y = wᵀ P.

    x (height, in, width, batch), matrix w (groups, places · in / groups, out / groups) -> y (rows, out, columns, batch)
    """
    high, wide = grid
    xp, groups = namespace(x, matrix), matrix.shape[0]
    turned = xp.matrix_transpose(matrix)
    first, each = _rows(x, grid)

    def row(kept: Array, new: Array) -> tuple[Array, Array]:
        rows = xp.concat((kept, new), axis=0)
        y = dot(turned, _patches(rows, grid, groups))
        return rows[high.stride :][: len(kept)], xp.reshape(y, (groups * matrix.shape[-1], wide.count, x.shape[-1]))

    return _along(row, first, each)[1]


def spread(g: Array, matrix: Array, grid: Grid) -> Array:
    """Return w g, every number added where its place of the window lay: the blame of the picture.

    g (rows, out, columns, batch), matrix w (groups, places · in / groups, out / groups)  ->  (height, in, width, batch)
    """
    high, wide = grid
    xp, backend, groups = namespace(g, matrix), backend_of(g, matrix), matrix.shape[0]
    batch = g.shape[-1]
    inside = matrix.shape[1] // (high.size * wide.size)
    width, kept = wide.low + wide.length + wide.high, _kept(high)

    def row(before: Array, g: Array) -> tuple[Array, Array]:
        blame = dot(matrix, xp.reshape(g, (groups, matrix.shape[-1], wide.count * batch)))
        parts = xp.reshape(blame, (groups, high.size, wide.size, inside, wide.count, batch))
        rows = xp.concat((before, xp.zeros((high.stride, *before.shape[1:]), dtype=g.dtype)), axis=0)
        for i in range(high.size):
            for j in range(wide.size):
                part = xp.reshape(parts[:, i, j], (groups * inside, wide.count, batch))
                first, last = j * wide.dilation, j * wide.dilation + (wide.count - 1) * wide.stride + 1
                if wide.stride > 1:
                    part = backend.pad(part, [(0, 0, 0), (0, 0, wide.stride - 1), (0, 0, 0)])
                rows = backend.scatter_add(rows, (i * high.dilation, slice(None), slice(first, last)), part)
        return rows[high.stride :][:kept], rows[: high.stride]

    empty = xp.zeros((kept, groups * inside, width, batch), dtype=g.dtype)
    last, done = _along(row, empty, g)
    planes = xp.concat((xp.reshape(done, (high.count * high.stride, *empty.shape[1:])), last), axis=0)
    edges = (-high.low, high.length + high.low - planes.shape[0], 0)
    if any(edges) or wide.low or wide.high:
        planes = backend.pad(planes, [edges, (0, 0, 0), (-wide.low, -wide.high, 0), (0, 0, 0)])
    return planes


def gathered(x: Array, g: Array, grid: Grid, groups: int) -> Array:
    """Return P gᵀ: the blame of the matrix.

    x (height, in, width, batch), g (rows, out, columns, batch)  ->  (groups, places · in / groups, out / groups)
    """
    high, wide = grid
    xp = namespace(x, g)
    first, each = _rows(x, grid)

    def row(carry: tuple[Array, Array], items: tuple[Array, Array]) -> tuple[tuple[Array, Array], None]:
        kept, total = carry
        rows = xp.concat((kept, items[0]), axis=0)
        turned = xp.matrix_transpose(xp.reshape(items[1], (groups, g.shape[1] // groups, wide.count * x.shape[-1])))
        return (rows[high.stride :][: len(kept)], total + dot(_patches(rows, grid, groups), turned)), None

    shape = (groups, high.size * wide.size * (x.shape[1] // groups), g.shape[1] // groups)
    return _along(row, (first, xp.zeros(shape, dtype=x.dtype)), (each, g))[0][1]


def _along(row: Any, carry: Any, each: Any) -> tuple[Any, Any]:
    """Return the last carry and the results of `row`, one row after another; a single row without a loop."""
    items = each if isinstance(each, tuple) else (each,)
    if len(items[0]) > 1:
        return backend_of(*items).scan(row, carry, each)
    only = tuple(item[0] for item in items)
    carry, result = row(carry, only if isinstance(each, tuple) else only[0])
    return carry, None if result is None else namespace(result).expand_dims(result, axis=0)
