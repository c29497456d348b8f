"""ONNX graphs as our layers, so that networks of other programs can be explained."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from cutaway.errors import InputError
from cutaway.export.imported import Draft, Value, with_paths
from cutaway.export.onnx_graph import onnx_library
from cutaway.export.onnx_operators import HANDLERS
from cutaway.export.onnx_reading import NoSuchForm, Reading
from cutaway.layers import Layer

LARGEST = 1 << 31  # bytes of a file
PREPARING = {"IsNaN", "ai.onnx.ml.LabelEncoder"}  # with which the graphs of our tables begin
MOST_NUMBERS = 1 << 26  # of an array that is computed while reading


def from_onnx(path: str | Path, output: str | None = None) -> Layer:
    """Return the network of an ONNX file, with its weights: a `Sequential` where it is one, else a `Graph`.

    path    of a file that holds its weights
    output  which of the graph's outputs; the first that holds floats unless said. What others need is not read

    The network takes what the graph takes: pictures with the channels first where that is how it was made. Inside,
    convolutions have them last, and turns that undo each other are left out. Nothing that the file holds is run.

    Raises one `InputError` that names every operator that there is no layer or operation for; for a graph of a table
    with its preprocessing, which the message says how to go around; for inputs of texts;
    for a file that is damaged; and where onnx is not installed.
    """
    place = Path(path)
    model = _opened(place)
    graph = model.graph
    opset = max((entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")), default=1)
    chosen = _chosen(place, graph, output)
    nodes = _leading_to(graph, chosen)
    unknown = Counter(_told(node) for node in nodes if node.op_type != "Constant" and not _known(node))
    if set(unknown) & PREPARING and any(entry.key == "cutaway" for entry in model.metadata_props):
        raise InputError(
            f"{place}: begins with the preprocessing of a table, which cannot be read as layers. Explain the run that "
            "it was exported from instead: cutaway explain RUN --row 1. Or export its network alone, "
            "export(run.network, 'onnx', …), which takes encoded rows: run.preprocessing.transform(table)"
        )
    if unknown:
        raise InputError(_refused(place, unknown))
    reading = _begun(place, model, nodes, chosen)
    faults: Counter[str] = Counter()
    for node in nodes:
        inputs = [None if not name else reading.known.get(name, NoSuchForm) for name in node.input]
        if any(each is NoSuchForm for each in inputs):
            continue  # what it needs is what a fault before it lacks
        try:
            _read(reading, node, inputs, opset)
        except NoSuchForm as fault:
            faults[str(fault)] += 1
        except (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError) as fault:
            faults[f"{node.op_type} that does not fit what it takes ({str(fault).splitlines()[0][:80]})"] += 1
    if faults:
        raise InputError(_refused(place, faults))
    value = reading.known.get(chosen)
    if not isinstance(value, Value):
        raise InputError(
            f"{place}: the output {chosen!r} is not computed from its inputs; choose another with output=…"
        )
    return with_paths(reading.draft.network(reading.draft.turned(value)))


def _chosen(place: Path, graph: Any, output: str | None) -> str:
    """Return the name of the output that is asked for, or of the first that holds floats."""
    names = [str(each.name) for each in graph.output]
    if output is None:
        floats = [str(each.name) for each in graph.output if each.type.tensor_type.elem_type in (1, 10, 11)]
        return (floats or names)[0]
    if output not in names:
        raise InputError(f"{place}: has no output {output!r}; its outputs are {', '.join(map(repr, names))}")
    return output


def _leading_to(graph: Any, output: str) -> list[Any]:
    """Return the nodes that an output is computed from, in order."""
    maker = {name: place for place, node in enumerate(graph.node) for name in node.output if name}
    needed, open_ = set[int](), [output]
    while open_:
        place = maker.get(open_.pop())
        if place is not None and place not in needed:
            needed.add(place)
            open_ += graph.node[place].input
    return [graph.node[place] for place in sorted(needed)]


def _opened(place: Path) -> Any:
    """Return the model of a file, its shapes worked out as far as they can be."""
    onnx = onnx_library()
    if not place.is_file():
        raise InputError(f"{place}: there is no such file; expected an ONNX graph")
    if place.stat().st_size > LARGEST:
        raise InputError(f"{place}: is larger than {LARGEST >> 30} GiB, which no ONNX file of this form is")
    try:
        model = onnx.load_model_from_string(place.read_bytes())
        if any(each.data_location == onnx.TensorProto.EXTERNAL for each in model.graph.initializer):
            raise InputError(f"{place}: its weights are in other files; save it as one file")
        try:
            onnx.checker.check_model(model)
        except onnx.checker.ValidationError as fault:
            if "'shape' of 'type' is required" not in str(
                fault
            ):  # what no shape is said of can be computed all the same
                raise
        return onnx.shape_inference.infer_shapes(model)
    except InputError:
        raise
    except Exception as fault:  # what a damaged file makes protobuf and the checker raise is of several kinds
        raise InputError(f"{place}: is no ONNX graph, or a damaged one ({str(fault).splitlines()[0][:120]})") from fault


def _begun(place: Path, model: Any, nodes: list[Any], chosen: str) -> Reading:
    """Return a reading that knows the graph's inputs, weights and ranks."""
    onnx = onnx_library()
    graph, draft = model.graph, Draft()
    reading = Reading(draft)
    for each in graph.initializer:
        reading.known[each.name] = onnx.numpy_helper.to_array(each)
    for each in graph.input:
        if each.name in reading.known:
            continue
        if each.type.tensor_type.elem_type == onnx.TensorProto.STRING:
            raise InputError(
                f"{place}: its input {each.name!r} is text; expected numbers: a network whose preprocessing is outside"
            )
        draft.inputs.append(each.name)
        reading.known[each.name] = Value(each.name)
    if not draft.inputs:
        raise InputError(f"{place}: the graph has no input; expected at least one")
    for each in [*graph.input, *graph.value_info, *graph.output]:
        if each.type.tensor_type.HasField("shape"):
            sizes = each.type.tensor_type.shape.dim
            reading.ranks[each.name] = len(sizes)
            if sizes and sizes[-1].HasField("dim_value"):
                reading.last[each.name] = sizes[-1].dim_value
    taken = Counter([*(name for node in nodes for name in node.input), chosen])
    reading.uses = dict(taken)
    return reading


def _read(reading: Reading, node: Any, inputs: list[Any], opset: int) -> None:
    """Add what a node does to the draft; a node of constants alone is computed now."""
    onnx = onnx_library()
    settings = {each.name: _plain(onnx.helper.get_attribute_value(each), onnx) for each in node.attribute}
    settings |= {"opset": opset, "input": node.input[0] if node.input else "", "inputs": list(node.input)}
    outputs = list(node.output)
    if node.op_type == "Constant":
        value = next(iter(node.attribute))
        held = onnx.helper.get_attribute_value(value)
        reading.known[outputs[0]] = onnx.numpy_helper.to_array(held) if value.name == "value" else np.asarray(held)
        return
    if all(each is None or isinstance(each, np.ndarray) for each in inputs):
        from onnx.reference import ReferenceEvaluator

        _check_size(node.op_type, inputs)
        evaluator = ReferenceEvaluator(node)
        found = evaluator.run(None, {name: each for name, each in zip(node.input, inputs, strict=True) if name})
        reading.known.update(zip(outputs, list(found), strict=True))
        return
    given = HANDLERS[node.op_type](reading, inputs, settings, outputs)
    for name, value in zip(outputs, given if isinstance(given, list) else [given], strict=False):
        if name:
            reading.known[name] = value
            _follow(reading, node, name, value)


KEEPING = {
    "Relu", "Sigmoid", "Tanh", "Elu", "Selu", "LeakyRelu", "Gelu", "Mish", "Softplus", "Softmax", "LogSoftmax", "Erf",
    "Add", "Sub", "Mul", "Div", "Pow", "Max", "Min", "Sum", "Sqrt", "Exp", "Log", "Neg", "Abs", "Clip", "Where",
    "Identity", "Dropout", "Cast", "LayerNormalization", "BatchNormalization",
}  # fmt: skip
"""Operators whose output has as many axes as the input that has most."""


def _follow(reading: Reading, node: Any, name: str, value: Any) -> None:
    """Keep in mind how many axes a value has, where the library's own inference gave up before it."""
    if name in reading.ranks or not isinstance(value, Value):
        return
    if value.axes is not None:
        reading.ranks[name] = len(value.axes)
    elif node.op_type == "Transpose" and node.input[0] in reading.ranks:
        reading.ranks[name] = reading.ranks[node.input[0]]
    elif node.op_type in KEEPING:
        operands = [each for each in node.input if each]
        known = [reading.ranks.get(each, getattr(reading.known[each], "ndim", None)) for each in operands]
        if None not in known:
            reading.ranks[name] = max(rank for rank in known if rank is not None)


def _check_size(operator: str, inputs: list[Any]) -> None:
    """Raise `NoSuchForm` for a node of a few bytes that would fill the memory."""
    sizes: dict[str, Any] = {
        "ConstantOfShape": lambda shape: shape,
        "Expand": lambda x, shape: np.maximum(shape, 1) if len(shape) >= x.ndim else np.array(x.shape),
        "Tile": lambda x, times: np.array(x.shape) * times,
        "Range": lambda start, limit, step: np.atleast_1d((limit - start) / (step or 1)),
    }
    if operator in sizes and np.prod(np.asarray(sizes[operator](*inputs), np.float64)) > MOST_NUMBERS:
        raise NoSuchForm(f"{operator} of more than {MOST_NUMBERS:,} numbers")


def _plain(value: Any, onnx: Any) -> Any:
    """Return an attribute's value: a number, a text, a list of them, or an array."""
    if isinstance(value, onnx.TensorProto):
        return onnx.numpy_helper.to_array(value)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return list(value) if hasattr(value, "__iter__") and not isinstance(value, str) else value


def _known(node: Any) -> bool:
    return node.op_type in HANDLERS and node.domain in ("", "ai.onnx")


def _told(node: Any) -> str:
    return f"{node.domain}.{node.op_type}" if node.domain not in ("", "ai.onnx") else str(node.op_type)


def _refused(place: Path, kinds: Counter[str]) -> str:
    named = ", ".join(f"{kind} ({count})" if count > 1 else kind for kind, count in kinds.items())
    return (
        f"{place}: the graph has operators that cannot be read: {named}; expected dense, convolution, pooling, norm, "
        "recurrent, attention and activation nodes"
    )
