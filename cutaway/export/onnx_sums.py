"""ONNX operators of weighted sums and of two operands, as our layers and operations."""

from __future__ import annotations

from typing import Any

import numpy as np

from cutaway import layers
from cutaway.export.bends import bend
from cutaway.export.imported import Value, filled
from cutaway.export.onnx_reading import (
    Array,
    Handler,
    NoSuchForm,
    Operand,
    Reading,
    constant,
)


def dense(read: Reading, x: Operand, weight: Array, bias: Array | None) -> Value:
    """Add a dense layer on x as it stands in the ONNX graph."""
    layer = layers.Dense(weight.shape[1], bias=bias is not None)
    arrays = {"weight": weight} | (
        {} if bias is None else {"bias": np.broadcast_to(bias.reshape(-1), weight.shape[1:])}
    )
    return Value(read.draft.add(filled(layer, **arrays), read.plain(x)))


def matmul(read: Reading, x: list[Any], settings: dict[str, Any], outputs: list[str]) -> Value:
    """x weight is a dense layer without bias; two values are multiplied as they are."""
    if isinstance(x[1], np.ndarray) and x[1].ndim == 2 and isinstance(x[0], Value):
        return dense(read, x[0], x[1], None)
    return read.operation("matmul", *x)


def gemm(read: Reading, x: list[Any], settings: dict[str, Any], outputs: list[str]) -> Value:
    """α x weight + β bias."""
    weight = constant(x[1], "Gemm with a weight")
    if settings.get("transA", 0):
        raise NoSuchForm("Gemm with transA")
    weight = (weight.T if settings.get("transB", 0) else weight) * np.float32(settings.get("alpha", 1.0))
    bias = (
        None
        if len(x) < 3 or x[2] is None
        else constant(x[2], "Gemm with a bias") * np.float32(settings.get("beta", 1.0))
    )
    return dense(read, x[0], weight, bias)


def binary(name: str) -> Handler:
    """Return the reading of an operation of two operands, of which one may be known."""

    def handle(read: Reading, x: list[Any], settings: dict[str, Any], outputs: list[str]) -> Value:
        made = combined(read, x, settings, outputs)
        found = bend(read.draft, made.name) if name == "multiply" else None
        return made if found is None else Value(read.draft.add(*found), made.axes)

    def combined(read: Reading, x: list[Any], settings: dict[str, Any], outputs: list[str]) -> Value:
        sides = [operand for operand in x if isinstance(operand, Value)]
        if len(x) > 2:  # Sum, Max, Min of several
            return handle(read, [handle(read, x[:2], settings, outputs), *x[2:]], settings, outputs)
        if len(sides) == 2:
            if x[0].axes == x[1].axes and x[0].axes is not None and _same_rank(read, x):
                return Value(read.draft.operation(name, x[0].name, x[1].name), x[0].axes)
            return read.operation(name, *x)
        [value] = sides
        place = 0 if isinstance(x[1], Value) else 1
        held = x[place]
        if held.size == 1 and held.dtype.kind == "f" and held.ndim <= 1:
            setting = {"left" if place == 0 else "right": float(held.reshape(()))}
            return Value(read.draft.operation(name, value.name, **setting), value.axes)
        fits = held.ndim == 1 and read.last.get(settings["inputs"][1 - place]) == len(held) and held.dtype.kind == "f"
        alone = read.uses.get(settings["inputs"][1 - place], 0) == 1
        fused = _fused(read, name, value, held, alone) if fits else None
        return read.operation(name, *x) if fused is None else fused

    return handle


def _same_rank(read: Reading, x: list[Value]) -> bool:
    return all(value.axes is not None and len(value.axes) == len(x[0].axes or ()) for value in x)


def _fused(read: Reading, name: str, value: Value, held: Array, alone: bool) -> Value | None:
    """Return a bias taken into the dense layer before it, or a scale; None where it is neither.

    alone   whether nothing else takes the value
    """
    layer, sources = read.draft.made.get(value.name, (None, ()))
    if name == "add" and isinstance(layer, layers.Dense) and not layer.has_bias and value.axes is None:
        if layer.units == len(held) and alone and not read.draft.uses.get(value.name, 0):
            whole = filled(layers.Dense(layer.units), weight=layer.weight, bias=held)
            read.draft.made[value.name] = (whole, sources)
            return value
        return None
    if name == "multiply" and value.axes is None:
        return Value(read.draft.add(filled(layers.Scale(), factor=held), value.name))
    return None
