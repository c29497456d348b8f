"""An ONNX graph in the making: nodes one after another, each known by the name of what it computes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cutaway.errors import InputError
from cutaway.layers import Layer
from cutaway.layers.layer import join

OPSET, ML_OPSET, IR = 18, 3, 9
"""What a graph asks of its reader: operators as of ONNX 1.13 (2022), and of ai.onnx.ml as of 1.9."""


def onnx_library() -> Any:
    """Return the package onnx; `InputError` where it is not installed."""
    try:
        import onnx
    except ImportError as fault:
        raise InputError(
            "ONNX needs the package onnx, which is not installed; install cutaway with it: pip install 'cutaway[onnx]'"
        ) from fault
    return onnx


@dataclass
class OnnxGraph:
    """Nodes, arrays, inputs and outputs of a graph; `arrays_of` are those of the member that is being written."""

    nodes: list[Any] = field(default_factory=list)
    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    inputs: list[Any] = field(default_factory=list)
    outputs: list[Any] = field(default_factory=list)
    dtype: Any = np.float32
    rank: int = 2  # how many axes what comes next has
    prefix: str = ""
    _paths: dict[int, str] = field(default_factory=dict)
    _own: dict[str, np.ndarray] = field(default_factory=dict)
    _turns: tuple[int, ...] = ()
    _count: int = 0

    def __post_init__(self) -> None:
        self._helper = onnx_library().helper

    # ---- pieces ---------------------------------------------------------------------------------------------

    def name(self, what: str) -> str:
        """Return a name that is not taken."""
        self._count += 1
        return f"{what}_{self._count}"

    def constant(self, values: Any, what: str = "constant") -> str:
        """Add an array and return its name; plain floats are of the network's type, whole numbers int64."""
        array = np.asarray(values)
        if array.dtype.kind == "f" and not isinstance(values, np.ndarray | np.generic):
            array = array.astype(self.dtype)
        elif array.dtype.kind == "U":
            array = array.astype(object)
        elif array.dtype.kind in "iu":
            array = array.astype(np.int64)
        name = what if what not in self.arrays and what != "constant" else self.name(what)
        self.arrays[name] = np.ascontiguousarray(array).reshape(array.shape)
        return name

    def node(self, operator: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        """Add a node and return the name of its output."""
        name = self.name(f"/{operator.lower()}")
        self.nodes.append(self._helper.make_node(operator, list(inputs), [name], domain=domain, **attributes))
        return name

    def chosen(self, operator: str, place: int, *inputs: str, **attributes: Any) -> str:
        """Add a node of which one output is wanted, and return its name."""
        name = self.name(f"/{operator.lower()}")
        self.nodes.append(self._helper.make_node(operator, list(inputs), [""] * place + [name], **attributes))
        return name

    def input(self, name: str, kind: str, shape: list[Any]) -> str:
        """Add an input of the graph; kind is "FLOAT", "DOUBLE", "INT64" or "STRING"."""
        self.inputs.append(self._helper.make_tensor_value_info(name, _kind(kind), shape))
        return name

    def output(self, value: str, name: str, kind: str, shape: list[Any] | None) -> None:
        """Add an output of the graph: what `value` holds, called `name`; None is a shape that is left open."""
        self.nodes.append(self._helper.make_node("Identity", [value], [name]))
        self.outputs.append(self._helper.make_tensor_value_info(name, _kind(kind), shape))

    # ---- layers ---------------------------------------------------------------------------------------------

    def network(self, network: Layer, arrays: dict[str, np.ndarray], x: str, prefix: str = "", rank: int = 2) -> str:
        """Add the nodes of a network with these arrays, and return the name of its output; x has `rank` axes."""
        self.rank = rank
        self._paths = {id(layer): path for path, layer in network.named_layers()}
        self._own, self.prefix = arrays, prefix
        return self.layer(network, x)

    def layer(self, layer: Layer, x: str) -> str:
        """Add the nodes of a layer, and return the name of its output."""
        from cutaway.export.onnx_layers import WRITERS

        result: str = WRITERS[type(layer)](self, layer, x)
        return result

    def array(self, layer: Layer, name: str) -> np.ndarray:
        """Return an array of a layer."""
        array = self._own[join(self._paths[id(layer)], name)]
        for turn in self._turns:
            array = array[turn]
        return array.astype(self.dtype)

    def weight(self, layer: Layer, name: str, values: np.ndarray | None = None) -> str:
        """Add an array of a layer, or values in its place, and return the name: its path."""
        values = self.array(layer, name) if values is None else values
        turns = "".join(f".{turn}" for turn in self._turns)
        path = f"{self.prefix}{join(self._paths[id(layer)], name)}{turns}"
        held = self.arrays.get(path)
        if held is not None and held.shape == values.shape and np.array_equal(held, values):
            return path  # a layer that stands in two places
        return self.constant(values, path)

    def repeated(self, layer: Any, x: str) -> str:
        """Add the blocks of a `Repeat`, one after another."""
        kept = self._turns
        for turn in range(layer.times):
            self._turns = (*kept, turn)
            x = self.layer(layer.block, x)
        self._turns = kept
        return x

    # ---- the whole ------------------------------------------------------------------------------------------

    def model(self, words: str, facts: dict[str, str]) -> bytes:
        """Return the graph as the content of a file, checked."""
        from cutaway.version import __version__

        onnx = onnx_library()
        initializers = [onnx.numpy_helper.from_array(array, name) for name, array in self.arrays.items()]
        graph = self._helper.make_graph(self.nodes, "cutaway", self.inputs, self.outputs, initializers)
        domains = {node.domain for node in self.nodes}
        opsets = [self._helper.make_opsetid("", OPSET)]
        opsets += [self._helper.make_opsetid("ai.onnx.ml", ML_OPSET)] if "ai.onnx.ml" in domains else []
        model = self._helper.make_model(
            graph, opset_imports=opsets, producer_name="cutaway", producer_version=__version__, doc_string=words,
            ir_version=IR,
        )  # fmt: skip
        for key, value in facts.items():
            entry = model.metadata_props.add()
            entry.key, entry.value = key, value
        open_ = [output for output in model.graph.output if not output.type.tensor_type.HasField("shape")]
        if open_:
            found = {output.name: output for output in onnx.shape_inference.infer_shapes(model).graph.output}
            for output in open_:
                output.CopyFrom(found[output.name])
        onnx.checker.check_model(model)
        content: bytes = model.SerializeToString()
        return content


def _kind(name: str) -> int:
    kind: int = getattr(onnx_library().TensorProto, name)
    return kind
