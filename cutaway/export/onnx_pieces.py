"""ONNX operators of shapes, pieces and single numbers, as our layers and operations."""

from __future__ import annotations

from collections.abc import Callable
from math import isclose
from typing import Any

import numpy as np

from cutaway import layers
from cutaway.export.imported import Value, filled
from cutaway.export.onnx_reading import (
    Handler,
    NoSuchForm,
    Reading,
    constant,
    first_to_last,
    last_axis,
)
from cutaway.layers import Layer, Operation


def transpose(read: Reading, x: list[Any], settings: dict[str, Any], outputs: list[str]) -> Value:
    """A turn is kept in mind: the next layer may want it undone."""
    value = x[0]
    rank = read.ranks.get(settings["input"], len(value.axes or ()))
    axes = tuple(settings["perm"]) if "perm" in settings else tuple(range(rank))[::-1]
    if not axes:
        raise NoSuchForm("Transpose of a value of unknown rank")
    joined = axes if value.axes is None else tuple(value.axes[axis] for axis in axes)
    return Value(value.name, None if joined == tuple(range(len(joined))) else joined)


def squeeze(read: Reading, x: list[Any], settings: dict[str, Any], outputs: list[str]) -> Value:
    """Axes of size 1 leave; one that was only just put in leaves no trace."""
    axes = settings.get("axes") if len(x) < 2 else constant(x[1], "Squeeze of axes").tolist()
    value = x[0]
    if axes is None:
        return read.operation("squeeze", value)
    if value.axes is not None:
        rank = len(value.axes)
        gone = {value.axes[axis % rank] for axis in axes}
        kept = [axis for axis in value.axes if axis not in gone]
        axes, turned = sorted(gone), tuple(sorted(kept).index(axis) for axis in kept)
    else:
        axes, turned = list(axes), None
    layer, sources = read.draft.made.get(value.name, (None, ()))
    if isinstance(layer, Operation) and layer.settings == (("axes", tuple(axes)),) and layer.name == "unsqueeze":
        return Value(sources[0], turned)
    name = read.draft.operation("squeeze", value.name, axes=tuple(axes))
    return Value(name, None if turned == tuple(range(len(turned or ()))) else turned)


def unsqueeze(read: Reading, x: list[Any], settings: dict[str, Any], outputs: list[str]) -> Value:
    """Axes of size 1 come in."""
    axes: Any = settings.get("axes") if len(x) < 2 else constant(x[1], "Unsqueeze of axes").tolist()
    return read.operation("unsqueeze", x[0], axes=tuple(int(axis) for axis in axes))


def flatten(read: Reading, x: list[Any], settings: dict[str, Any], outputs: list[str]) -> Value:
    """All axes but the first as one."""
    if settings.get("axis", 1) != 1:
        return read.operation("flatten", x[0], axis=settings["axis"])
    layer, sources = read.draft.made.get(x[0].name, (None, ()))
    if isinstance(layer, Operation) and layer.name == "unsqueeze" and x[0].axes is None:
        before = read.draft.made.get(sources[0], (None, ()))[0]
        if isinstance(before, layers.GlobalAveragePool | layers.GlobalMaxPool):
            return Value(sources[0])  # (batch, channels) already
    return Value(read.draft.add(layers.Flatten(), read.plain(x[0])))


def reshape(read: Reading, x: list[Any], settings: dict[str, Any], outputs: list[str]) -> Value:
    """Another shape, known or computed; all but the batch in one line is a Flatten."""
    if not isinstance(x[1], np.ndarray):
        return read.operation("reshape", x[0], x[1])
    shape = tuple(x[1].tolist())
    if settings.get("allowzero", 0) and 0 in shape:
        raise NoSuchForm("Reshape with allowzero")
    return read.operation("reshape", x[0], shape=shape)


def concat(read: Reading, x: list[Any], settings: dict[str, Any], outputs: list[str]) -> Value:
    """Values side by side."""
    return read.operation("concatenate", *x, axis=settings["axis"])


def part(read: Reading, x: list[Any], settings: dict[str, Any], outputs: list[str]) -> Value:
    """A piece along some axes."""
    if "starts" in settings:  # before opset 10
        return read.operation(
            "part", x[0], **{key: tuple(settings[key]) for key in ("starts", "ends", "axes") if key in settings}
        )
    if all(each is None or isinstance(each, np.ndarray) for each in x[1:]):
        names = ("starts", "ends", "axes", "steps")
        bounds = {name: tuple(each.tolist()) for name, each in zip(names, x[1:], strict=False) if each is not None}
        return read.operation("part", x[0], **bounds)
    if any(each is None for each in x[1:]) or len(x) == 3:
        raise NoSuchForm("Slice with computed bounds and without axes")
    return read.operation("part", *x)


def split(read: Reading, x: list[Any], settings: dict[str, Any], outputs: list[str]) -> list[Value]:
    """Pieces side by side along an axis; without their sizes they are equal."""
    axis = int(settings.get("axis", 0))
    sizes: Any = settings.get("split") or (x[1].tolist() if len(x) > 1 and isinstance(x[1], np.ndarray) else None)
    if sizes is None:
        raise NoSuchForm("Split without sizes")
    ends = np.cumsum(sizes).tolist()
    return [
        read.operation("part", x[0], starts=(end - size,), ends=(end,), axes=(axis,))
        for size, end in zip(sizes, ends, strict=True)
    ]


def gather(read: Reading, x: list[Any], settings: dict[str, Any], outputs: list[str]) -> Value:
    """The vectors of words where the table is known, else places of a value."""
    axis = int(settings.get("axis", 0))
    table, places = x
    if isinstance(table, np.ndarray) and table.ndim == 2 and axis == 0 and table.dtype.kind == "f":
        layer = filled(layers.Embedding(*table.shape), weight=table)
        before, sources = read.draft.made.get(places.name, (None, ()))
        if isinstance(before, Operation) and before.name == "integers" and places.axes is None:
            places = Value(sources[0])  # the layer makes them whole numbers itself
        return Value(read.draft.add(layer, read.plain(places)))
    if isinstance(places, np.ndarray):
        at: Any = int(places) if places.ndim == 0 else tuple(places.reshape(-1).tolist())
        if places.ndim > 1:
            raise NoSuchForm("Gather of places in several axes")
        return read.operation("take", table, axis=axis, at=at)
    return read.operation("take", table, places, axis=axis)


GLOBAL: dict[str, Callable[[], Layer]] = {"mean": layers.GlobalAveragePool, "max": layers.GlobalMaxPool}


def reduced(name: str) -> Handler:
    """Return the reading of a mean, a sum or an extreme over axes."""

    def handle(read: Reading, x: list[Any], settings: dict[str, Any], outputs: list[str]) -> Value:
        axes = settings.get("axes")
        if len(x) > 1 and x[1] is not None:
            axes = constant(x[1], "a reduction over axes").tolist()
        if axes is not None and not settings.get("keepdims", 1) and name in GLOBAL:
            rank = read.ranks.get(settings["input"], 0)
            places = {axis % max(rank, 1) for axis in axes}
            for turn, middle in ((None, range(1, rank - 1)), (first_to_last(rank), range(2, rank))):
                if rank > 2 and places == set(middle):
                    return Value(read.draft.add(GLOBAL[name](), read.draft.turned(x[0], turn)))
        chosen = {} if axes is None else {"axes": tuple(int(axis) for axis in axes)}
        return read.operation(name, x[0], **chosen, keepdims=bool(settings.get("keepdims", 1)))

    return handle


def activation(layer: Callable[[dict[str, Any]], Layer]) -> Handler:
    """Return the reading of an operation on each number by itself."""
    return lambda read, x, settings, outputs: read.unary(layer(settings), x[0])


def selu(settings: dict[str, Any]) -> Layer:
    """SELU, with the one pair of numbers that ours has."""
    alpha, gamma = settings.get("alpha", 1.6732632), settings.get("gamma", 1.050701)
    if not isclose(alpha, 1.6732632, rel_tol=1e-5) or not isclose(gamma, 1.050701, rel_tol=1e-5):
        raise NoSuchForm("Selu with other numbers")
    return layers.SELU()


def softmax(name: str) -> Handler:
    """Return the reading of a softmax along an axis."""

    def handle(read: Reading, x: list[Any], settings: dict[str, Any], outputs: list[str]) -> Value:
        axis = int(settings.get("axis", -1 if settings["opset"] >= 13 else 1))
        if settings["opset"] < 13 and not last_axis(read, x[0], settings["input"], axis):
            raise NoSuchForm("Softmax over several axes, before opset 13")
        layer = layers.Softmax(axis) if name == "softmax" else Operation("log_softmax", (("axis", axis),))
        return Value(read.draft.add(layer, read.plain(x[0])))

    return handle


def clip(read: Reading, x: list[Any], settings: dict[str, Any], outputs: list[str]) -> Value:
    """Numbers kept between two."""
    bounds = [settings.get("min"), settings.get("max")]
    for place, each in enumerate(x[1:3]):
        bounds[place] = None if each is None else float(constant(each, "Clip with bounds").reshape(()))
    low, high = (edge if bound is None else bound for bound, edge in zip(bounds, (-3.4e38, 3.4e38), strict=True))
    return read.unary(Operation("clip", (("low", float(low)), ("high", float(high)))), x[0])


def simple(name: str) -> Handler:
    """Return the reading of an operation on each number by itself that has no settings."""
    return lambda read, x, settings, outputs: read.unary(Operation(name), x[0])


def cast(read: Reading, x: list[Any], settings: dict[str, Any], outputs: list[str]) -> Value:
    """Another type of numbers: floats, whole numbers or truths."""
    to = settings["to"]
    if to in (1, 10, 11):
        return read.unary(Operation("floats"), x[0])
    if to in (6, 7):
        return read.unary(Operation("integers"), x[0])
    if to == 9:
        return read.unary(Operation("greater", (("right", 0.0),)), x[0])
    raise NoSuchForm("Cast to another type than numbers and truths")


def filled_shape(read: Reading, x: list[Any], settings: dict[str, Any], outputs: list[str]) -> Value:
    """One value, as often as a computed shape says."""
    held = settings.get("value")
    value = 0.0 if held is None else held.reshape(-1)[0].item()
    return read.operation("filled", x[0], value=value)


def triangle(read: Reading, x: list[Any], settings: dict[str, Any], outputs: list[str]) -> Value:
    """Zeros on one side of the diagonal."""
    shift = 0 if len(x) < 2 or x[1] is None else int(constant(x[1], "Trilu with a shift").reshape(()))
    return read.operation("triangle", x[0], upper=bool(settings.get("upper", 1)), shift=shift)


def shape(read: Reading, x: list[Any], settings: dict[str, Any], outputs: list[str]) -> Value:
    """The sizes of a value."""
    found = {key: int(settings[key]) for key in ("start", "end") if key in settings}
    return read.operation("shape", x[0], **found)
