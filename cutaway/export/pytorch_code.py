"""A network written out as PyTorch modules: the words that make it, and its weights by PyTorch's names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cutaway import layers
from cutaway.export.members_of import paths_of
from cutaway.layers import Layer
from cutaway.layers.layer import join
from cutaway.ops.windows import per_axis
from cutaway.schedules import Schedule

Weights = dict[str, np.ndarray]


@dataclass
class PyTorchCode:
    """The words that make the modules of a network, `words`, the weights in them, and the classes that are copied."""

    network: Layer
    arrays: dict[str, np.ndarray]
    used: set[str] = field(default_factory=set)
    before: list[str] = field(default_factory=list)  # lines that make the modules which are used twice
    _turns: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        self._paths = paths_of(self.network)
        self._shared = {id(layer): f"shared_{place}" for place, layer in enumerate(_used_twice(self.network), 1)}
        self._made: set[int] = set()
        self.words, self.weights = self.module(self.network)

    def module(self, layer: Layer) -> tuple[str, Weights]:
        """Return the words for a layer's module, and its weights by their names inside it."""
        words, weights = WRITERS[type(layer)](self, layer)
        if id(layer) in self._shared:
            name = self._shared[id(layer)]
            if id(layer) not in self._made:
                self._made.add(id(layer))
                self.before.append(f"{name} = {words}")
            words = name
        return words, weights

    def array(self, layer: Layer, name: str) -> np.ndarray:
        """Return a layer's array, of the turn that is being written inside a repeated block."""
        array = self.arrays[join(self._paths[id(layer)], name)]
        for turn in self._turns:
            array = array[turn]
        return array

    def own(self, name: str, *arguments: Any) -> str:
        """Return words that make a class copied into the file."""
        self.used.add(name)
        return f"{name}({', '.join(map(str, arguments))})"

    def several(self, name: str, parts: list[tuple[str, str, Weights]]) -> tuple[str, Weights]:
        """Return a module made of others, each given as (name inside it, words, weights), a line each."""
        inside = "".join(f"    {line}\n" for _, words, _ in parts for line in f"{words},".split("\n"))
        weights = {f"{place}.{key}": array for place, _, found in parts for key, array in found.items()}
        return f"{name}(\n{inside})" if parts else f"{name}()", weights

    def turn(self, layer: layers.Repeat, number: int) -> tuple[str, Weights]:
        """Return one block of a repeated one."""
        kept, self._turns = self._turns, (*self._turns, number)
        try:
            return self.module(layer.block)
        finally:
            self._turns = kept


def _used_twice(network: Layer) -> list[Layer]:
    """Return the layers that stand in several places of a network, or lend their weight to another."""
    counted: dict[int, int] = {}
    found: dict[int, Layer] = {}

    def walk(layer: Layer) -> None:
        counted[id(layer)] = counted.get(id(layer), 0) + 1
        found[id(layer)] = layer
        for _, child in layer.children():
            walk(child)

    walk(network)
    return [found[key] for key, count in counted.items() if count > 1]


def _plain(words: str) -> Any:
    return lambda code, layer: (words, {})


def _linear(code: PyTorchCode, weight: np.ndarray, bias: np.ndarray | None) -> tuple[str, Weights]:
    """Return `nn.Linear` for a weight (in, out)."""
    words = f"nn.Linear({weight.shape[0]}, {weight.shape[1]}{', bias=False' if bias is None else ''})"
    return words, {"weight": weight.T} | ({} if bias is None else {"bias": bias})


def _dense(code: PyTorchCode, layer: layers.Dense) -> tuple[str, Weights]:
    weight = code.array(layer, "weight")
    if layer.ntk:
        weight = weight * np.asarray(weight.shape[0] ** -0.5, weight.dtype)
    return _linear(code, weight, code.array(layer, "bias") if layer.has_bias else None)


def _own(name: str, arguments: Callable[[PyTorchCode, Any], list[Any]], *arrays: str) -> Any:
    """Return a writer of a class of `pytorch_layers` whose weights have the names they have here."""

    def write(code: PyTorchCode, layer: Any) -> tuple[str, Weights]:
        return code.own(name, *arguments(code, layer)), {key: code.array(layer, key) for key in arrays}

    return write


def _sizes(array: str) -> Callable[[PyTorchCode, Any], list[Any]]:
    return lambda code, layer: list(code.array(layer, array).shape)


def _nothing(code: PyTorchCode, layer: Any) -> list[Any]:
    return []


def _dropout(code: PyTorchCode, layer: layers.Dropout) -> tuple[str, Weights]:
    rate = layer.rate.rate if isinstance(layer.rate, Schedule) else layer.rate
    return f"nn.Dropout({rate})", {}


def _sequential(code: PyTorchCode, layer: layers.Sequential) -> tuple[str, Weights]:
    return code.several("nn.Sequential", [(str(place), *code.module(each)) for place, each in enumerate(layer)])


def _residual(code: PyTorchCode, layer: layers.Residual) -> tuple[str, Weights]:
    words, weights = code.module(layer.inner)
    return code.own("Residual", words), {f"inner.{key}": array for key, array in weights.items()}


def _parametric(code: PyTorchCode, layer: layers.Parametric) -> tuple[str, Weights]:
    words, weights = code.module(layer.activation)
    inside = {f"activation.{key}": array for key, array in weights.items()}
    amount = code.array(layer, "amount")
    return code.own("Parametric", words, len(amount)), inside | {"amount": amount}


def _repeat(code: PyTorchCode, layer: layers.Repeat) -> tuple[str, Weights]:
    return code.several("nn.Sequential", [(str(turn), *code.turn(layer, turn)) for turn in range(layer.times)])


def _normal(words: str, *arrays: str) -> Any:
    def write(code: PyTorchCode, layer: Any) -> tuple[str, Weights]:
        weights = {key: code.array(layer, key) for key in arrays}
        return f"{words}({len(weights['weight'])}, eps={layer.epsilon})", weights

    return write


def _batch_norm(code: PyTorchCode, layer: layers.BatchNorm) -> tuple[str, Weights]:
    names = {"weight": "weight", "bias": "bias", "running_mean": "running_mean", "running_var": "running_variance"}
    weights = {key: code.array(layer, name) for key, name in names.items()}
    words = code.own("BatchNorm", len(weights["weight"]), f"eps={layer.epsilon}", f"momentum={layer.momentum}")
    return words, weights | {"num_batches_tracked": np.array(0, np.int64)}


def _embedding(code: PyTorchCode, layer: layers.Embedding) -> tuple[str, Weights]:
    return f"nn.Embedding({layer.words}, {layer.dimensions})", {"weight": code.array(layer, "weight")}


def _column_embedding(code: PyTorchCode, layer: layers.ColumnEmbedding) -> tuple[str, Weights]:
    tables = {f"tables.{place}.weight": code.array(layer, f"table_{place}") for place in range(len(layer.sizes))}
    return code.own("ColumnEmbedding", layer.sizes, layer.dimensions), tables


def _unembedding(code: PyTorchCode, layer: layers.Unembedding) -> tuple[str, Weights]:
    return code.own("Unembedding", code.module(layer.embedding)[0]), {}


def _edges(padding: Any, axes: int) -> str:
    return "'same'" if padding == "same" else str(per_axis("", 0 if padding == "valid" else padding, axes, 0))


def _convolution(code: PyTorchCode, layer: Any) -> tuple[str, Weights]:
    axes, weight = type(layer).axes, code.array(layer, "weight")
    settings: dict[str, Any] = {
        "kernel_size": weight.shape[:-2],
        "stride": per_axis("", layer.stride, axes, 1),
        "edges": _edges(layer.padding, axes),
    }
    settings |= {"dilation": per_axis("", layer.dilation, axes, 1)} if layer.dilation != 1 else {}
    settings |= {"groups": layer.groups} if layer.groups != 1 else {}
    settings |= {} if layer.has_bias else {"bias": False}
    words = code.own(
        f"Conv{axes}D", weight.shape[-2] * layer.groups, weight.shape[-1],
        *(f"{key}={value}" for key, value in settings.items()),
    )  # fmt: skip
    weights = {"weight": np.moveaxis(weight, (-1, -2), (0, 1))}
    return words, weights | ({"bias": code.array(layer, "bias")} if layer.has_bias else {})


def _transposed(code: PyTorchCode, layer: Any) -> tuple[str, Weights]:
    axes, weight = type(layer).axes, code.array(layer, "weight")
    settings = [f"kernel_size={weight.shape[:-2]}", f"stride={per_axis('', layer.stride, axes, 1)}"]
    settings += [f"edges={_edges(layer.padding, axes)}"] + ([] if layer.has_bias else ["bias=False"])
    words = code.own(f"ConvTranspose{axes}D", weight.shape[-1], weight.shape[-2], *settings)
    weights = {"weight": np.moveaxis(weight, (-1, -2), (0, 1))}
    return words, weights | ({"bias": code.array(layer, "bias")} if layer.has_bias else {})


def _pool(name: str) -> Any:
    def arguments(code: PyTorchCode, layer: Any) -> list[Any]:
        axes = type(layer).axes
        size = per_axis("", layer.size, axes, 1)
        stride = size if layer.stride is None else per_axis("", layer.stride, axes, 1)
        return [size, stride, _edges(layer.padding, axes)]

    return _own(name, arguments)


def _recurrent(name: str) -> Any:
    def write(code: PyTorchCode, layer: Any) -> tuple[str, Weights]:
        weight, recurrent, bias = (code.array(layer, key) for key in ("weight", "recurrent", "bias"))
        second = np.zeros_like(bias)
        if isinstance(layer, layers.GRU):
            second[-layer.units :] = code.array(layer, "recurrent_bias")
        words = code.own("States", f"nn.{name}({weight.shape[0]}, {layer.units}, batch_first=True)", layer.sequence)
        names = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
        arrays = (weight.T, recurrent.T, bias, second)
        return words, {f"cell.{key}": array for key, array in zip(names, arrays, strict=True)}

    return write


def _bidirectional(code: PyTorchCode, layer: layers.Bidirectional) -> tuple[str, Weights]:
    code.used.add("Bidirectional")
    return code.several("Bidirectional", [("ahead", *code.module(layer.ahead)), ("back", *code.module(layer.back))])


def _attention(code: PyTorchCode, layer: layers.MultiHeadAttention) -> tuple[str, Weights]:
    weight = code.array(layer, "weight")
    words = code.own(
        "Attention", weight.shape[0], layer.heads, f"causal={layer.causal}", f"turned={layer.rotary}",
        f"bias={layer.has_bias}",
    )  # fmt: skip
    weights = {"inward.weight": weight.T, "outward.weight": code.array(layer, "output_weight").T}
    if layer.has_bias:
        weights |= {"inward.bias": code.array(layer, "bias"), "outward.bias": code.array(layer, "output_bias")}
    return words, weights


ACTIVATIONS = {
    "gelu": "nn.GELU()", "gelu_tanh": 'nn.GELU(approximate="tanh")', "relu": "nn.ReLU()", "silu": "nn.SiLU()",
    "tanh": "nn.Tanh()",
}  # fmt: skip


def _feed_forward(code: PyTorchCode, layer: layers.FeedForward) -> tuple[str, Weights]:
    biases = [code.array(layer, key) if layer.has_bias else None for key in ("hidden_bias", "bias")]
    first = _linear(code, code.array(layer, "hidden_weight"), biases[0])
    second = _linear(code, code.array(layer, "weight"), biases[1])
    return code.several(
        "nn.Sequential", [("0", *first), ("1", ACTIVATIONS[layer.activation], {}), ("2", *second)]
    )  # fmt: skip


def _transformer_block(code: PyTorchCode, layer: layers.TransformerBlock) -> tuple[str, Weights]:
    code.used.add("TransformerBlock")
    parts = (layer.attention_norm, layer.attention, layer.feed_forward_norm, layer.feed_forward)
    names = ("norm_1", "attention", "norm_2", "feed_forward")
    return code.several("TransformerBlock", [(name, *code.module(p)) for name, p in zip(names, parts, strict=True)])


WRITERS: dict[type, Callable[[PyTorchCode, Any], tuple[str, Weights]]] = {
    layers.Sequential: _sequential,
    layers.Residual: _residual,
    layers.Checkpoint: lambda code, layer: code.module(layer.inner),
    layers.Repeat: _repeat,
    layers.Dense: _dense,
    layers.Identity: _plain("nn.Identity()"),
    layers.RandomShift: _plain("nn.Identity()"),
    layers.RandomFlip: _plain("nn.Identity()"),
    layers.Cutout: _plain("nn.Identity()"),
    layers.Dropout: _dropout,
    layers.Step: _own("Step", _nothing),
    layers.Sigmoid: _plain("nn.Sigmoid()"),
    layers.Tanh: _plain("nn.Tanh()"),
    layers.ReLU: _plain("nn.ReLU()"),
    layers.SELU: _plain("nn.SELU()"),
    layers.GELU: _plain("nn.GELU()"),
    layers.GELUTanh: _plain('nn.GELU(approximate="tanh")'),
    layers.SiLU: _plain("nn.SiLU()"),
    layers.Mish: _plain("nn.Mish()"),
    layers.Softplus: _plain("nn.Softplus()"),
    layers.LeakyReLU: lambda code, layer: (f"nn.LeakyReLU({layer.slope})", {}),
    layers.ELU: lambda code, layer: (f"nn.ELU({layer.alpha})", {}),
    layers.Parametric: _parametric,
    layers.Softmax: lambda code, layer: (f"nn.Softmax({layer.axis})", {}),
    layers.Scale: _own("Scale", _sizes("factor"), "factor"),
    layers.Standardize: _own("Standardize", lambda code, layer: [layer.mean, layer.deviation]),
    layers.BatchNorm: _batch_norm,
    layers.LayerNorm: _normal("nn.LayerNorm", "weight", "bias"),
    layers.RMSNorm: _normal("nn.RMSNorm", "weight"),
    layers.Flatten: _plain("nn.Flatten()"),
    layers.Embedding: _embedding,
    layers.Unembedding: _unembedding,
    layers.LearnedPositions: _own("LearnedPositions", _sizes("weight"), "weight"),
    layers.ColumnEmbedding: _column_embedding,
    layers.PeriodicEmbedding: _own(
        "PeriodicEmbedding", lambda code, layer: [layer.columns, layer.dimensions, layer.frequencies],
        "frequency", "phase", "mixture", "offset",
    ),
    layers.MemberScale: _own("MemberScale", _sizes("factor"), "factor"),
    layers.MemberDense: _own("MemberDense", _sizes("weight"), "weight", "bias"),
    layers.Conv1D: _convolution,
    layers.Conv2D: _convolution,
    layers.ConvTranspose1D: _transposed,
    layers.ConvTranspose2D: _transposed,
    layers.MaxPool1D: _pool("MaxPool"),
    layers.MaxPool2D: _pool("MaxPool"),
    layers.AveragePool1D: _pool("AveragePool"),
    layers.AveragePool2D: _pool("AveragePool"),
    layers.GlobalAveragePool: _own("GlobalAveragePool", _nothing),
    layers.GlobalMaxPool: _own("GlobalMaxPool", _nothing),
    layers.SimpleRNN: _recurrent("RNN"),
    layers.GRU: _recurrent("GRU"),
    layers.LSTM: _recurrent("LSTM"),
    layers.Bidirectional: _bidirectional,
    layers.MultiHeadAttention: _attention,
    layers.FeedForward: _feed_forward,
    layers.TransformerBlock: _transformer_block,
}  # fmt: skip
"""How each layer is written."""
