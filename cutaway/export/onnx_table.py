"""A table's columns and answers as ONNX nodes: from numbers and texts as people have them to labels and figures."""

from __future__ import annotations

from typing import Any

import numpy as np

from cutaway.data.boolean_encoder import BooleanEncoder
from cutaway.data.category_encoder import CategoryEncoder
from cutaway.data.date_encoder import DateEncoder
from cutaway.data.encoders import TableEncoder
from cutaway.data.number_encoder import NumberEncoder
from cutaway.data.several_targets import AnyTarget, LabelsTarget, NumbersTarget
from cutaway.data.table import as_texts
from cutaway.data.targets import ClassTarget
from cutaway.data.text_encoder import TextEncoder
from cutaway.export.numpy_table import SIGNS
from cutaway.export.onnx_graph import OnnxGraph

FLOAT, INT64 = 1, 7  # ONNX's numbers for the types

OUTSIDE: dict[type, str] = {DateEncoder: "dates", TextEncoder: "free text"}
"""Columns that no operator of ONNX reads."""


def outside(encoder: TableEncoder) -> dict[str, str]:
    """Return the columns that cannot be read inside a graph, and what they hold."""
    return {each.column: OUTSIDE[type(each)] for each in encoder.encoders if type(each) in OUTSIDE}


def encoded(graph: OnnxGraph, encoder: TableEncoder) -> str:
    """Add an input for each column and the nodes that encode it; return what the network sees, (rows, width)."""
    parts: list[str] = []
    for each in encoder.encoders:
        if isinstance(each, NumberEncoder):
            parts += _number(graph, each, graph.input(each.column, "DOUBLE", ["rows", 1]))
        elif isinstance(each, BooleanEncoder):
            parts.append(_boolean(graph, graph.input(each.column, "STRING", ["rows", 1])))
        else:
            assert isinstance(each, CategoryEncoder)
            parts.append(_category(graph, each, graph.input(each.column, "STRING", ["rows", 1])))
    joined: str = graph.node("Concat", *parts, axis=1)
    return joined


def _number(graph: OnnxGraph, encoder: NumberEncoder, x: str) -> list[str]:
    """Add z = (x − centre) / spread and z / √(1 + (z/3)²), in double precision, and the column of what is missing."""
    absent = graph.node("IsNaN", x)
    missing = graph.node("Cast", absent, to=FLOAT)
    centre = graph.constant(np.float64(encoder.centre))
    if encoder.spread == 0.0:
        y = graph.node("Mul", missing, graph.constant(0.0))
    else:
        known = graph.node("Where", absent, centre, x)
        z = graph.node("Div", graph.node("Sub", known, centre), graph.constant(np.float64(encoder.spread)))
        z = graph.node("Clip", z, graph.constant(np.float64(-1e30)), graph.constant(np.float64(1e30)))
        third = graph.node("Div", z, graph.constant(np.float64(3.0)))
        square = graph.node("Add", graph.node("Mul", third, third), graph.constant(np.float64(1.0)))
        y = graph.node("Cast", graph.node("Div", z, graph.node("Sqrt", square)), to=FLOAT)
    return [y, missing] if encoder.indicator else [y]


def _boolean(graph: OnnxGraph, x: str) -> str:
    spelt = {way: sign for word, sign in SIGNS.items() for way in (word, word.upper(), word.capitalize())}
    signs: str = graph.node(
        "LabelEncoder", x, domain="ai.onnx.ml", keys_strings=list(spelt), values_floats=list(spelt.values()),
        default_float=0.0,
    )  # fmt: skip
    return signs


def _category(graph: OnnxGraph, encoder: CategoryEncoder, x: str) -> str:
    names = ["", *encoder.categories] if "" not in encoder.categories else list(encoder.categories)
    codes = range(1 - ("" not in encoder.categories), len(encoder.categories) + 1)
    other = len(encoder.categories) + 1 if encoder.rare else 0
    code = graph.node(
        "LabelEncoder", x, domain="ai.onnx.ml", keys_strings=names, values_int64s=list(codes), default_int64=other
    )
    if encoder.coded:
        return graph.node("Cast", code, to=FLOAT)
    size = len(encoder.categories)
    table = np.array([[0.0], [-1.0], [1.0]]) if size == 2 else np.eye(size + 1)[:, 1:]
    rows = graph.node("Gather", graph.constant(table.astype(np.float32)), code, axis=0)
    return graph.node("Reshape", rows, graph.constant([-1, table.shape[1]]))


def answer(graph: OnnxGraph, target: AnyTarget, outputs: str, inside: bool) -> str:
    """Add what one network's outputs say: probabilities or standardised numbers; `inside` they have a member axis."""
    if isinstance(target, ClassTarget):
        outputs = graph.node("Softmax", outputs, axis=-1)
    elif isinstance(target, LabelsTarget):
        outputs = graph.node("Sigmoid", outputs)
    return graph.node("ReduceMean", outputs, graph.constant([1]), keepdims=0) if inside else outputs


def decoded(graph: OnnxGraph, target: AnyTarget, mean: str) -> None:
    """Add the outputs of the graph, from the mean answer."""
    if isinstance(target, LabelsTarget):
        graph.output(mean, "probabilities", "FLOAT", ["rows", target.outputs])
    elif isinstance(target, ClassTarget):
        classes(graph, target, mean)
    else:
        numbers = target.numbers if isinstance(target, NumbersTarget) else (target,)

        def each(name: str) -> str:
            return graph.constant(np.array([getattr(number, name) for number in numbers], np.float64))

        y = graph.node("Add", graph.node("Mul", graph.node("Cast", mean, to=11), each("std")), each("mean"))
        y = graph.node("Min", graph.node("Max", y, each("low")), each("high"))
        graph.output(y, "prediction", "DOUBLE", ["rows", target.outputs])


def classes(graph: OnnxGraph, target: ClassTarget, p: str) -> None:
    """Add the outputs "label" and "probabilities", from probabilities before the temperature."""
    if target.temperature != 1.0:
        log = graph.node("Log", graph.node("Max", p, graph.constant(1e-15)))
        p = graph.node("Softmax", graph.node("Div", log, graph.constant(target.temperature)), axis=-1)
    if len(target.labels) == 2 and target.threshold != 0.5:
        second = graph.node("Gather", p, graph.constant(1), axis=1)
        code = graph.node("Cast", graph.node("Greater", second, graph.constant(target.threshold)), to=INT64)
    else:
        code = graph.node("ArgMax", p, axis=1, keepdims=0)
    labels = target.decode(np.arange(len(target.labels)))
    kind = {"f": "DOUBLE", "b": "BOOL"}.get(labels.dtype.kind, "STRING")
    held: Any = np.array(as_texts(labels), object) if kind == "STRING" else labels
    graph.output(graph.node("Gather", graph.constant(held), code, axis=0), "label", kind, ["rows"])
    graph.output(p, "probabilities", "FLOAT", ["rows", len(target.labels)])
