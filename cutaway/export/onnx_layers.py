"""Each layer as ONNX nodes; what comes in and goes out has the features or channels last, as in the layers."""

from __future__ import annotations

from collections.abc import Callable
from math import pi, sqrt
from typing import Any

import numpy as np

from cutaway import layers
from cutaway.export.onnx_graph import OnnxGraph
from cutaway.ops.windows import per_axis

Writer = Callable[[OnnxGraph, Any, str], str]


def _nothing(graph: OnnxGraph, layer: Any, x: str) -> str:
    return x


def _node(operator: str, **attributes: Any) -> Writer:
    """Return a writer of one node without weights."""
    return lambda graph, layer, x: graph.node(operator, x, **attributes)


def linear(graph: OnnxGraph, x: str, weight: str, bias: str | None) -> str:
    """Add x weight + bias."""
    y: str = graph.node("MatMul", x, weight)
    return y if bias is None else graph.node("Add", y, bias)


def _dense(graph: OnnxGraph, layer: layers.Dense, x: str) -> str:
    weight = graph.array(layer, "weight")
    if layer.ntk:
        weight = weight * np.asarray(weight.shape[0] ** -0.5, weight.dtype)
    bias = graph.weight(layer, "bias") if layer.has_bias else None
    return linear(graph, x, graph.weight(layer, "weight", weight), bias)


def _sequential(graph: OnnxGraph, layer: layers.Sequential, x: str) -> str:
    for each in layer:
        x = graph.layer(each, x)
    return x


def _residual(graph: OnnxGraph, layer: layers.Residual, x: str) -> str:
    return graph.node("Add", x, graph.layer(layer.inner, x))


def _step(graph: OnnxGraph, layer: Any, x: str) -> str:
    above = graph.node("Greater", x, graph.constant(0.0))
    return graph.node("Where", above, graph.constant(1.0), graph.constant(0.0))


def gelu(graph: OnnxGraph, layer: Any, x: str) -> str:
    """Add x ½ (1 + erf(x / √2))."""
    erf = graph.node("Erf", graph.node("Mul", x, graph.constant(1 / sqrt(2))))
    return str(
        graph.node("Mul", x, graph.node("Mul", graph.node("Add", erf, graph.constant(1.0)), graph.constant(0.5)))
    )


def gelu_tanh(graph: OnnxGraph, layer: Any, x: str) -> str:
    """Add ½ x (1 + tanh(√(2/π) (x + 0.044715 x³)))."""
    near = graph.node("Clip", x, graph.constant(-10.0), graph.constant(10.0))
    square = graph.node("Mul", near, near)
    inner = graph.node("Add", graph.node("Mul", square, graph.constant(0.044715)), graph.constant(1.0))
    t = graph.node("Tanh", graph.node("Mul", graph.node("Mul", near, inner), graph.constant(sqrt(2 / pi))))
    return _half(graph, x, t)


def _half(graph: OnnxGraph, x: str, t: str) -> str:
    """Add ½ x (1 + t)."""
    share = graph.node("Mul", graph.node("Add", t, graph.constant(1.0)), graph.constant(0.5))
    return graph.node("Mul", x, share)


def _silu(graph: OnnxGraph, layer: Any, x: str) -> str:
    return graph.node("Mul", x, graph.node("Sigmoid", x))


def _softplus(graph: OnnxGraph, layer: Any, x: str) -> str:
    """Add max(x, 0) + ln(1 + e^−|x|): some runtimes' own Softplus overflows."""
    decay = graph.node("Exp", graph.node("Neg", graph.node("Abs", x)))
    log = graph.node("Log", graph.node("Add", decay, graph.constant(1.0)))
    return graph.node("Add", graph.node("Relu", x), log)


def _mish(graph: OnnxGraph, layer: Any, x: str) -> str:
    return graph.node("Mul", x, graph.node("Tanh", _softplus(graph, layer, x)))


def _parametric(graph: OnnxGraph, layer: layers.Parametric, x: str) -> str:
    bent = graph.node("Sub", graph.layer(layer.activation, x), x)
    return graph.node("Add", x, graph.node("Mul", bent, graph.weight(layer, "amount")))


def _scale(graph: OnnxGraph, layer: layers.Scale, x: str) -> str:
    return graph.node("Mul", x, graph.weight(layer, "factor"))


def _standardize(graph: OnnxGraph, layer: layers.Standardize, x: str) -> str:
    kind = graph._helper.np_dtype_to_tensor_dtype(np.dtype(graph.dtype))
    x = graph.node("Cast", x, to=kind)
    centred = graph.node("Sub", x, graph.constant(list(layer.mean)))
    return graph.node("Mul", centred, graph.constant([1 / deviation for deviation in layer.deviation]))


def _batch_norm(graph: OnnxGraph, layer: layers.BatchNorm, x: str) -> str:
    names = ("weight", "bias", "running_mean", "running_variance")
    axes = graph.rank - 2
    y = graph.node(
        "BatchNormalization", channels_first(graph, x, axes) if axes else x,
        *(graph.weight(layer, name) for name in names), epsilon=float(layer.epsilon),
    )  # fmt: skip
    return channels_last(graph, y, axes) if axes else y


def _layer_norm(graph: OnnxGraph, layer: layers.LayerNorm, x: str) -> str:
    weights = graph.weight(layer, "weight"), graph.weight(layer, "bias")
    return graph.node("LayerNormalization", x, *weights, axis=-1, epsilon=float(layer.epsilon))


def _rms_norm(graph: OnnxGraph, layer: layers.RMSNorm, x: str) -> str:
    square = graph.node("ReduceMean", graph.node("Mul", x, x), graph.constant([-1]), keepdims=1)
    root = graph.node("Sqrt", graph.node("Add", square, graph.constant(float(layer.epsilon))))
    return graph.node("Mul", graph.node("Div", x, root), graph.weight(layer, "weight"))


def _flatten(graph: OnnxGraph, layer: Any, x: str) -> str:
    graph.rank = 2
    return graph.node("Flatten", x, axis=1)


def _numbers(graph: OnnxGraph, x: str) -> str:
    """Add a conversion to int64, for looking up."""
    return graph.node("Cast", x, to=7)


def _embedding(graph: OnnxGraph, layer: layers.Embedding, x: str) -> str:
    graph.rank += 1
    return graph.node("Gather", graph.weight(layer, "weight"), _numbers(graph, x), axis=0)


def _unembedding(graph: OnnxGraph, layer: layers.Unembedding, x: str) -> str:
    turned = graph.node("Transpose", graph.weight(layer.embedding, "weight"), perm=[1, 0])
    return graph.node("MatMul", x, turned)


def part(graph: OnnxGraph, x: str, begin: int, end: int | None, axis: int = -1) -> str:
    """Add x[begin:end] along an axis."""
    bounds = [graph.constant([value]) for value in (begin, np.iinfo(np.int64).max if end is None else end, axis)]
    return graph.node("Slice", x, *bounds)


def _column_embedding(graph: OnnxGraph, layer: layers.ColumnEmbedding, x: str) -> str:
    codes = len(layer.sizes)
    parts = [part(graph, x, 0, -codes)]
    for place in range(codes):
        column = graph.node("Gather", x, graph.constant(place - codes), axis=-1)
        parts.append(graph.node("Gather", graph.weight(layer, f"table_{place}"), _numbers(graph, column), axis=0))
    return graph.node("Concat", *parts, axis=-1)


def _periodic_embedding(graph: OnnxGraph, layer: layers.PeriodicEmbedding, x: str) -> str:
    n, dimensions = layer.columns, layer.dimensions
    columns = graph.node("Transpose", part(graph, x, 0, n), perm=[1, 0])  # (n, rows)
    lines = graph.node("Unsqueeze", columns, graph.constant([1]))  # (n, 1, rows)
    frequency = graph.weight(layer, "frequency", graph.array(layer, "frequency")[..., None])
    phase = graph.array(layer, "phase")[..., None] / (2 * pi)
    turns = graph.node("Mul", lines, frequency)
    turns = graph.node("Add", turns, graph.weight(layer, "phase", phase.astype(graph.dtype)))
    turns = graph.node("Sub", turns, graph.node("Round", turns))
    waves = graph.node("Cos", graph.node("Mul", turns, graph.constant(2 * pi)))
    mixed = graph.node("MatMul", graph.weight(layer, "mixture"), waves)
    mixed = graph.node("Add", mixed, graph.weight(layer, "offset", graph.array(layer, "offset")[..., None]))
    both = graph.node("Concat", lines, mixed, axis=1)  # (n, dimensions, rows)
    flat = graph.node("Reshape", both, graph.constant([n * dimensions, -1]))
    embedded = graph.node("Transpose", flat, perm=[1, 0])
    return graph.node("Concat", embedded, part(graph, x, n, None), axis=1)


def length(graph: OnnxGraph, x: str, axis: int = 1) -> str:
    """Add how many places x has along an axis, as a list of one number."""
    return graph.node("Shape", x, start=axis, end=axis + 1)


def _positions(graph: OnnxGraph, layer: layers.LearnedPositions, x: str) -> str:
    weight = graph.weight(layer, "weight")
    seen = graph.node("Slice", weight, graph.constant([0]), length(graph, x), graph.constant([0]))
    return graph.node("Add", x, seen)


def _member_scale(graph: OnnxGraph, layer: layers.MemberScale, x: str) -> str:
    graph.rank = 3
    return graph.node("Mul", graph.node("Unsqueeze", x, graph.constant([1])), graph.weight(layer, "factor"))


def _member_dense(graph: OnnxGraph, layer: layers.MemberDense, x: str) -> str:
    apart = graph.node("MatMul", graph.node("Transpose", x, perm=[1, 0, 2]), graph.weight(layer, "weight"))
    return graph.node("Add", graph.node("Transpose", apart, perm=[1, 0, 2]), graph.weight(layer, "bias"))


def _edges(padding: Any, axes: int, size: Any, stride: Any, dilation: Any) -> dict[str, Any]:
    """Return the attributes for a padding; "same" is said as figures where they do not depend on the picture."""
    if padding == "same":
        if set(stride) != {1}:
            return {"auto_pad": "SAME_UPPER"}
        needed = [(places - 1) * apart for places, apart in zip(size, dilation, strict=True)]
        return {"pads": [each // 2 for each in needed] + [each - each // 2 for each in needed]}
    edges = per_axis("", 0 if padding == "valid" else padding, axes, 0)
    return {"pads": [*edges, *edges]}


def channels_first(graph: OnnxGraph, x: str, axes: int) -> str:
    """Add the turn from channels last to channels first."""
    return graph.node("Transpose", x, perm=[0, axes + 1, *range(1, axes + 1)])


def channels_last(graph: OnnxGraph, x: str, axes: int) -> str:
    """Add the turn from channels first to channels last."""
    return graph.node("Transpose", x, perm=[0, *range(2, axes + 2), 1])


def _convolution(graph: OnnxGraph, layer: Any, x: str) -> str:
    axes, weight = type(layer).axes, graph.array(layer, "weight")
    stride, dilation = per_axis("", layer.stride, axes, 1), per_axis("", layer.dilation, axes, 1)
    size = weight.shape[:-2]
    bias = [graph.weight(layer, "bias")] if layer.has_bias else []
    y = graph.node(
        "Conv", channels_first(graph, x, axes), graph.weight(layer, "weight", np.moveaxis(weight, (-1, -2), (0, 1))),
        *bias, kernel_shape=size, strides=stride, dilations=dilation, group=layer.groups,
        **_edges(layer.padding, axes, size, stride, dilation),
    )  # fmt: skip
    return channels_last(graph, y, axes)


def _transposed(graph: OnnxGraph, layer: Any, x: str) -> str:
    axes, weight = type(layer).axes, graph.array(layer, "weight")
    size, stride = weight.shape[:-2], per_axis("", layer.stride, axes, 1)
    bias = [graph.weight(layer, "bias")] if layer.has_bias else []
    edges = _edges(layer.padding, axes, size, (1,) * axes, (1,) * axes)
    if layer.padding == "same":  # stride times as large
        over = [max(span - move, 0) for span, move in zip(size, stride, strict=True)]
        under = [max(move - span, 0) for span, move in zip(size, stride, strict=True)]
        pads = [each // 2 for each in over] + [each - each // 2 for each in over]
        edges = {"pads": pads, "output_padding": under}
    y = graph.node(
        "ConvTranspose", channels_first(graph, x, axes),
        graph.weight(layer, "weight", np.moveaxis(weight, (-1, -2), (0, 1))), *bias,
        kernel_shape=size, strides=stride, **edges,
    )  # fmt: skip
    return channels_last(graph, y, axes)


def _pool(operator: str, **attributes: Any) -> Writer:
    def write(graph: OnnxGraph, layer: Any, x: str) -> str:
        axes = type(layer).axes
        size = per_axis("", layer.size, axes, 1)
        stride = size if layer.stride is None else per_axis("", layer.stride, axes, 1)
        edges = _edges(layer.padding, axes, size, stride, (1,) * axes)
        y = graph.node(
            operator, channels_first(graph, x, axes), kernel_shape=size, strides=stride, **edges, **attributes
        )
        return channels_last(graph, y, axes)

    return write


def _global_pool(operator: str) -> Writer:
    """Return a writer of the mean or the largest over all places."""

    def write(graph: OnnxGraph, layer: Any, x: str) -> str:
        axes = graph.constant(list(range(1, graph.rank - 1)))
        graph.rank = 2
        return graph.node(operator, x, axes, keepdims=0)

    return write


def _recurrent(operator: str, order: tuple[int, ...], **attributes: Any) -> Writer:
    """Return a writer of a recurrent node, whose gates have ONNX's order."""

    def gates(array: np.ndarray) -> np.ndarray:
        parts = np.split(array, len(order), axis=-1)
        return np.concatenate([parts[place] for place in order], axis=-1)

    def write(graph: OnnxGraph, layer: Any, x: str) -> str:
        arrays = {key: graph.array(layer, key) for key in ("weight", "recurrent", "bias")}
        second = np.zeros_like(arrays["bias"])
        if isinstance(layer, layers.GRU):
            second[-layer.units :] = graph.array(layer, "recurrent_bias")
        inputs = [
            graph.weight(layer, "weight", gates(arrays["weight"]).T[None]),
            graph.weight(layer, "recurrent", gates(arrays["recurrent"]).T[None]),
            graph.weight(layer, "bias", np.concatenate([gates(arrays["bias"]), gates(second)])[None]),
        ]
        turned = graph.node("Transpose", x, perm=[1, 0, 2])
        place = 0 if layer.sequence else 1  # of the output: every state, or the last
        states = graph.chosen(operator, place, turned, *inputs, hidden_size=layer.units, **attributes)
        if not layer.sequence:
            graph.rank = 2
            return graph.node("Squeeze", states, graph.constant([0]))
        return graph.node("Transpose", graph.node("Squeeze", states, graph.constant([1])), perm=[1, 0, 2])

    return write


def backwards(graph: OnnxGraph, x: str) -> str:
    """Add x read from the last place to the first."""
    bounds = [graph.constant([value]) for value in (-1, np.iinfo(np.int64).min, 1, -1)]
    return graph.node("Slice", x, *bounds)


def _bidirectional(graph: OnnxGraph, layer: layers.Bidirectional, x: str) -> str:
    back = graph.layer(layer.back, backwards(graph, x))
    graph.rank = 3
    back = backwards(graph, back) if layer.ahead.sequence else back
    return graph.node("Concat", graph.layer(layer.ahead, x), back, axis=-1)


def rotary(graph: OnnxGraph, x: str, features: int) -> str:
    """Add the turn of pairs (xᵢ, xᵢ₊ₕ) by t · 10000^(−i/h); x (batch, heads, time, features)."""
    steps = (10000.0 ** (-np.arange(0, features, 2) / features)).astype(np.float32)
    end = graph.node("Squeeze", length(graph, x, 2), graph.constant([0]))
    places = graph.node("Range", graph.constant(0), end, graph.constant(1))
    places = graph.node("Unsqueeze", graph.node("Cast", places, to=1), graph.constant([1]))
    turns = graph.node("Mul", places, graph.constant(steps))
    cosine, sine = graph.node("Cos", turns), graph.node("Sin", turns)
    a, b = part(graph, x, 0, features // 2), part(graph, x, features // 2, None)
    first = graph.node("Sub", graph.node("Mul", a, cosine), graph.node("Mul", b, sine))
    second = graph.node("Add", graph.node("Mul", a, sine), graph.node("Mul", b, cosine))
    return graph.node("Concat", first, second, axis=-1)


def _attention(graph: OnnxGraph, layer: layers.MultiHeadAttention, x: str) -> str:
    width = graph.array(layer, "weight").shape[0]
    each = width // layer.heads
    bias = graph.weight(layer, "bias") if layer.has_bias else None
    three = linear(graph, x, graph.weight(layer, "weight"), bias)
    heads = []
    for place in range(3):
        own = part(graph, three, place * width, (place + 1) * width)
        apart = graph.node("Reshape", own, graph.constant([0, 0, layer.heads, each]))
        heads.append(graph.node("Transpose", apart, perm=[0, 2, 1, 3]))
    q, k, v = heads
    if layer.rotary:
        q, k = rotary(graph, q, each), rotary(graph, k, each)
    turned = graph.node("Transpose", k, perm=[0, 1, 3, 2])
    scores = graph.node("Div", graph.node("MatMul", q, turned), graph.constant(sqrt(each)))
    if layer.causal:
        end = graph.node("Squeeze", length(graph, x), graph.constant([0]))
        places = graph.node("Range", graph.constant(0), end, graph.constant(1))
        earlier = graph.node("LessOrEqual", places, graph.node("Unsqueeze", places, graph.constant([1])))
        scores = graph.node("Where", earlier, scores, graph.constant(float(np.finfo(np.float32).min)))
    found = graph.node("MatMul", graph.node("Softmax", scores, axis=-1), v)
    joined = graph.node("Reshape", graph.node("Transpose", found, perm=[0, 2, 1, 3]), graph.constant([0, 0, width]))
    bias = graph.weight(layer, "output_bias") if layer.has_bias else None
    return linear(graph, joined, graph.weight(layer, "output_weight"), bias)


BENDS: dict[str, Writer] = {
    "gelu": gelu, "gelu_tanh": gelu_tanh, "relu": _node("Relu"), "silu": _silu, "tanh": _node("Tanh")
}  # fmt: skip


def _feed_forward(graph: OnnxGraph, layer: layers.FeedForward, x: str) -> str:
    biases = [graph.weight(layer, key) if layer.has_bias else None for key in ("hidden_bias", "bias")]
    hidden = linear(graph, x, graph.weight(layer, "hidden_weight"), biases[0])
    return linear(graph, BENDS[layer.activation](graph, layer, hidden), graph.weight(layer, "weight"), biases[1])


def _transformer_block(graph: OnnxGraph, layer: layers.TransformerBlock, x: str) -> str:
    x = graph.node("Add", x, graph.layer(layer.attention, graph.layer(layer.attention_norm, x)))
    return graph.node("Add", x, graph.layer(layer.feed_forward, graph.layer(layer.feed_forward_norm, x)))


WRITERS: dict[type, Writer] = {
    layers.Sequential: _sequential,
    layers.Residual: _residual,
    layers.Checkpoint: lambda graph, layer, x: graph.layer(layer.inner, x),
    layers.Repeat: lambda graph, layer, x: graph.repeated(layer, x),
    layers.Dense: _dense,
    layers.Identity: _nothing,
    layers.Dropout: _nothing,
    layers.RandomShift: _nothing,
    layers.RandomFlip: _nothing,
    layers.Cutout: _nothing,
    layers.Step: _step,
    layers.Sigmoid: _node("Sigmoid"),
    layers.Tanh: _node("Tanh"),
    layers.ReLU: _node("Relu"),
    layers.SELU: _node("Selu", alpha=1.6732632423543772, gamma=1.0507009873554805),
    layers.GELU: gelu,
    layers.GELUTanh: gelu_tanh,
    layers.SiLU: _silu,
    layers.Mish: _mish,
    layers.Softplus: _softplus,
    layers.LeakyReLU: lambda graph, layer, x: graph.node("LeakyRelu", x, alpha=float(layer.slope)),
    layers.ELU: lambda graph, layer, x: graph.node("Elu", x, alpha=float(layer.alpha)),
    layers.Parametric: _parametric,
    layers.Softmax: lambda graph, layer, x: graph.node("Softmax", x, axis=layer.axis),
    layers.Scale: _scale,
    layers.Standardize: _standardize,
    layers.BatchNorm: _batch_norm,
    layers.LayerNorm: _layer_norm,
    layers.RMSNorm: _rms_norm,
    layers.Flatten: _flatten,
    layers.Embedding: _embedding,
    layers.Unembedding: _unembedding,
    layers.LearnedPositions: _positions,
    layers.ColumnEmbedding: _column_embedding,
    layers.PeriodicEmbedding: _periodic_embedding,
    layers.MemberScale: _member_scale,
    layers.MemberDense: _member_dense,
    layers.Conv1D: _convolution,
    layers.Conv2D: _convolution,
    layers.ConvTranspose1D: _transposed,
    layers.ConvTranspose2D: _transposed,
    layers.MaxPool1D: _pool("MaxPool"),
    layers.MaxPool2D: _pool("MaxPool"),
    layers.AveragePool1D: _pool("AveragePool", count_include_pad=0),
    layers.AveragePool2D: _pool("AveragePool", count_include_pad=0),
    layers.GlobalAveragePool: _global_pool("ReduceMean"),
    layers.GlobalMaxPool: _global_pool("ReduceMax"),
    layers.SimpleRNN: _recurrent("RNN", (0,)),
    layers.GRU: _recurrent("GRU", (1, 0, 2), linear_before_reset=1),
    layers.LSTM: _recurrent("LSTM", (0, 3, 1, 2)),
    layers.Bidirectional: _bidirectional,
    layers.MultiHeadAttention: _attention,
    layers.FeedForward: _feed_forward,
    layers.TransformerBlock: _transformer_block,
}
"""How each layer is written."""
