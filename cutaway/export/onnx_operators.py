"""Every operator of ONNX that is read, and by what."""

from __future__ import annotations

from typing import Any

from cutaway import layers
from cutaway.export.imported import Value
from cutaway.export.onnx_pieces import (
    activation,
    cast,
    clip,
    concat,
    filled_shape,
    flatten,
    gather,
    part,
    reduced,
    reshape,
    selu,
    shape,
    simple,
    softmax,
    split,
    squeeze,
    transpose,
    triangle,
    unsqueeze,
)
from cutaway.export.onnx_reading import (
    Handler,
    NoSuchForm,
    Reading,
    decimal,
)
from cutaway.export.onnx_sums import binary, gemm, matmul
from cutaway.export.onnx_windows import batch_norm, conv, conv_transpose, global_pool, layer_norm, pool, recurrent
from cutaway.layers import Operation


def beforehand(name: str) -> Handler:
    """Return the refusal of an operator that is computed while reading, where what it takes is known."""

    def handle(read: Reading, x: list[Any], settings: dict[str, Any], outputs: list[str]) -> Value:
        raise NoSuchForm(f"{name} of what is computed")

    return handle


HANDLERS: dict[str, Handler] = {
    **{name: beforehand(name) for name in ("Tile", "CumSum", "Mod", "EyeLike", "ScatterND")},
    "Reciprocal": lambda read, x, settings, outputs: read.unary(Operation("divide", (("left", 1.0),)), x[0]),
    "MatMul": matmul,
    "Gemm": gemm,
    "Add": binary("add"),
    "Sum": binary("add"),
    "Sub": binary("subtract"),
    "Mul": binary("multiply"),
    "Div": binary("divide"),
    "Pow": binary("power"),
    "Max": binary("maximum"),
    "Min": binary("minimum"),
    "Less": binary("less"),
    "LessOrEqual": binary("less_equal"),
    "Greater": binary("greater"),
    "GreaterOrEqual": binary("greater_equal"),
    "Equal": binary("equal"),
    "And": binary("logical_and"),
    "Or": binary("logical_or"),
    "Not": simple("logical_not"),
    "Neg": simple("negative"),
    "Abs": simple("abs"),
    "Exp": simple("exp"),
    "Log": simple("log"),
    "Sqrt": simple("sqrt"),
    "Sin": simple("sin"),
    "Cos": simple("cos"),
    "Erf": simple("erf"),
    "Round": simple("round"),
    "Floor": simple("floor"),
    "Clip": clip,
    "Where": lambda read, x, settings, outputs: read.operation("where", *x),
    "Identity": lambda read, x, settings, outputs: x[0],
    "Dropout": lambda read, x, settings, outputs: x[0],
    "Cast": cast,
    "Relu": activation(lambda settings: layers.ReLU()),
    "Sigmoid": activation(lambda settings: layers.Sigmoid()),
    "Tanh": activation(lambda settings: layers.Tanh()),
    "Softplus": activation(lambda settings: layers.Softplus()),
    "Mish": activation(lambda settings: layers.Mish()),
    "Selu": activation(selu),
    "Elu": activation(lambda settings: layers.ELU(decimal(settings.get("alpha", 1.0)))),
    "LeakyRelu": activation(lambda settings: layers.LeakyReLU(decimal(settings.get("alpha", 0.01)))),
    "Gelu": activation(lambda s: layers.GELUTanh() if s.get("approximate") == "tanh" else layers.GELU()),
    "Softmax": softmax("softmax"),
    "LogSoftmax": softmax("log_softmax"),
    "Conv": conv,
    "ConvTranspose": conv_transpose,
    "MaxPool": pool(layers.MaxPool1D, layers.MaxPool2D),
    "AveragePool": pool(layers.AveragePool1D, layers.AveragePool2D),
    "GlobalAveragePool": global_pool("AveragePool"),
    "GlobalMaxPool": global_pool("MaxPool"),
    "BatchNormalization": batch_norm,
    "LayerNormalization": layer_norm,
    "RNN": recurrent("RNN", (0,)),
    "GRU": recurrent("GRU", (1, 0, 2)),
    "LSTM": recurrent("LSTM", (0, 3, 1, 2)),
    "Transpose": transpose,
    "Squeeze": squeeze,
    "Unsqueeze": unsqueeze,
    "Flatten": flatten,
    "Reshape": reshape,
    "Concat": concat,
    "Slice": part,
    "Split": split,
    "Gather": gather,
    "Expand": lambda read, x, settings, outputs: read.operation("stretch", *x),
    "ConstantOfShape": filled_shape,
    "Trilu": triangle,
    "Shape": shape,
    "Range": lambda read, x, settings, outputs: read.operation("range", *x),
    "ReduceMean": reduced("mean"),
    "ReduceSum": reduced("sum"),
    "ReduceMax": reduced("max"),
    "ReduceMin": reduced("min"),
}
"""How each operator is read."""
