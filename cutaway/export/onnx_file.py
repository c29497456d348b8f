"""A run as an ONNX graph, with the preprocessing in it as far as ONNX has operators for it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from cutaway.data.encoders import TableEncoder
from cutaway.data.text_windows import TextWindows
from cutaway.errors import InputError
from cutaway.export import onnx_table
from cutaway.export.members_of import Part, check_known, parts_of
from cutaway.export.onnx_graph import OPSET, OnnxGraph
from cutaway.export.onnx_layers import WRITERS
from cutaway.layers import Embedding, Layer, MemberDense
from cutaway.version import __version__

NOT_INSIDE = "not inside"
"""Under which name a graph says what has to be done before it: the columns that it does not read."""


def onnx_file(run: Any, name: str) -> tuple[dict[str, bytes], list[str]]:
    """Return the file of a run by name, `NAME.onnx`, and what a person has to know of it, in sentences.

    run    on a table, on pictures, on a text, or on arrays
    name   of the file, without its ending

    The number of rows is open. A table's columns are an input each, (rows, 1): numbers as doubles, NaN where one is
    missing; categories and booleans as strings, "" where one is missing. With a column of dates or free text the
    graph begins at the encoded columns instead, and says so. Raises `InputError` for layers that there is no such
    form of, and where onnx is not installed.
    """
    parts = parts_of(run.network)
    check_known(parts, tuple(WRITERS), "onnx")
    graph = OnnxGraph()
    preprocessing: Any = getattr(run, "preprocessing", None)
    target: Any = getattr(run, "target", None)
    facts = {"cutaway": __version__, "network": str(parts[0].network)[:2000]}
    told: list[str] = []
    if isinstance(preprocessing, TableEncoder):
        told = _table(graph, parts, preprocessing, target, facts)
        words = f"What {target.column!r} is."
    elif isinstance(preprocessing, TextWindows):
        scores = _mean(graph, parts, graph.input("tokens", "INT64", ["rows", "time"]), lambda _, z: z)
        graph.output(scores, "scores", "FLOAT", ["rows", "time", preprocessing.outputs])
        facts["vocabulary"] = json.dumps(list(preprocessing.tokens.vocabulary), ensure_ascii=False)
        words = "Scores for the token that comes after each; softmax makes them probabilities."
        told = [f"the graph takes numbers of tokens, at most {preprocessing.context} in a row; the vocabulary is in it"]
    elif preprocessing is not None:
        x = graph.input("pixels", "UINT8", ["rows", preprocessing.height, preprocessing.width, preprocessing.channels])
        x = graph.node("Cast", x, to=onnx_table.FLOAT)
        onnx_table.classes(graph, target, _mean(graph, parts, x, lambda _, z: graph.node("Softmax", z, axis=-1), 4))
        words = "What a picture shows."
        told = ["the graph takes bytes (rows, height, width, channels), pictures of the size that was trained on"]
    else:
        _arrays(graph, parts)
        words = "A network."
    told.insert(0, f"opset {OPSET}; any number of rows")
    return {f"{name}.onnx": graph.model(words, facts)}, told


def _table(graph: OnnxGraph, parts: tuple[Part, ...], encoder: TableEncoder, target: Any, facts: Any) -> list[str]:
    told: list[str] = []
    left = onnx_table.outside(encoder)
    if left:
        x = graph.input("encoded", "FLOAT", ["rows", encoder.width])
        named = ", ".join(f"{column!r} ({what})" for column, what in left.items())
        facts[NOT_INSIDE] = f"{named}: no operator of ONNX reads it, so that the graph begins at the encoded columns"
        facts["encoded columns"] = json.dumps(list(encoder.names), ensure_ascii=False)
        told.append(f"{facts[NOT_INSIDE]}; run.preprocessing.transform(table) makes them, as does --to numpy")
    else:
        x = onnx_table.encoded(graph, encoder)
        told.append("one input a column: numbers as doubles (NaN is missing), categories as strings ('' is missing)")
    facts["target"] = target.column
    if encoder.series is not None:
        told.append(f"the graph does not look back: {encoder.series.lagged[0]!r} and its like are inputs, too")

    def answer(part: Part, z: str) -> str:
        inside = any(isinstance(layer, MemberDense) for _, layer in part.network.named_layers())
        return onnx_table.answer(graph, target, z, inside)

    onnx_table.decoded(graph, target, _mean(graph, parts, x, answer))
    return told


def _mean(graph: OnnxGraph, parts: tuple[Part, ...], x: str, answer: Callable[[Part, str], str], rank: int = 2) -> str:
    """Add all networks and the mean of what `answer` makes of their outputs, each with its share."""
    alone = len(parts) == 1 and parts[0].members == 1
    weighted: list[str] = []
    for place, part in enumerate(parts):
        for member in range(part.members):
            prefix = "" if alone else f"{place}/{member}/"
            said = answer(part, graph.network(part.network, part.of(member), x, prefix, rank))
            if alone:
                return said
            weighted.append(graph.node("Mul", said, graph.constant(part.share / part.members)))
    return graph.node("Sum", *weighted) if len(weighted) > 1 else weighted[0]


def _arrays(graph: OnnxGraph, parts: tuple[Part, ...]) -> None:
    """Add the input "x" and the output "y" of a network that was trained on arrays."""
    if len(parts) > 1:
        raise InputError("export: a blend has no outputs of its own; export the run of the table that it belongs to")
    network = parts[0].network
    if any(isinstance(layer, Embedding) for _, layer in network.named_layers()):
        rank = 2
        x = graph.input("x", "INT64", ["rows", "time"])
    else:
        rank = rank_of(network)
        x = graph.input("x", "FLOAT", ["rows", *(f"size_{place}" for place in range(1, rank))])
    y = _mean(graph, parts, x, lambda _, z: z, rank)
    graph.output(y, "y", "FLOAT", None)


PICTURES = ("Conv2D", "MaxPool2D", "AveragePool2D", "RandomShift", "RandomFlip", "Cutout", "ConvTranspose2D")
SEQUENCES = (
    "Conv1D", "ConvTranspose1D", "MaxPool1D", "AveragePool1D", "SimpleRNN", "GRU", "LSTM", "Bidirectional",
    "MultiHeadAttention", "TransformerBlock", "FeedForward", "LearnedPositions", "GlobalAveragePool", "GlobalMaxPool",
)  # fmt: skip


def rank_of(network: Layer) -> int:
    """Return how many axes a network's input has, the batch among them: what its layers ask for.

    >>> import cutaway as ca
    >>> rank_of(ca.Sequential(ca.BatchNorm(), ca.Conv2D(2))), rank_of(ca.Dense(3))
    (4, 2)
    """
    kinds = [type(layer).__name__ for _, layer in network.named_layers()]
    if any(kind in PICTURES for kind in kinds):
        return 4
    return 3 if any(kind in SEQUENCES for kind in kinds) else 2
