"""A network written out as a NumPy function: one line a layer, and only the layers that it has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from cutaway import layers
from cutaway.export.members_of import paths_of
from cutaway.layers import Layer
from cutaway.layers.layer import join
from cutaway.layers.recurrent import Recurrent
from cutaway.ops.windows import per_axis


@dataclass
class NumpyCode:
    """The lines of a function `name(x, w)`, where w holds the arrays by path, and the functions that they call."""

    network: Layer
    lines: list[str] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    _depth: int = 1
    _store: str = "w"
    _names: int = 0

    def __post_init__(self) -> None:
        self._paths = paths_of(self.network)
        self.write(self.network)

    def function(self, name: str) -> str:
        """Return the function's text."""
        words = '"""What the layers make of x, one after another; w holds their weights by path."""'
        return "\n".join([f"def {name}(x: Array, w: dict[str, Array]) -> Array:", f"    {words}", *self.lines]) + (
            "\n    return x"
        )

    def write(self, layer: Layer) -> None:
        """Add the lines of a layer, which turn x into its output."""
        WRITERS[type(layer)](self, layer)

    def line(self, text: str) -> None:
        """Add a line."""
        self.lines.append("    " * self._depth + text)

    def array(self, layer: Layer, name: str) -> str:
        """Return the words for an array of a layer."""
        return f'{self._store}["{join(self._paths[id(layer)], name)}"]'

    def call(self, layer: Layer, function: str, *arguments: str) -> None:
        """Add `x = function(x, …)`."""
        self.used.add(function)
        self.line(f"x = {function}({', '.join(['x', *arguments])})")

    def keep(self) -> str:
        """Add a line that keeps x under a new name; return that."""
        self._names += 1
        name = f"kept_{self._names}"
        self.line(f"{name} = x")
        return name

    def repeated(self, layer: layers.Repeat) -> None:
        """Add a loop whose turns have arrays of their own."""
        self._names += 1
        number, outer, depth = self._names, self._store, self._depth
        inside = join(self._paths[id(layer)], "block.")
        self.line(f"for turn_{number} in range({layer.times}):")
        self._depth += 1
        own = f"w_{number}"
        self.line(
            f'{own} = {{path: array[turn_{number}] for path, array in {outer}.items() if path.startswith("{inside}")}}'
        )
        self._store = own
        self.write(layer.block)
        self._store, self._depth = outer, depth


def _called(function: str, *arrays: str, settings: Callable[[Any], list[str]] | None = None) -> Any:
    """Return a writer of one call, with the named arrays and then the settings."""

    def write(code: NumpyCode, layer: Any) -> None:
        words = [code.array(layer, name) for name in arrays]
        code.call(layer, function, *words, *(settings(layer) if settings else []))

    return write


def _nothing(code: NumpyCode, layer: Any) -> None:
    """Write nothing: what acts while training only."""


def _dense(code: NumpyCode, layer: layers.Dense) -> None:
    bias = [code.array(layer, "bias")] if layer.has_bias else []
    factor = [f"scale={layer.weight.shape[0]} ** -0.5"] if layer.ntk else []
    code.call(layer, "dense", code.array(layer, "weight"), *bias, *factor)


def _sequential(code: NumpyCode, layer: layers.Sequential) -> None:
    for each in layer:
        code.write(each)


def _residual(code: NumpyCode, layer: layers.Residual) -> None:
    kept = code.keep()
    code.write(layer.inner)
    code.line(f"x = {kept} + x")


def _parametric(code: NumpyCode, layer: layers.Parametric) -> None:
    kept = code.keep()
    code.write(layer.activation)
    code.used.add("parametric")
    code.line(f"x = parametric({kept}, x, {code.array(layer, 'amount')})")


def _column_embedding(code: NumpyCode, layer: layers.ColumnEmbedding) -> None:
    tables = [code.array(layer, f"table_{place}") for place in range(len(layer.sizes))]
    code.call(layer, "column_embedding", *tables)


def _unembedding(code: NumpyCode, layer: layers.Unembedding) -> None:
    code.call(layer, "unembedding", code.array(layer.embedding, "weight"))


def around(padding: Any, axes: int) -> str | tuple[tuple[int, int], ...]:
    """Return padding as "same", or as pairs (before, after) for each axis.

    >>> around("valid", 2), around(1, 1), around("same", 1)
    (((0, 0), (0, 0)), ((1, 1),), 'same')
    """
    if padding == "same":
        return "same"
    return tuple((edge, edge) for edge in per_axis("padding", 0 if padding == "valid" else padding, axes, 0))


def _convolution(code: NumpyCode, layer: Any) -> None:
    bias = [code.array(layer, "bias")] if layer.has_bias else []
    axes = type(layer).axes
    stride, dilation = (per_axis("", value, axes, 1) for value in (layer.stride, layer.dilation))
    groups = [] if layer.groups == 1 else [f"groups={layer.groups}"]
    code.call(
        layer, "convolution", code.array(layer, "weight"), *bias, f"stride={stride}",
        f"padding={around(layer.padding, axes)!r}", f"dilation={dilation}", *groups,
    )  # fmt: skip


def _transposed(code: NumpyCode, layer: Any) -> None:
    bias = [code.array(layer, "bias")] if layer.has_bias else []
    axes = type(layer).axes
    edges = around(layer.padding, axes)
    padding = edges if isinstance(edges, str) else tuple(before for before, _ in edges)
    words = [
        code.array(layer, "weight"),
        *bias,
        f"stride={per_axis('', layer.stride, axes, 1)}",
        f"padding={padding!r}",
    ]
    code.call(layer, "transposed_convolution", *words)


def _pool(function: str) -> Any:
    def settings(layer: Any) -> list[str]:
        axes = type(layer).axes
        size = per_axis("", layer.size, axes, 1)
        stride = size if layer.stride is None else per_axis("", layer.stride, axes, 1)
        return [f"size={size}", f"stride={stride}", f"padding={around(layer.padding, axes)!r}"]

    return _called(function, settings=settings)


def _recurrent(function: str, *arrays: str) -> Any:
    def write(code: NumpyCode, layer: Recurrent) -> None:
        words = [code.array(layer, name) for name in ("weight", "recurrent", "bias", *arrays)]
        code.call(layer, function, *words)
        if not layer.sequence:
            code.line("x = x[:, -1]")

    return write


def _bidirectional(code: NumpyCode, layer: layers.Bidirectional) -> None:
    kept = code.keep()
    code.write(layer.ahead)
    ahead = code.keep()
    code.line(f"x = {kept}[:, ::-1]")
    code.write(layer.back)
    turned = "x[:, ::-1]" if layer.ahead.sequence else "x"
    code.line(f"x = np.concatenate([{ahead}, {turned}], axis=-1)")


def _attention(code: NumpyCode, layer: layers.MultiHeadAttention) -> None:
    bias = [code.array(layer, name) if layer.has_bias else "None" for name in ("bias", "output_bias")]
    words = [code.array(layer, "weight"), bias[0], code.array(layer, "output_weight"), bias[1]]
    turned = ["turned=True"] if layer.rotary else []
    code.call(layer, "attention", *words, f"heads={layer.heads}", f"causal={layer.causal}", *turned)


def _feed_forward(code: NumpyCode, layer: layers.FeedForward) -> None:
    first = [code.array(layer, name) for name in ("hidden_weight", "hidden_bias")[: 1 + layer.has_bias]]
    second = [code.array(layer, name) for name in ("weight", "bias")[: 1 + layer.has_bias]]
    code.call(layer, "dense", *first)
    code.call(layer, layer.activation)
    code.call(layer, "dense", *second)


def _transformer_block(code: NumpyCode, layer: layers.TransformerBlock) -> None:
    for norm, part in (
        (layer.attention_norm, layer.attention),
        (layer.feed_forward_norm, layer.feed_forward),
    ):
        kept = code.keep()
        code.write(norm)
        code.write(part)
        code.line(f"x = {kept} + x")


WRITERS: dict[type, Callable[[NumpyCode, Any], None]] = {
    layers.Sequential: _sequential,
    layers.Residual: _residual,
    layers.Checkpoint: lambda code, layer: code.write(layer.inner),
    layers.Repeat: lambda code, layer: code.repeated(layer),
    layers.Dense: _dense,
    layers.Identity: _nothing,
    layers.Dropout: _nothing,
    layers.RandomShift: _nothing,
    layers.RandomFlip: _nothing,
    layers.Cutout: _nothing,
    layers.Step: _called("step"),
    layers.Sigmoid: _called("sigmoid"),
    layers.Tanh: _called("tanh"),
    layers.ReLU: _called("relu"),
    layers.SELU: _called("selu"),
    layers.GELU: _called("gelu"),
    layers.GELUTanh: _called("gelu_tanh"),
    layers.SiLU: _called("silu"),
    layers.Mish: _called("mish"),
    layers.Softplus: _called("softplus"),
    layers.LeakyReLU: _called("leaky_relu", settings=lambda layer: [f"slope={layer.slope}"]),
    layers.ELU: _called("elu", settings=lambda layer: [f"alpha={layer.alpha}"]),
    layers.Parametric: _parametric,
    layers.Softmax: _called("softmax", settings=lambda layer: [f"axis={layer.axis}"]),
    layers.Scale: _called("scale", "factor"),
    layers.Standardize: _called("standardize", settings=lambda layer: [f"{layer.mean}", f"{layer.deviation}"]),
    layers.BatchNorm: _called(
        "batch_norm", "weight", "bias", "running_mean", "running_variance",
        settings=lambda layer: [f"epsilon={layer.epsilon}"],
    ),
    layers.LayerNorm: _called("layer_norm", "weight", "bias", settings=lambda layer: [f"epsilon={layer.epsilon}"]),
    layers.RMSNorm: _called("rms_norm", "weight", settings=lambda layer: [f"epsilon={layer.epsilon}"]),
    layers.Flatten: _called("flatten"),
    layers.Embedding: _called("embedding", "weight"),
    layers.Unembedding: _unembedding,
    layers.LearnedPositions: _called("learned_positions", "weight"),
    layers.ColumnEmbedding: _column_embedding,
    layers.PeriodicEmbedding: _called("periodic_embedding", "frequency", "phase", "mixture", "offset"),
    layers.MemberScale: _called("member_scale", "factor"),
    layers.MemberDense: _called("member_dense", "weight", "bias"),
    layers.Conv1D: _convolution,
    layers.Conv2D: _convolution,
    layers.ConvTranspose1D: _transposed,
    layers.ConvTranspose2D: _transposed,
    layers.MaxPool1D: _pool("max_pool"),
    layers.MaxPool2D: _pool("max_pool"),
    layers.AveragePool1D: _pool("average_pool"),
    layers.AveragePool2D: _pool("average_pool"),
    layers.GlobalAveragePool: _called("global_average_pool"),
    layers.GlobalMaxPool: _called("global_max_pool"),
    layers.SimpleRNN: _recurrent("simple_rnn"),
    layers.GRU: _recurrent("gru", "recurrent_bias"),
    layers.LSTM: _recurrent("lstm"),
    layers.Bidirectional: _bidirectional,
    layers.MultiHeadAttention: _attention,
    layers.FeedForward: _feed_forward,
    layers.TransformerBlock: _transformer_block,
}  # fmt: skip
"""How each layer is written."""
