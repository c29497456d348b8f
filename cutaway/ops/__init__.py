"""Mathematics: every operation with its formula, its result and its backward rule side by side.

Operations take NumPy arrays, JAX arrays or Tensors alike; with a Tensor among the operands the result is one.
"""

from cutaway.autodiff import checkpoint
from cutaway.ops.activations import (
    elu,
    gelu,
    gelu_tanh,
    identity,
    leaky_relu,
    mish,
    relu,
    selu,
    sigmoid,
    silu,
    softplus,
    step,
    tanh,
)
from cutaway.ops.arithmetic import add, divide, multiply, negative, power, subtract
from cutaway.ops.attention import attention, attention_weights
from cutaway.ops.batch_norm import batch_norm, batch_statistics
from cutaway.ops.cross_entropy import binary_cross_entropy, cross_entropy
from cutaway.ops.dropout import dropout
from cutaway.ops.elementwise import abs, clip, cos, exp, log, maximum, minimum, sin, sqrt, where
from cutaway.ops.embedding import embedding
from cutaway.ops.indexing import index, take_along_axis
from cutaway.ops.layer_norm import layer_norm
from cutaway.ops.matmul import matmul
from cutaway.ops.reductions import logsumexp, max, mean, min, sum, variance
from cutaway.ops.regression import absolute_error, huber, squared_error
from cutaway.ops.shape import broadcast_to, concatenate, expand_dims, reshape, squeeze, stack, transpose
from cutaway.ops.softmax import log_softmax, softmax
from cutaway.ops.turns import cos_of_turns

__all__ = [
    "abs", "absolute_error", "add", "attention", "attention_weights", "batch_norm", "batch_statistics",
    "binary_cross_entropy", "broadcast_to", "checkpoint", "clip", "concatenate", "cos", "cos_of_turns",
    "cross_entropy", "divide", "dropout", "elu", "embedding", "exp", "expand_dims", "gelu", "gelu_tanh",
    "huber", "identity", "index", "layer_norm", "leaky_relu", "log", "log_softmax", "logsumexp", "matmul",
    "max", "maximum", "mean", "min", "minimum", "mish", "multiply", "negative", "power", "relu", "reshape",
    "selu", "sigmoid", "silu", "sin", "softmax", "softplus", "sqrt", "squared_error", "squeeze", "stack",
    "step", "subtract", "sum", "take_along_axis", "tanh", "transpose", "variance", "where",
]  # fmt: skip
