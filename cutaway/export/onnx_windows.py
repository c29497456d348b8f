"""ONNX operators that go over places: convolutions, pools, norms and recurrence, as our layers."""

from __future__ import annotations

from typing import Any

import numpy as np

from cutaway import layers
from cutaway.export.imported import Value, filled
from cutaway.export.onnx_reading import (
    Array,
    Handler,
    NoSuchForm,
    Reading,
    constant,
    decimal,
    first_to_last,
    last_axis,
    last_to_first,
    one_or_all,
)
from cutaway.layers import Operation


def around(settings: dict[str, Any], axes: int) -> Any:
    """Return the padding as our layers say it."""
    kind = settings.get("auto_pad", "NOTSET")
    if kind == "SAME_UPPER":
        return "same"
    if kind == "VALID":
        return "valid"
    pads = settings.get("pads", [0] * 2 * axes)
    size, stride, dilation = settings["kernel_shape"], settings.get("strides", [1] * axes), settings.get("dilations")
    before, after = tuple(pads[:axes]), tuple(pads[axes:])
    if before == after and kind == "NOTSET":
        return one_or_all(before, axes)
    needed = [(places - 1) * apart for places, apart in zip(size, dilation or [1] * axes, strict=True)]
    same = tuple(each // 2 for each in needed), tuple(each - each // 2 for each in needed)
    if (before, after) == same and set(stride) == {1} and kind == "NOTSET":
        return "same"
    raise NoSuchForm(f"padding {kind if kind != 'NOTSET' else list(pads)}")


def conv(read: Reading, x: list[Any], settings: dict[str, Any], outputs: list[str]) -> Value:
    """Convolution; channels first there, last here."""
    weight = constant(x[1], "Conv with a weight")
    axes = weight.ndim - 2
    if axes not in (1, 2):
        raise NoSuchForm(f"Conv over {axes} axes")
    settings = {"kernel_shape": weight.shape[2:], **settings}
    kind = layers.Conv1D if axes == 1 else layers.Conv2D
    bias = len(x) > 2 and x[2] is not None
    layer: Any = kind(
        weight.shape[0], one_or_all(weight.shape[2:], axes),
        stride=one_or_all(settings.get("strides", [1] * axes), axes), padding=around(settings, axes),
        dilation=one_or_all(settings.get("dilations", [1] * axes), axes),
        groups=int(settings.get("group", 1)), bias=bias,
    )  # fmt: skip
    arrays = {"weight": np.moveaxis(weight, (0, 1), (-1, -2))}
    arrays |= {"bias": constant(x[2], "Conv with a bias")} if bias else {}
    name = read.draft.add(filled(layer, **arrays), read.draft.turned(x[0], first_to_last(axes + 2)))
    return Value(name, last_to_first(axes + 2))


def conv_transpose(read: Reading, x: list[Any], settings: dict[str, Any], outputs: list[str]) -> Value:
    """Transposed convolution."""
    weight = constant(x[1], "ConvTranspose with a weight")
    axes, size = weight.ndim - 2, weight.shape[2:]
    stride = settings.get("strides", [1] * axes)
    pads, more = settings.get("pads", [0] * 2 * axes), settings.get("output_padding", [0] * axes)
    over = [max(span - move, 0) for span, move in zip(size, stride, strict=True)]
    same = [each // 2 for each in over] + [each - each // 2 for each in over]
    under = [max(move - span, 0) for span, move in zip(size, stride, strict=True)]
    odd = settings.get("group", 1) != 1 or set(settings.get("dilations", [1])) != {1} or "output_shape" in settings
    if axes not in (1, 2) or odd or settings.get("auto_pad", "NOTSET") != "NOTSET":
        raise NoSuchForm("ConvTranspose with groups, dilations, output_shape or auto_pad")
    if list(pads) == same and list(more) == under:
        padding: Any = "same"
    elif list(pads[:axes]) == list(pads[axes:]) and not any(more):
        padding = one_or_all(pads[:axes], axes)
    else:
        raise NoSuchForm(f"ConvTranspose with pads {list(pads)}")
    kind: Any = layers.ConvTranspose1D if axes == 1 else layers.ConvTranspose2D
    bias = len(x) > 2 and x[2] is not None
    layer = kind(weight.shape[1], one_or_all(size, axes), stride=one_or_all(stride, axes), padding=padding, bias=bias)
    arrays = {"weight": np.moveaxis(weight, (0, 1), (-1, -2))}
    arrays |= {"bias": constant(x[2], "ConvTranspose with a bias")} if bias else {}
    name = read.draft.add(filled(layer, **arrays), read.draft.turned(x[0], first_to_last(axes + 2)))
    return Value(name, last_to_first(axes + 2))


def pool(one: type, two: type) -> Handler:
    """Return the reading of a pool."""

    def handle(read: Reading, x: list[Any], settings: dict[str, Any], outputs: list[str]) -> Value:
        size = settings["kernel_shape"]
        axes = len(size)
        padding = around(settings, axes)
        counted = settings.get("count_include_pad", 0) and padding not in ("valid", 0)
        if axes > 2 or settings.get("ceil_mode", 0) or counted or set(settings.get("dilations", [1])) != {1}:
            raise NoSuchForm("a pool with ceil_mode, count_include_pad, dilations or more than two axes")
        kind: Any = one if axes == 1 else two
        layer = kind(one_or_all(size, axes), one_or_all(settings.get("strides", [1] * axes), axes), padding)
        name = read.draft.add(layer, read.draft.turned(x[0], first_to_last(axes + 2)))
        return Value(name, last_to_first(axes + 2))

    return handle


def global_pool(name: str) -> Handler:
    """Return the reading of a pool over all places, whose axes stay with size 1."""

    def handle(read: Reading, x: list[Any], settings: dict[str, Any], outputs: list[str]) -> Value:
        rank = read.ranks.get(settings["input"], len(x[0].axes or ()))
        if not rank:
            raise NoSuchForm(f"Global{name} of a value of unknown rank")
        layer = layers.GlobalAveragePool() if name == "AveragePool" else layers.GlobalMaxPool()
        pooled = read.draft.add(layer, read.draft.turned(x[0], first_to_last(rank)))
        return Value(read.draft.operation("unsqueeze", pooled, axes=tuple(range(2, rank))))

    return handle


def batch_norm(read: Reading, x: list[Any], settings: dict[str, Any], outputs: list[str]) -> Value:
    """Batch norm, with the statistics of the training."""
    names = ("weight", "bias", "running_mean", "running_variance")
    arrays = {name: constant(each, "BatchNormalization with weights") for name, each in zip(names, x[1:], strict=True)}
    layer = filled(layers.BatchNorm(epsilon=decimal(settings.get("epsilon", 1e-5))), **arrays)
    rank = read.ranks.get(settings["input"], len(x[0].axes or ()) or 2)
    if rank == 2:
        return Value(read.draft.add(layer, read.plain(x[0])))
    return Value(read.draft.add(layer, read.draft.turned(x[0], first_to_last(rank))), last_to_first(rank))


def layer_norm(read: Reading, x: list[Any], settings: dict[str, Any], outputs: list[str]) -> Value:
    """Layer norm over the last axis."""
    weight = constant(x[1], "LayerNormalization with a weight")
    if not last_axis(read, x[0], settings["input"], settings.get("axis", -1)) or weight.ndim != 1:
        raise NoSuchForm("LayerNormalization over several axes")
    bias = np.zeros_like(weight) if len(x) < 3 or x[2] is None else constant(x[2], "LayerNormalization with a bias")
    layer = filled(layers.LayerNorm(decimal(settings.get("epsilon", 1e-5))), weight=weight, bias=bias)
    return Value(read.draft.add(layer, read.plain(x[0])))


def _zeros(read: Reading, operand: Any) -> bool:
    """Whether an operand is known to hold zeros alone, as a first state that is computed for the batch does."""
    if isinstance(operand, np.ndarray):
        return not operand.any()
    layer, sources = read.draft.made.get(operand.name, (None, ()))
    if isinstance(layer, Operation) and layer.name == "stretch":
        return _zeros(read, Value(sources[0]))
    if isinstance(layer, layers.Values):
        return not np.asarray(layer.values).any()
    return isinstance(layer, Operation) and layer.name == "filled" and not dict(layer.settings)["value"]


def recurrent(kind: str, order: tuple[int, ...]) -> Handler:
    """Return the reading of a recurrent node, whose gates come in ONNX's order; time comes first there."""

    def gates(array: Array) -> Array:
        parts = np.split(array, len(order), axis=-1)
        return np.concatenate([parts[order.index(place)] for place in range(len(order))], axis=-1)

    def handle(read: Reading, x: list[Any], settings: dict[str, Any], outputs: list[str]) -> list[Any]:
        outputs = [name if read.uses.get(name) else "" for name in outputs]
        started = not all(each is None or _zeros(read, each) for each in x[4:])
        reset = kind == "GRU" and not settings.get("linear_before_reset", 0)
        if settings.get("direction", "forward") != "forward" or started or reset or settings.get("layout", 0):
            raise NoSuchForm(f"{kind} with direction, layout, a first state, or a reset before the product")
        if settings.get("activations") or settings.get("clip") or any(outputs[2:]):
            raise NoSuchForm(f"{kind} with activations, clip or the state of its cells as an output")
        weight, past = (gates(constant(each, f"{kind} with weights")[0].T) for each in x[1:3])
        units, width = past.shape[0], past.shape[1]
        bias = np.zeros(2 * width, weight.dtype) if len(x) < 4 or x[3] is None else x[3][0]
        first, second = gates(bias[:width]), gates(bias[width:])
        arrays = {"weight": weight, "recurrent": past, "bias": first + second}
        whole = bool(outputs[0])
        layer: Any = {"RNN": layers.SimpleRNN, "GRU": layers.GRU, "LSTM": layers.LSTM}[kind](units, sequence=whole)
        if kind == "GRU":
            kept = np.concatenate([first[: 2 * units] + second[: 2 * units], first[2 * units :]])
            arrays |= {"bias": kept, "recurrent_bias": second[2 * units :]}
        states = read.draft.add(filled(layer, **arrays), read.draft.turned(x[0], (1, 0, 2)))
        if not whole:
            return [None, Value(read.draft.operation("unsqueeze", states, axes=(0,)))]
        every = Value(read.draft.operation("unsqueeze", states, axes=(1,)), (2, 1, 0, 3))
        if len(outputs) < 2 or not outputs[1]:
            return [every]
        last = read.draft.operation("part", states, starts=(-1,), ends=(1 << 60,), axes=(1,))
        return [every, Value(last, (1, 0, 2))]

    return handle
