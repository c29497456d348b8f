"""One operation without weights as a layer, for graphs: sums, products, shapes, pieces of what other layers give."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from cutaway import ops
from cutaway.autodiff import value_of
from cutaway.backends import Array, namespace
from cutaway.errors import InputError
from cutaway.layers.context import Context
from cutaway.layers.layer import Layer
from cutaway.layers.parameter import Parameter, State


class Operation(Layer):
    """y = f(x₁, x₂, …) with settings.

    name      of f, one of `OPERATIONS`
    settings  pairs (name, value)

    Shapes and places may be settings, or come in as arrays of whole numbers, which are known when a step is made.
    Raises `InputError` for an operation that there is not, and inputs that do not fit it.

    >>> Operation("transpose", [("axes", (1, 0))])(np.array([[1.0, 2.0]])).shape
    (2, 1)
    >>> Operation("divide", [("right", 4.0)])(np.array([[2.0]]))
    array([[0.5]], dtype=float32)
    """

    def __init__(self, name: str, settings: Sequence[Sequence[Any]] = ()) -> None:
        if name not in OPERATIONS:
            raise InputError(f"Operation: there is no {name!r}; expected one of {', '.join(OPERATIONS)}")
        pairs = tuple(tuple(pair) for pair in settings)
        if any(len(pair) != 2 or not isinstance(pair[0], str) for pair in pairs):
            raise InputError(f"Operation: settings are {settings!r}, expected pairs (name, value)")
        self.name = name
        self.settings = pairs

    def forward(self, *inputs: Any, ctx: Context) -> Any:
        """Return f of the inputs."""
        try:
            return OPERATIONS[self.name](*inputs, **dict(self.settings))
        except (TypeError, ValueError, IndexError) as fault:
            shapes = [tuple(getattr(x, "shape", ())) for x in inputs]
            raise InputError(f"{self._place()}: {self.name} of inputs of shapes {shapes}: {fault}") from fault


class Values(Layer):
    """y = values, whatever comes in: an array that a graph holds by itself.

    shape    of the array
    learned  whether it is a weight, or stays as it is
    """

    values: Array

    def __init__(self, shape: Sequence[int], learned: bool = True) -> None:
        self.shape = tuple(int(size) for size in shape)
        if any(size < 0 for size in self.shape):
            raise InputError(f"Values: the shape is {self.shape}, expected sizes of at least 0")
        self.learned = learned
        self.values = (Parameter if learned else State)(self.shape)

    def forward(self, *inputs: Any, ctx: Context) -> Any:
        """Return the array."""
        return self.values


# ---- the operations ---------------------------------------------------------------------------------------------


def _two(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function of two operands, of which a setting may be one: `left` or `right`."""

    def applied(*operands: Any, left: Any = None, right: Any = None) -> Any:
        held = ([] if left is None else [left], [] if right is None else [right])
        return function(*held[0], *operands, *held[1])

    return applied


def _compared(name: str) -> Callable[..., Any]:
    """Return a comparison of values, which no blame flows through."""

    def applied(a: Any, b: Any) -> Any:
        x, y = value_of(a), value_of(b)
        return getattr(namespace(x, y), name)(x, y)

    return _two(applied)


def _whole(x: Any) -> tuple[int, ...]:
    """Return an array of whole numbers, or a setting, as a tuple."""
    return tuple(int(number) for number in np.asarray(value_of(x)).reshape(-1))


def _reshape(x: Any, to: Any = None, *, shape: Any = None) -> Any:
    """Reshape as ONNX does: 0 keeps a size, −1 is what is left."""
    sizes = _whole(shape if to is None else to)
    sizes = tuple(x.shape[place] if size == 0 else size for place, size in enumerate(sizes))
    if -1 in sizes:
        known = int(np.prod([size for size in sizes if size != -1]))
        left = int(np.prod(x.shape)) // max(known, 1)
        sizes = tuple(left if size == -1 else size for size in sizes)
    return ops.reshape(x, shape=sizes)


def _flatten(x: Any, *, axis: int = 1) -> Any:
    axis = axis % (len(x.shape) + 1)
    first = int(np.prod(x.shape[:axis]))
    return ops.reshape(x, shape=(first, int(np.prod(x.shape)) // max(first, 1)))


def _squeeze(x: Any, *, axes: Any = None) -> Any:
    chosen = [place for place, size in enumerate(x.shape) if size == 1] if axes is None else _whole(axes)
    return ops.squeeze(x, axis=tuple(axis % len(x.shape) for axis in chosen))


def _unsqueeze(x: Any, *, axes: Any) -> Any:
    rank = len(x.shape) + len(axes)
    for axis in sorted(axis % rank for axis in _whole(axes)):
        x = ops.expand_dims(x, axis=axis)
    return x


def _part(x: Any, *bounds: Any, starts: Any = None, ends: Any = None, axes: Any = None, steps: Any = None) -> Any:
    """Return x[starts:ends:steps] along axes; bounds are settings, or inputs in this order."""
    given = [_whole(bound) for bound in bounds]
    begin, end = (given[0], given[1]) if given else (_whole(starts), _whole(ends))
    along = given[2] if len(given) > 2 else tuple(range(len(begin))) if axes is None else _whole(axes)
    apart = given[3] if len(given) > 3 else (1,) * len(begin) if steps is None else _whole(steps)
    key = [slice(None)] * len(x.shape)
    for axis, first, last, step in zip(along, begin, end, apart, strict=True):
        size = x.shape[axis]
        # Whatever lies before the first place is "to the end" when walking backwards.
        stop = None if (step < 0 and last < -size) else last
        key[axis] = slice(first, stop, step)
    return ops.index(x, key=tuple(key))


def _take(x: Any, places: Any = None, *, axis: int = 0, at: Any = None) -> Any:
    """Return x at places along an axis; places are an input, or the setting `at`."""
    axis = axis % len(x.shape)
    if places is None:
        chosen: Any = at if isinstance(at, int) else np.asarray(at)
        return ops.index(x, key=(slice(None),) * axis + (chosen,))
    chosen = value_of(places)
    xp = namespace(chosen)
    chosen = xp.astype(chosen, xp.int32)
    if axis == 0:
        return ops.embedding(x, chosen)
    return ops.index(x, key=(slice(None),) * axis + (chosen,))


def _reduced(function: Callable[..., Any]) -> Callable[..., Any]:
    def applied(x: Any, *, axes: Any = None, keepdims: bool = False) -> Any:
        return function(x, axis=None if axes is None else _whole(axes), keepdims=keepdims)

    return applied


def _shape(x: Any, *, start: int = 0, end: int | None = None) -> np.ndarray:
    return np.array(x.shape[start:end], np.int64)


def _range(*bounds: Any) -> np.ndarray:
    start, limit, step = (int(np.asarray(value_of(bound)).reshape(())) for bound in bounds)
    return np.arange(start, limit, step, dtype=np.int64)


def _filled(sizes: Any, *, value: Any) -> np.ndarray:
    """Return an array of one value: float32, whole numbers or truths, as the value is."""
    kind = np.float32 if isinstance(value, float) else None
    return np.full(_whole(sizes), value, kind)


def _triangle(x: Any, *, upper: bool, shift: int = 0) -> Any:
    """Return x with zeros on the other side of its diagonal."""
    rows, columns = x.shape[-2:]
    kept = (np.triu if upper else np.tril)(np.ones((rows, columns), bool), shift)
    value = value_of(x)
    xp = namespace(value)
    if xp.isdtype(value.dtype, "bool"):
        return xp.logical_and(value, xp.asarray(kept))
    return ops.multiply(x, xp.asarray(kept.astype(value.dtype)))


def _floats(x: Any) -> Any:
    value = value_of(x)
    xp = namespace(value)
    return x if xp.isdtype(value.dtype, "real floating") else xp.astype(value, xp.float32)


def _integers(x: Any) -> Any:
    value = value_of(x)
    return value.astype(np.int64) if isinstance(value, np.ndarray) else value.astype("int32")


def _rounded(name: str) -> Callable[..., Any]:
    """Return a rounding of values, which no blame flows through."""

    def applied(x: Any) -> Any:
        value = value_of(x)
        return getattr(namespace(value), name)(value)

    return applied


def _stretched(x: Any, to: Any = None, *, shape: Any = None) -> Any:
    sizes = _whole(shape if to is None else to)
    return ops.broadcast_to(x, shape=np.broadcast_shapes(tuple(x.shape), sizes))


OPERATIONS: dict[str, Callable[..., Any]] = {
    "add": _two(ops.add),
    "subtract": _two(ops.subtract),
    "multiply": _two(ops.multiply),
    "divide": _two(ops.divide),
    "power": _two(ops.power),
    "maximum": _two(ops.maximum),
    "minimum": _two(ops.minimum),
    "matmul": ops.matmul,
    "negative": ops.negative,
    "abs": ops.abs,
    "exp": ops.exp,
    "log": ops.log,
    "sqrt": ops.sqrt,
    "sin": ops.sin,
    "cos": ops.cos,
    "erf": ops.erf,
    "clip": ops.clip,
    "softmax": ops.softmax,
    "log_softmax": ops.log_softmax,
    "where": ops.where,
    "less": _compared("less"),
    "less_equal": _compared("less_equal"),
    "greater": _compared("greater"),
    "greater_equal": _compared("greater_equal"),
    "equal": _compared("equal"),
    "logical_and": _compared("logical_and"),
    "logical_or": _compared("logical_or"),
    "logical_not": _rounded("logical_not"),
    "round": _rounded("round"),
    "floor": _rounded("floor"),
    "transpose": ops.transpose,
    "reshape": _reshape,
    "flatten": _flatten,
    "squeeze": _squeeze,
    "unsqueeze": _unsqueeze,
    "concatenate": ops.concatenate,
    "stretch": _stretched,
    "part": _part,
    "take": _take,
    "mean": _reduced(ops.mean),
    "sum": _reduced(ops.sum),
    "max": _reduced(ops.max),
    "min": _reduced(ops.min),
    "shape": _shape,
    "filled": _filled,
    "triangle": _triangle,
    "range": _range,
    "whole_numbers": lambda *inputs, values, shape: np.array(values, np.int64).reshape(shape),
    "truths": lambda *inputs, values, shape: np.array(values, bool).reshape(shape),
    "floats": _floats,
    "integers": _integers,
}
"""What an `Operation` may do, by name; nothing else is ever done for a file."""
