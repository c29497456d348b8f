"""One table of operations with awkward inputs; `test_rules.py` runs every row in every way.

To add an operation, add a row here: operation, what is awkward about the input, operands, settings.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cutaway import ops

random = np.random.default_rng(0)


@dataclass(frozen=True, eq=False)
class Case:
    """One operation at one awkward input. Blame is asked for the operands that are float arrays."""

    operation: str
    why: str
    operands: tuple[Any, ...]
    settings: dict[str, Any] = field(default_factory=dict)
    # The slope jumps here, so that central differences mean nothing; jax or `stated` is the reference.
    kink: bool = False
    # Why `jax.vjp` of the forward is no reference here: another subgradient, or a trap of `where`.
    jax_differs: str = ""
    # The gradient of each float operand for g = 1 everywhere, where it can be said in advance.
    stated: tuple[Any, ...] | None = None
    nudge: float = 1e-6

    def __str__(self) -> str:
        return f"{self.operation}: {self.why}"

    def floats(self, dtype: Any = np.float64) -> list[np.ndarray]:
        """Return the float operands as read-only arrays of `dtype`."""
        return [read_only(operand.astype(dtype)) for operand in self.operands if is_float(operand)]

    def __call__(self, *floats: Any) -> Any:
        """Apply the operation with `floats` in the places of the float operands."""
        waiting = iter(floats)
        operands = [next(waiting) if is_float(operand) else operand for operand in self.operands]
        return getattr(ops, self.operation)(*operands, **self.settings)


def is_float(operand: Any) -> bool:
    return isinstance(operand, np.ndarray) and operand.dtype.kind == "f"


def read_only(array: np.ndarray) -> np.ndarray:
    array.setflags(write=False)
    return array


def normal(*shape: int, scale: float = 1.0) -> np.ndarray:
    return read_only(np.asarray(scale * random.standard_normal(shape)))


def positive(*shape: int) -> np.ndarray:
    return read_only(np.asarray(0.5 + random.random(shape)))


def numbers(*values: Any) -> np.ndarray:
    return read_only(np.array(values, dtype=np.float64))


def whole(*values: Any) -> np.ndarray:
    return read_only(np.array(values, dtype=np.int32))


def mask(*values: Any) -> np.ndarray:
    return read_only(np.array(values, dtype=bool))


AT_ZERO = "the forward goes through |x|, whose slope at 0 jax takes as 1; the function itself is smooth there"
SIGN_OF_ZERO = "jax takes the slope of |x| at 0 as 1, the rule as 0"
ZERO = numbers(0.0, -0.0)
LARGE = numbers([1e3, -1e3, 0.5], [-1e3, -1e3, 1e3])


def activation(
    name: str, at_zero: float | None = None, smooth_at_zero: bool = True, jax_at_zero: str = ""
) -> list[Case]:
    """Rows that every activation has; `at_zero` is the slope at 0."""
    saturated = numbers(1e3, -1e3, 30.0, -30.0)
    rows = [
        Case(name, "ordinary", (normal(2, 1, 3),)),
        Case(name, "one number without axes", (numbers(0.7).reshape(()),)),
        Case(name, "empty", (normal(0, 3),)),
        Case(name, "far out", (saturated,), nudge=1e-4),
    ]
    if at_zero is not None:
        zero = {"kink": not smooth_at_zero, "jax_differs": AT_ZERO if smooth_at_zero else jax_at_zero}
        rows.append(Case(name, "zero", (ZERO,), stated=(np.full(2, at_zero),), **zero))
    return rows


def elementwise(operation: str, b: Callable[..., np.ndarray] = normal) -> list[Case]:
    """Rows that every operation on two broadcast operands has."""
    return [
        Case(operation, "same shape", (b(2, 3), b(2, 3))),
        Case(operation, "a stretched along a new axis", (b(3), b(2, 3))),
        Case(operation, "b stretched along size 1", (b(2, 3), b(2, 1))),
        Case(operation, "both stretched", (b(4, 1, 3), b(2, 1))),
        Case(operation, "size 1 against size 1", (b(1, 1), b(1))),
        Case(operation, "array without axes", (b(), b(2, 3))),
        Case(operation, "empty", (b(0, 3), b(3))),
        Case(operation, "number on the left", (2.0, b(2, 3))),
        Case(operation, "number on the right", (b(2, 3), 2)),
    ]


def reduction(operation: str, **flags: Any) -> list[Case]:
    """Rows that every reduction has."""
    return [
        Case(operation, "over everything", (normal(2, 3),)),
        Case(operation, "one axis", (normal(2, 3),), {"axis": 0}),
        Case(operation, "negative axis kept", (normal(2, 3, 2),), {"axis": -2, "keepdims": True}),
        Case(operation, "several axes", (normal(2, 3, 4),), {"axis": (0, -1)}),
        Case(operation, "everything kept", (normal(2, 3),), {"keepdims": True}),
        Case(operation, "size 1", (normal(2, 1),), {"axis": 1}),
        Case(operation, "no axes", (normal(),)),
        Case(operation, "large", (LARGE + normal(2, 3),), {"axis": -1}, nudge=1e-4),
    ]


ARITHMETIC = [
    *elementwise("add"),
    *elementwise("subtract"),
    *elementwise("multiply"),
    Case("multiply", "zeros", (numbers(0.0, 2.0), numbers(0.0, 0.0))),
    *elementwise("divide", positive),
    Case("divide", "zero above, large below", (numbers(0.0, 1.0), numbers(-2.0, 1e3))),
    Case("negative", "ordinary", (normal(2, 3),)),
    *elementwise("power", positive),
    Case("power", "square of any sign", (numbers(-2.0, 0.0, 3.0), 2)),
    Case("power", "whole exponents, one of them 0 at 0", (numbers(0.0, -2.0, 0.0), numbers(0.0, 3.0, 1.0)),
         kink=True, jax_differs="it takes ln of a negative base", stated=([0.0, 12.0, 1.0], [0.0, 0.0, 0.0])),
    Case("power", "exponent 0 as a number", (numbers(0.0, -1.0, 2.0), 0), stated=(np.zeros(3),)),
    Case("power", "negative exponent", (numbers(-2.0, 0.5), -1)),
    Case("power", "number to the power of an array", (-2.0, numbers(1.0, 2.0)), kink=True,
         jax_differs="it takes ln of a negative base", stated=(np.zeros(2),)),
]  # fmt: skip

ACTIVATIONS = [
    *activation("identity", at_zero=1.0, smooth_at_zero=False),
    *activation("step", at_zero=0.0, smooth_at_zero=False),
    *activation("sigmoid", at_zero=0.25),
    *activation("tanh"),
    *activation("relu", at_zero=0.0, smooth_at_zero=False, jax_at_zero="jax halves the slope where max(x, 0) ties"),
    *activation("leaky_relu", at_zero=0.01, smooth_at_zero=False),
    *activation("elu", at_zero=1.0, smooth_at_zero=False),
    Case("elu", "alpha", (normal(5),), {"alpha": 0.3}),
    *activation("selu", at_zero=1.0507009873554805 * 1.6732632423543772, smooth_at_zero=False),
    *activation("gelu"),
    *activation("erf"),
    *activation("gelu_tanh"),
    *activation("silu", at_zero=0.5),
    *activation("softplus", at_zero=0.5),
    *activation("mish", at_zero=0.6),
    Case("leaky_relu", "slope", (normal(5),), {"slope": 0.3}),
]

ELEMENTWISE = [
    Case("exp", "ordinary", (normal(2, 1, 3),)),
    Case("exp", "to nothing and to much", (numbers(-1e3, 20.0),), nudge=1e-7),
    Case("log", "ordinary", (positive(2, 3),)),
    Case("log", "tiny and large", (numbers(1e-2, 1e3),)),
    Case("sqrt", "ordinary", (positive(2, 3),)),
    Case("sin", "ordinary", (normal(2, 3),)),
    Case("cos", "ordinary", (normal(2, 3),)),
    Case("cos_of_turns", "ordinary", (normal(2, 3),)),
    Case("cos_of_turns", "quarters and halves", (numbers(0.0, 0.25, 0.75, 3.0),),
         stated=([0.0, -2 * np.pi, 2 * np.pi, 0.0],)),
    Case("cos_of_turns", "many turns", (numbers(100.25, -31.1),)),
    Case("abs", "ordinary", (normal(2, 3),)),
    Case("abs", "zero", (ZERO,), kink=True, jax_differs=SIGN_OF_ZERO, stated=([0.0, 0.0],)),
    *elementwise("maximum"),
    Case("maximum", "ties", (numbers(1.0, 2.0, 3.0), numbers(1.0, 5.0, 3.0)), kink=True,
         stated=([0.5, 0.0, 0.5], [0.5, 1.0, 0.5])),
    Case("maximum", "tie with a number", (numbers(0.0, 1.0), 0), kink=True, stated=([0.5, 1.0],)),
    *elementwise("minimum"),
    Case("minimum", "ties", (numbers(1.0, 2.0, 3.0), numbers(1.0, 5.0, 3.0)), kink=True,
         stated=([0.5, 1.0, 0.5], [0.5, 0.0, 0.5])),
    Case("clip", "inside and outside", (numbers(-2.0, 0.3, 2.0),), {"low": -1.0, "high": 1.0}),
    Case("clip", "on the edge", (numbers(-1.0, 1.0),), {"low": -1.0, "high": 1.0}, kink=True,
         stated=([1.0, 1.0],)),
    Case("clip", "one number, whole limits", (normal(),), {"low": -5, "high": 5}),
    Case("where", "same shape", (mask([True, False, True]), normal(2, 3), normal(2, 3))),
    Case("where", "all three stretched", (mask([True], [False]), normal(3), normal(4, 1, 1))),
    Case("where", "number on the left", (mask(True, False), -1.0, normal(2))),
    Case("where", "number on the right", (mask(True, False), normal(2), 0)),
    Case("dropout", "some silenced", (normal(2, 3), mask([True, False, True], [False, False, True])),
         {"rate": 0.4}),
    Case("dropout", "all silenced", (normal(3), mask(False, False, False)), {"rate": 0.9},
         stated=(np.zeros(3),)),
]  # fmt: skip

REDUCTIONS = [
    *reduction("sum"),
    *reduction("mean"),
    *reduction("variance"),
    Case("variance", "all equal", (numbers([2.0, 2.0, 2.0]),), {"axis": -1}, stated=(np.zeros((1, 3)),)),
    *reduction("max"),
    Case("max", "ties", (numbers([1.0, 3.0, 3.0], [2.0, 2.0, 2.0]),), {"axis": 1}, kink=True,
         stated=([[0, 1 / 2, 1 / 2], [1 / 3, 1 / 3, 1 / 3]],)),
    Case("max", "ties across axes", (numbers([0.0, 1.0], [1.0, 0.0]),), kink=True,
         stated=([[0, 0.5], [0.5, 0]],)),
    *reduction("min"),
    Case("min", "ties", (numbers([1.0, 1.0, 3.0]),), {"axis": -1, "keepdims": True}, kink=True,
         stated=([[0.5, 0.5, 0]],)),
    *reduction("logsumexp"),
    Case("logsumexp", "all equal", (numbers([1e3, 1e3]),), {"axis": 1}, stated=([[0.5, 0.5]],), nudge=1e-3),
]  # fmt: skip

PRODUCTS = [
    Case("matmul", "matrices", (normal(2, 3), normal(3, 4))),
    Case("matmul", "size 1 everywhere", (normal(1, 1), normal(1, 1))),
    Case("matmul", "batch times matrix", (normal(2, 5, 3), normal(3, 4))),
    Case("matmul", "matrix times batch", (normal(2, 3), normal(5, 3, 4))),
    Case("matmul", "batches stretched both ways", (normal(2, 1, 2, 3), normal(4, 3, 2))),
    Case("matmul", "no rows", (normal(0, 3), normal(3, 2))),
    Case("matmul", "nothing to sum over", (normal(2, 0), normal(0, 3))),
    Case("attention", "one head", (normal(3, 4), normal(5, 4), normal(5, 2))),
    Case("attention", "causal", (normal(2, 3, 4), normal(2, 3, 4), normal(2, 3, 4)), {"causal": True}),
    Case("attention", "causal, more keys", (normal(2, 4), normal(5, 4), normal(5, 1)), {"causal": True}),
    Case("attention", "causal, fewer keys: the first queries see nothing",
         (normal(4, 2), normal(2, 2), normal(2, 3)), {"causal": True}),
    Case("attention", "keys shared by heads", (normal(3, 2, 4), normal(1, 5, 4), normal(5, 2))),
    Case("attention", "a row fully masked", (normal(2, 3), normal(2, 3), normal(2, 3)),
         {"mask": mask([False, False], [True, True])}),
    Case("attention", "mask and causal", (normal(2, 2, 3), normal(2, 2, 3), normal(2, 2, 3)),
         {"mask": mask([[True, False]], [[False, True]]), "causal": True}),
    Case("attention", "large scores",
         (numbers([500.0, 100.0]), numbers([4.0, 1.0], [1.0, 4.0]), normal(2, 2)), nudge=1e-5),
    Case("attention", "one key", (normal(2, 3), normal(1, 3), normal(1, 3))),
    Case("attention", "dropout", (normal(2, 3, 4), normal(2, 2, 4), normal(2, 2, 1)),
         {"keep": mask([[True, False], [True, True], [False, False]]), "rate": 0.25}),
    Case("attention", "dropout, mask and causal", (normal(2, 3), normal(2, 3), normal(2, 3)),
         {"keep": mask([True, True], [True, False]), "rate": 0.5, "mask": mask([True, False]), "causal": True}),
    Case("split_heads", "one part", (normal(2, 3, 4),), {"heads": 2}),
    Case("split_heads", "the middle of three", (normal(2, 1, 12),), {"heads": 2, "part": 1, "parts": 3}),
    Case("split_heads", "the last of two, without batch", (normal(3, 4),), {"heads": 1, "part": 1, "parts": 2}),
    Case("join_heads", "sequences", (normal(2, 3, 4, 1),)),
    Case("join_heads", "one head, without batch", (normal(1, 2, 3),)),
    Case("rotary", "ordinary", (normal(2, 3, 4),)),
    Case("rotary", "one pair, further on", (normal(2, 2),), {"start": 7}),
    Case("rotary", "fast turns", (normal(5, 6),), {"base": 2.0}),
]  # fmt: skip

PICTURES = [
    Case("convolution", "one channel, same", (normal(2, 5, 4, 1), normal(3, 3, 1, 2)), {"padding": "same"}),
    Case("convolution", "valid, a window not square", (normal(2, 5, 4, 3), normal(2, 3, 3, 2))),
    Case("convolution", "stride leaves a row over", (normal(2, 6, 5, 2), normal(3, 2, 2, 3)), {"stride": (2, 1)}),
    Case("convolution", "same with a stride: one zero more at the end",
         (normal(1, 4, 7, 2), normal(3, 3, 2, 2)), {"stride": 2, "padding": "same"}),
    Case("convolution", "stride larger than the window", (normal(2, 7, 7, 1), normal(2, 2, 1, 1)), {"stride": 3}),
    Case("convolution", "padding larger than the window",
         (normal(1, 2, 3, 2), normal(2, 2, 2, 2)), {"padding": (3, 0), "stride": (2, 1)}),
    Case("convolution", "dilation", (normal(2, 6, 5, 2), normal(3, 2, 2, 2)), {"dilation": (2, 3), "padding": 1}),
    Case("convolution", "groups", (normal(2, 4, 4, 4), normal(2, 2, 2, 6)), {"groups": 2}),
    Case("convolution", "depthwise", (normal(2, 4, 4, 3), normal(3, 3, 1, 3)), {"groups": 3, "padding": "same"}),
    Case("convolution", "1 × 1 with a stride", (normal(2, 5, 4, 3), normal(1, 1, 3, 4)), {"stride": 2}),
    Case("convolution", "one picture, one window", (normal(1, 2, 2, 5), normal(2, 2, 5, 3))),
    Case("convolution", "a sequence", (normal(2, 7, 3), normal(3, 3, 2)), {"stride": 2, "padding": 1, "dilation": 2}),
    Case("convolution", "bias", (normal(2, 3, 4, 2), normal(3, 2, 2, 3), normal(3)), {"padding": 1}),
    Case("transposed_convolution", "stride and bias", (normal(2, 2, 3, 3), normal(2, 3, 2, 3), normal(2)),
         {"stride": 2}),
    Case("transposed_convolution", "same, windows overlap",
         (normal(1, 3, 2, 2), normal(3, 3, 2, 2)), {"stride": 2, "padding": "same"}),
    Case("transposed_convolution", "same, gaps between windows",
         (normal(1, 2, 2, 1), normal(2, 2, 1, 1)), {"stride": 3, "padding": "same"}),
    Case("transposed_convolution", "groups and dilation",
         (normal(1, 2, 3, 4), normal(2, 2, 1, 4)), {"groups": 2, "dilation": 2, "padding": 1}),
    Case("transposed_convolution", "a sequence", (normal(2, 3, 2), normal(3, 4, 2)), {"stride": 2, "padding": 1}),
    Case("max_pool", "ordinary", (normal(2, 4, 6, 3),)),
    Case("max_pool", "odd sizes", (normal(2, 5, 3, 2),)),
    Case("max_pool", "windows overlap", (normal(2, 5, 6, 2),), {"size": 3, "stride": (1, 2)}),
    Case("max_pool", "padding", (normal(2, 5, 4, 2),), {"size": 3, "stride": 2, "padding": 1}),
    Case("max_pool", "stride larger than the window", (normal(2, 7, 7, 1),), {"size": (1, 2), "stride": 3}),
    Case("max_pool", "ties: the first", (numbers([1.0, 1.0, 0.0, 0.0], [1.0, 1.0, 0.0, 0.0]).reshape(1, 2, 4, 1),),
         kink=True, jax_differs="jax shares the blame of a tie",
         stated=(np.reshape([1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0], (1, 2, 4, 1)),)),
    Case("max_pool", "ties where windows overlap", (numbers(2.0, 2.0, 2.0, 1.0).reshape(1, 4, 1),),
         {"size": 2, "stride": 1}, kink=True, jax_differs="jax shares the blame of a tie",
         stated=(np.reshape([1.0, 1.0, 1.0, 0.0], (1, 4, 1)),)),
    Case("max_pool", "a sequence", (normal(2, 7, 3),), {"size": 3, "padding": "same"}),
    Case("average_pool", "ordinary", (normal(2, 4, 6, 3),)),
    Case("average_pool", "padding is not counted", (normal(2, 5, 4, 2),), {"size": 3, "stride": 2, "padding": 1}),
    Case("average_pool", "windows overlap", (normal(2, 5, 3, 1),), {"size": (2, 3), "stride": 1}),
    Case("average_pool", "a sequence", (normal(2, 7, 3),), {"size": 2, "stride": 3}),
]  # fmt: skip

NORMALISATION = [
    Case("softmax", "ordinary", (normal(2, 3),)),
    Case("softmax", "first axis", (normal(3, 2),), {"axis": 0}),
    Case("softmax", "one class", (normal(2, 1),), stated=(np.zeros((2, 1)),)),
    Case("softmax", "large, ties", (LARGE,)),
    Case("log_softmax", "ordinary", (normal(2, 3),)),
    Case("log_softmax", "middle axis", (normal(2, 3, 2),), {"axis": 1}),
    Case("log_softmax", "large, ties", (LARGE,), nudge=1e-4),
    Case("layer_norm", "ordinary", (normal(2, 3), normal(3), normal(3))),
    Case("layer_norm", "sequence", (normal(2, 1, 4), normal(4), normal(4)), {"epsilon": 0.1}),
    Case("layer_norm", "one row without batch", (normal(4), normal(4), normal(4))),
    Case("layer_norm", "weight with an axis of size 1", (normal(2, 3), normal(1, 3), normal(1, 3))),
    Case("layer_norm", "one feature", (normal(3, 1), normal(1), normal(1))),
    Case("layer_norm", "all equal", (numbers([2.0, 2.0, 2.0]), normal(3), normal(3)), nudge=1e-7),
    Case("layer_norm", "large", (LARGE + normal(2, 3), normal(3), normal(3)), nudge=1e-4),
    Case("rms_norm", "ordinary", (normal(2, 3), normal(3))),
    Case("rms_norm", "sequence", (normal(2, 1, 4), normal(4)), {"epsilon": 0.1}),
    Case("rms_norm", "weight with an axis of size 1", (normal(2, 3), normal(1, 3))),
    Case("rms_norm", "one feature", (normal(3, 1), normal(1))),
    Case("rms_norm", "all zero", (numbers([0.0, 0.0, 0.0]), normal(3)), nudge=1e-7),
    Case("rms_norm", "large", (LARGE + normal(2, 3), normal(3)), nudge=1e-4),
    Case("batch_norm", "ordinary", (normal(4, 3), normal(3), normal(3))),
    Case("batch_norm", "pictures", (normal(2, 2, 1, 3), normal(3), normal(3))),
    Case("batch_norm", "one row", (normal(1, 3), normal(3), normal(3)), nudge=1e-8),
    Case("batch_norm", "padding", (normal(4, 3), normal(3), normal(3)),
         {"row_mask": mask(True, True, True, False)}),
    Case("batch_norm", "padding of sequences", (normal(3, 2, 2), normal(2), normal(2)),
         {"row_mask": numbers(1.0, 0.0, 1.0)}),
    Case("batch_norm", "nothing but padding", (normal(2, 3, scale=1e-3), normal(3), normal(3)),
         {"row_mask": mask(False, False)}),
    Case("batch_norm", "weight with an axis of size 1", (normal(4, 3), normal(1, 3), normal(1, 3))),
    Case("batch_norm", "large", (LARGE + normal(2, 3), normal(3), normal(3)), nudge=1e-4),
]  # fmt: skip

ERRORS = [
    Case("cross_entropy", "distributions", (normal(2, 3), numbers([0.2, 0.3, 0.5], [0.0, 1.0, 0.0]))),
    Case("cross_entropy", "weights that do not sum to 1", (normal(2, 1, 3), positive(2, 1, 3))),
    Case("cross_entropy", "large logits", (LARGE, numbers([1.0, 0.0, 0.0], [0.0, 0.5, 0.5])), nudge=1e-4),
    Case("cross_entropy", "one target for all rows", (normal(2, 3), positive(3))),
    Case("binary_cross_entropy", "ordinary", (normal(2, 3), positive(2, 3))),
    Case("binary_cross_entropy", "target stretched", (normal(2, 3), positive(3))),
    Case("binary_cross_entropy", "large logits", (LARGE, positive(2, 3)), nudge=1e-4),
    Case("binary_cross_entropy", "zero", (ZERO, numbers(0.0, 1.0)), jax_differs=AT_ZERO,
         stated=([0.5, -0.5], [0.0, 0.0])),
    *[
        row
        for name in ("squared_error", "absolute_error", "huber")
        for row in (
            Case(name, "ordinary", (normal(2, 3), normal(2, 3))),
            Case(name, "stretched both ways", (normal(2, 1), normal(3))),
            Case(name, "large", (LARGE, normal(2, 3)), nudge=1e-4),
            Case(name, "number as target", (normal(2, 3), 0.5)),
        )
    ],
    Case("huber", "delta", (numbers(0.1, -2.0, 3.0), numbers(0.0, 0.0, 0.0)), {"delta": 0.3}),
    Case("squared_error", "no error", (numbers(1.0), numbers(1.0)), stated=([0.0], [0.0])),
    Case("absolute_error", "no error", (numbers(1.0), numbers(1.0)), kink=True, jax_differs=SIGN_OF_ZERO,
         stated=([0.0], [0.0])),
    Case("huber", "where it bends", (numbers(0.0, 0.3, -0.3), numbers(0.0, 0.0, 0.0)), {"delta": 0.3},
         stated=([0.0, 0.3, -0.3], [0.0, -0.3, 0.3])),
]  # fmt: skip

SHAPES = [
    Case("reshape", "one size left open", (normal(2, 3),), {"shape": (3, -1)}),
    Case("reshape", "to no axes", (normal(1, 1),), {"shape": ()}),
    Case("transpose", "reversed", (normal(2, 3, 4),)),
    Case("transpose", "negative axes, not its own inverse", (normal(2, 3, 4),), {"axes": (-1, 0, 1)}),
    Case("expand_dims", "at the end", (normal(2),), {"axis": -1}),
    Case("squeeze", "one axis", (normal(2, 1),), {"axis": -1}),
    Case("squeeze", "two axes", (normal(1, 2, 1),), {"axis": (0, 2)}),
    Case("broadcast_to", "new and stretched axes", (normal(3, 1),), {"shape": (2, 3, 4)}),
    Case("broadcast_to", "same shape", (normal(3, 1),), {"shape": (3, 1)}),
    Case("concatenate", "different sizes", (normal(2, 1), normal(2, 3), normal(2, 0)), {"axis": -1}),
    Case("concatenate", "one part", (normal(2, 1),)),
    Case("stack", "at the end", (normal(2), normal(2)), {"axis": -1}),
    Case("stack", "in the middle", (normal(2, 3), normal(2, 3), normal(2, 3)), {"axis": 1}),
    Case("index", "slice", (normal(4, 3),), {"key": (slice(1, None, 2), slice(None, None, -1))}),
    Case("index", "whole number", (normal(4, 3),), {"key": -1}),
    Case("index", "everything", (normal(2, 3),), {"key": (0, 1)}),
    Case("index", "new axis and the rest", (normal(2, 3),), {"key": (..., None, 0)}),
    Case("index", "repeated places", (normal(3, 2),), {"key": whole(0, 0, 2, -1)}),
    Case("index", "pairs of places, repeated", (normal(3, 2),), {"key": (whole(0, 0, 2), whole(1, 1, 0))}),
    Case("index", "mask", (normal(3, 2),), {"key": mask(True, False, True)}),
    Case("take_along_axis", "last axis", (normal(2, 3), whole([0, 0], [2, -1]))),
    Case("take_along_axis", "first axis", (normal(3, 2), whole([2, 1])), {"axis": 0}),
    Case("take_along_axis", "indices stretched", (normal(3, 4), whole([1, 1, 0])), {"axis": -1}),
    Case("take_along_axis", "x stretched", (normal(1, 4), whole([1], [1], [0])), {"axis": 1}),
    Case("embedding", "repeated words", (normal(4, 2), whole([0, 3, 0], [0, 1, 1]))),
    Case("embedding", "one word", (normal(4, 2), whole(2).reshape(()))),
    Case("embedding", "no words", (normal(4, 2), whole().reshape((0,)))),
    Case("checkpoint", "two operands", (lambda a, b: ops.tanh(ops.matmul(a, b)), normal(2, 3), normal(3, 2))),
    Case("checkpoint", "an operand without blame", (ops.embedding, normal(3, 2), whole(0, 2, 0))),
    Case("repeat", "three turns, two weights each",
         (lambda x, w, b: ops.tanh(ops.add(ops.matmul(x, w), b)), normal(2, 3), normal(3, 3, 3), normal(3, 3))),
    Case("repeat", "one turn", (lambda x, w: ops.multiply(x, w), normal(2), normal(1, 2))),
    Case("repeat", "a weight without blame, an input used twice",
         (lambda x, places, w: ops.multiply(ops.add(x, ops.index(w, key=places)), x), normal(2),
          whole([0, 1], [1, 1], [0, 0]), normal(3, 2))),
]  # fmt: skip

RECURRENCE = [
    *[
        row
        for name, gates, rest in (("simple_rnn", 1, ()), ("gru", 3, (3,)), ("lstm", 4, ()))
        for row in (
            Case(name, "ordinary", (normal(2, 4, 2), normal(2, 3 * gates), normal(3, 3 * gates), normal(3 * gates),
                                    *map(normal, rest))),
            Case(name, "one place", (normal(2, 1, 2), normal(2, 3 * gates), normal(3, 3 * gates), normal(3 * gates),
                                     *map(normal, rest))),
            Case(name, "rows of different lengths, one of them empty",
                 (normal(3, 3, 2), normal(2, 3 * gates), normal(3, 3 * gates), normal(3 * gates), *map(normal, rest)),
                 {"mask": mask([True, True, False], [False, False, False], [False, True, True])}),
            Case(name, "saturated", (normal(1, 3, 2, scale=30.0), normal(2, 3 * gates), normal(3, 3 * gates),
                                     normal(3 * gates), *map(normal, rest)), nudge=1e-5),
        )
    ],
]  # fmt: skip

CASES = [
    *ARITHMETIC, *ACTIVATIONS, *ELEMENTWISE, *REDUCTIONS, *PRODUCTS, *PICTURES, *RECURRENCE, *NORMALISATION, *ERRORS,
    *SHAPES,
]  # fmt: skip
