"""The loss at many places of weight space at once: one batched program, points by tiles of rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from cutaway.backends import Array, backend_named
from cutaway.backends.threads import threads_for
from cutaway.errors import InputError
from cutaway.layers import Context, Layer
from cutaway.losses import Loss
from cutaway.training.cost import Cost, choose_engine, cost_of_step
from cutaway.training.step import Batch

Arrays = Mapping[str, Any]
# Rows of a tile at most, and how many numbers the points computed together make of it: what fits a processor's caches.
ROWS, NUMBERS = 1024, 1 << 21


class Surface:
    """The loss of a network over fixed rows, as a function of its weights, many weights at a time.

    engine   "numpy", "xla", or "auto", which takes the one that should be done sooner with `points` of them
    """

    def __init__(
        self, network: Layer, loss: Loss, rows: Batch, points: int, engine: str = "auto", members: int = 1
    ) -> None:
        tiles = -(-len(rows.x) // ROWS)
        self.size = -(-len(rows.x) // tiles)
        self.rows, self.network, self.loss = rows, network, loss
        some = Batch(rows.x[: self.size], rows.y[: self.size], None)
        cost = cost_of_step(network, loss, some)
        if engine == "auto":
            # A forward pass alone is a third of a step.
            forward = Cost(cost.operations // 2, cost.flops / 3, cost.parameters, cost.elements / 3)
            engine = choose_engine(forward, 1, points * tiles).engine
        if network.dtype == np.float64:
            engine = "numpy"
        self.engine, self.backend, self.flops = engine, backend_named(engine), cost.flops
        self.together = max(1, min(points, int(NUMBERS // max(1.0, cost.elements))))

    def along(self, centre: Arrays, axes: tuple[Arrays, Arrays], places: np.ndarray) -> np.ndarray:
        """Return the loss at θ* + α d₁ + β d₂ for each (α, β) of `places` (n, 2), as (n), in float64.

        A loss that is not a number there, or infinite, is returned as such. The running statistics of layers such as
        batch norm stay those of the network.
        """

        def at(place: Array, centre: Arrays, first: Arrays, second: Arrays, state: Arrays, rows: Batch) -> Any:
            params = {path: array + place[0] * first[path] + place[1] * second[path] for path, array in centre.items()}
            return self._parts(params, state, rows)

        dtype = self.network.dtype
        parts = [{path: np.asarray(array, dtype) for path, array in arrays.items()} for arrays in (centre, *axes)]
        return self._tiled(at, places.astype(dtype), (*parts, self.network.state()), ())

    def at(self, weights: Arrays) -> np.ndarray:
        """Return the loss for each of many weights and states by path, (n, ...), as (n), in float64."""
        mine = self.network.parameters()
        dtype = self.network.dtype
        params = {path: np.asarray(weights[path], dtype) for path in mine}
        state = {path: weights[path] for path in self.network.state()}
        return self._tiled(self._parts, params, (), (state,))

    def _parts(self, params: Arrays, state: Arrays, rows: Batch) -> tuple[Any, Any]:
        return self.loss.parts(self.network.bind(params, state)(rows.x, ctx=Context()), rows.y)

    def _tiled(
        self, function: Callable[..., Any], points: Any, shared: tuple[Any, ...], also: tuple[Any, ...]
    ) -> np.ndarray:
        """Return the loss of each point; `also` has the same leading axis, what is `shared` has none."""
        count = len(points if isinstance(points, np.ndarray) else next(iter(points.values())))
        size = min(self.together, count)
        division = self.backend.division(None, size, alone=True)  # no other process computes the same
        mapped = self.backend.vmap(function, (0, *[0] * len(also), *[None] * len(shared), None))
        compiled, fixed = division.compile(mapped), division.whole(shared)
        # Of losses there is a sum over rows and a weight for each point; the weight does not depend on the point.
        totals, weights = np.zeros(count), 0.0
        for first in range(0, len(self.rows.x), self.size):
            here = slice(first, first + self.size)
            tile = division.whole(Batch(self.rows.x[here], self.rows.y[here], None))
            for begin in range(0, count, size):
                taken = np.minimum(np.arange(begin, begin + size), count - 1)  # the last tile is filled up
                each = _take((points, *also), taken)
                with np.errstate(all="ignore"), threads_for(self.flops):
                    total, weight = compiled(*division.members(each), *fixed, tile)
                kept = slice(begin, min(begin + size, count))
                totals[kept] += np.asarray(total, np.float64)[: kept.stop - begin]
            weights += float(np.ravel(np.asarray(weight))[0])
        return np.asarray(self.loss.quotient(totals, np.asarray(weights)), np.float64)


def _take(tree: Any, places: np.ndarray) -> Any:
    if isinstance(tree, tuple):
        return tuple(_take(part, places) for part in tree)
    return {path: array[places] for path, array in tree.items()} if isinstance(tree, dict) else tree[places]


def as_batch(network: Layer, loss: Loss, X: Any, y: Any, what: str) -> Batch:
    """Return rows as the network and the loss take them; raises `InputError` where they do not fit."""
    inputs = np.asarray(X)
    if inputs.ndim < 2 or not len(inputs) or inputs.dtype.kind not in "fiub":
        raise InputError(
            f"{what}: X has shape {inputs.shape} and holds {inputs.dtype}; expected numbers, one row an example"
        )
    if inputs.dtype.kind == "f":
        inputs = inputs.astype(network.dtype)
        if not np.isfinite(inputs).all():
            raise InputError(f"{what}: X holds values that are not finite; fill them or leave those rows out")
    if len(np.atleast_1d(np.asarray(y))) != len(inputs):
        raise InputError(f"{what}: X has {len(inputs)} rows, y has {len(np.atleast_1d(np.asarray(y)))}")
    targets = loss.prepare(y, (len(inputs), *network(inputs[:1]).shape[1:]))
    return Batch(inputs, targets.astype(network.dtype) if targets.dtype.kind == "f" else targets, None)
